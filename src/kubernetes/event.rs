//! Events (`events.k8s.io/v1`), on transitions only.

use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use kube::{Client, Resource};

use super::{Attempt, CallError, call};
use crate::translate::events::{EventNote, EventType as Type};

/// Who reports, in every event.
pub const CONTROLLER: &str = "schema-audit";

/// Publishes events under one name.
#[derive(Clone)]
pub struct Events(Recorder);

impl Events {
    /// `instance` tells replicas apart: the name of the pod.
    #[must_use]
    pub fn new(client: Client, instance: Option<String>) -> Self {
        Self(Recorder::new(client, Reporter { controller: CONTROLLER.into(), instance }))
    }

    /// Publishes an event about an object.
    pub async fn publish<K>(&self, object: &K, news: &EventNote) -> Result<(), CallError>
    where
        K: Resource<DynamicType = ()>,
    {
        let EventNote { type_, reason, action, note } = news;
        let event = Event {
            type_: match type_ {
                Type::Normal => EventType::Normal,
                Type::Warning => EventType::Warning,
            },
            reason: reason.name().to_owned(),
            note: Some(note.clone()),
            action: (*action).to_owned(),
            secondary: None,
        };
        let reference = object.object_ref(&());
        let attempted = || {
            let name = object.meta().name.clone().unwrap_or_default();
            Attempt::new(format!("publishing event {reason} of"), K::kind(&()), name)
        };
        call(attempted, self.0.publish(&event, &reference)).await
    }
}
