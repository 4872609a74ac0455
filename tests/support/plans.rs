//! Every plan that an operator publishes in the namespace of a test goes through squawk, when the test is over: whoever
//! approves it, whatever becomes of it, and whether the test looks at it or not.

#![allow(clippy::expect_used, clippy::panic, reason = "what tests stand on fails as tests do")]

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, PostParams};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt};
use schema_audit::api::SchemaAudit;
use schema_audit::kubernetes::plan_map::KEY;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use crate::linter;

/// Made when a test is over: what was published before is seen before it.
const END: &str = "end-of-the-test";

/// How long the last events may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is published in a namespace. A plan that nothing explains fails the test when this value goes.
pub struct Plans {
    client: Client,
    namespace: String,
    /// The major version of the servers that the plans are for.
    major: fn() -> u32,
    written: UnboundedReceiver<ConfigMap>,
}

impl Plans {
    /// Follows a namespace in which no audit is yet.
    pub async fn of(client: &Client, namespace: &str, major: fn() -> u32) -> Self {
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        let (ready, is_ready) = oneshot::channel();
        let (write, written) = unbounded_channel();
        tokio::spawn(async move {
            let mut ready = Some(ready);
            let mut events = Box::pin(watcher(maps, watcher::Config::default()));
            while let Some(event) = events.next().await {
                match event {
                    Ok(Event::InitDone) => {
                        ready.take().map(|ready| ready.send(()));
                    }
                    Ok(Event::Apply(map) | Event::InitApply(map)) => {
                        if write.send(map).is_err() {
                            return;
                        }
                    }
                    // A watch that broke off is begun again by itself.
                    Ok(Event::Init | Event::Delete(_)) | Err(_) => {}
                }
            }
        });
        is_ready.await.expect("a watch");
        Self { client: client.clone(), namespace: namespace.to_owned(), major, written }
    }

    async fn accept(&mut self) {
        let maps: Api<ConfigMap> = Api::namespaced(self.client.clone(), &self.namespace);
        let mut end = ConfigMap::default();
        end.metadata.name = Some(END.to_owned());
        maps.create(&PostParams::default(), &end).await.expect("a ConfigMap");
        let mut scripts = BTreeSet::new();
        loop {
            let map = self.written.recv().await.expect("an endless watch");
            let name = map.name_any();
            if name == END {
                break;
            }
            if let Some(script) = map.data.and_then(|mut data| data.remove(KEY)) {
                assert!(!name.contains("-plan-"), "{name} is a part of a plan: read its parts as one");
                scripts.insert(script);
            }
        }
        for script in &scripts {
            linter::accept(script, (self.major)());
        }
        // None was run that was not read.
        let audits: Api<SchemaAudit> = Api::namespaced(self.client.clone(), &self.namespace);
        let audits = match audits.list(&ListParams::default()).await {
            // A cluster without our definitions.
            Err(kube::Error::Api(status)) if status.code == 404 => return,
            audits => audits.expect("a list of audits"),
        };
        for audit in audits {
            let migration = audit.status.and_then(|status| status.migration).unwrap_or_default();
            for job in migration.history.iter().chain(&migration.job) {
                let was_read = scripts.iter().any(|script| script.contains(&job.plan));
                assert!(was_read, "Job {} ran the plan {}, which nobody published", job.name, job.plan);
            }
        }
    }
}

impl Drop for Plans {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let accepted = async { tokio::time::timeout(PATIENCE, self.accept()).await };
        let in_time = tokio::task::block_in_place(|| Handle::current().block_on(accepted));
        assert!(in_time.is_ok(), "the plans of a test were not read in time");
    }
}
