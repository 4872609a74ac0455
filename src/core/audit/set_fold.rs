//! The statements of a feature set, folded one after the other, with what is to be said about each.

use std::sync::Arc;

use crate::core::audit::read_set::ReadStatement;
use crate::core::component::ComponentId;
use crate::core::feature::FeatureSet;
use crate::core::kind::Kind;
use crate::core::problem::{Problem, Severity};
use crate::core::sql::effect::{Effect, IfExists};
use crate::core::sql::fold::{Declared, Origin};

/// The declared catalog in the making.
#[derive(Debug, Clone)]
pub struct SetFold<'a> {
    set: &'a FeatureSet,
    /// What the statements so far declare.
    pub declared: Declared,
    /// What a feature would have created (IF NOT EXISTS), had another one not created it before: both need it.
    pub kept: Vec<(ComponentId, Arc<str>)>,
    /// What is wrong, or not modelled, in the statements so far.
    pub problems: Vec<Problem>,
}

impl<'a> SetFold<'a> {
    /// Starts with nothing declared.
    #[must_use]
    pub fn new(set: &'a FeatureSet) -> Self {
        Self { set, declared: Declared::default(), kept: Vec::new(), problems: Vec::new() }
    }

    /// Applies the effects of one statement, up to the first that the server would refuse.
    pub fn statement(&mut self, statement: ReadStatement) {
        let ReadStatement { origin, effects } = statement;
        for mut effect in effects {
            self.keep(&effect, &origin);
            match &mut effect {
                Effect::NotModelled(words) => {
                    let message = format!("{words} is not audited by this version");
                    self.problem(Severity::NotModelled, &origin, message);
                    continue;
                }
                effect => effect.reasons(&mut |reason| {
                    *reason = format!("{reason} at {}", origin.position);
                }),
            }
            match self.declared.apply(effect, &origin) {
                Ok(notes) => {
                    for words in notes {
                        let message = format!("not audited by this version: {words}");
                        self.problem(Severity::NotModelled, &origin, message);
                    }
                }
                Err(message) => return self.problem(Severity::Error, &origin, message),
            }
        }
    }

    fn keep(&mut self, effect: &Effect, origin: &Origin) {
        let (id, parts) = match effect {
            Effect::Create { id, if_exists: IfExists::Keep, .. } => (id, &[][..]),
            Effect::CreateWith { id, if_exists: IfExists::Keep, parts, .. } => (id, parts.as_slice()),
            Effect::If { then: effects, .. } | Effect::Attempt { effects, .. } => {
                // A condition, or an error that is caught, is IF NOT EXISTS in other words.
                for effect in effects {
                    match effect {
                        Effect::Create { id, .. } => self.keep_all(id, &[], origin),
                        Effect::CreateWith { id, parts, .. } => self.keep_all(id, parts, origin),
                        Effect::AddConstraint { relation, name: Some(name), .. } => {
                            let kind = Kind::Constraint;
                            let id = ComponentId::on_relation(kind, relation.clone(), name.clone());
                            self.keep_all(&id, &[], origin);
                        }
                        other => self.keep(other, origin),
                    }
                }
                return;
            }
            _ => return,
        };
        self.keep_all(id, parts, origin);
    }

    /// Remembers that the feature needs a component, with its parts, if it is declared already.
    fn keep_all(&mut self, id: &ComponentId, parts: &[Effect], origin: &Origin) {
        let is_kept = self.declared.components.contains_key(id);
        let parts = parts.iter().filter_map(|part| match part {
            Effect::Create { id, .. } => Some(id),
            _ => None,
        });
        if is_kept {
            self.kept.extend(std::iter::once(id).chain(parts).map(|id| (id.clone(), origin.feature.clone())));
        }
    }

    fn problem(&mut self, severity: Severity, origin: &Origin, message: String) {
        self.problems.push(Problem {
            severity,
            set: self.set.name.clone(),
            feature: Some(origin.feature.clone()),
            position: Some(origin.position.clone()),
            message,
        });
    }
}
