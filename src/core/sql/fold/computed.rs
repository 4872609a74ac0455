//! What may be meant where SQL is put together at run time: `EXECUTE 'ALTER TABLE t DROP CONSTRAINT ' || name`, and the
//! call of a function that does so with its arguments.

use super::Declared;
use super::doubt::mentions;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::function::Body;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::Effect;
use crate::core::sql::effect::condition::COMPUTED;

impl Declared {
    /// What an effect may change whose names are computed, in whole or in part.
    pub(super) fn may_be_changed_by(&self, effect: &Effect) -> Vec<ComponentId> {
        let id = match effect {
            Effect::Drop { id, .. } | Effect::Rename { from: id, .. } => id.clone(),
            Effect::ChangeColumn { relation, column, .. } => {
                ComponentId::on_relation(Kind::Column, relation.clone(), column.clone())
            }
            _ => return Vec::new(),
        };
        if id.to_string().contains(COMPUTED) { self.may_be(&id) } else { Vec::new() }
    }

    /// Everything of the kind that has the names that are written, and what hangs on it.
    fn may_be(&self, computed: &ComponentId) -> Vec<ComponentId> {
        let meant = self.of_kind(computed.kind).filter(|(id, _)| match (&computed.name, &id.name) {
            (ComponentName::Global(written), ComponentName::Global(name)) => part_may_be(written, name),
            (ComponentName::InSchema(written), ComponentName::InSchema(name))
            | (ComponentName::Routine { name: written, .. }, ComponentName::Routine { name, .. }) => {
                name_may_be(written, name)
            }
            (
                ComponentName::OnRelation { relation: written, name: part },
                ComponentName::OnRelation { relation, name },
            ) => name_may_be(written, relation) && part_may_be(part, name),
            _ => false,
        });
        let mut ids: Vec<ComponentId> = meant.map(|(id, _)| id.clone()).collect();
        for id in ids.clone() {
            if let ComponentName::InSchema(name) = &id.name {
                ids.extend(self.hanging_on(id.kind, name));
            }
        }
        ids
    }

    /// A call with constants. A declared function that executes SQL which it puts together may change what they name.
    pub(super) fn call(&mut self, function: &[String], texts: &[String], reason: &str) {
        if !self.executes(function) {
            return;
        }
        let name_of =
            |text: &String| text.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
        let names: Vec<Identifier> = texts.iter().map(|text| Identifier::new(&name_of(text))).collect();
        self.tables_may_change(|name| names.contains(name), reason);
    }

    /// SQL that is put together from texts, some of which are not known, and makes no sense without those. If it alters
    /// or drops anything, it may change what its text names.
    pub(super) fn text_may_change(&mut self, text: &str, reason: &str) {
        let text = text.to_ascii_lowercase();
        if ["alter ", "drop "].into_iter().any(|word| text.contains(word)) {
            self.tables_may_change(
                |name| mentions(&text, &Identifier::new(&name.as_str().to_ascii_lowercase())),
                reason,
            );
        }
    }

    /// Tables, with all that hangs on them.
    fn tables_may_change(&mut self, is_named: impl Fn(&Identifier) -> bool, reason: &str) {
        let tables: Vec<ComponentId> = self.of_kind(Kind::Table).map(|(id, _)| id.clone()).collect();
        for id in tables {
            let ComponentName::InSchema(name) = &id.name else { continue };
            if !is_named(&name.name) {
                continue;
            }
            let mut ids = self.hanging_on(Kind::Table, name);
            let sequences = self.owned_sequences.iter().filter(|((relation, _), _)| relation == name);
            ids.extend(
                sequences
                    .flat_map(|(_, sequences)| sequences)
                    .map(|sequence| ComponentId::in_schema(Kind::Sequence, sequence.clone())),
            );
            ids.push(id);
            self.mark_changed(&ids, reason);
        }
    }

    /// Whether a declared function of this name executes SQL that alters or drops what it is told.
    fn executes(&self, function: &[String]) -> bool {
        let Some((name, schema)) = function.split_last() else { return false };
        self.of_kind(Kind::Function).any(|(id, declaration)| {
            let ComponentName::Routine { name: declared, .. } = &id.name else { return false };
            let Shape::Function(shape) = &declaration.shape else { return false };
            let Some(Body::Text(body)) = &shape.body else { return false };
            declared.name.as_str() == name
                && schema.last().is_none_or(|schema| declared.schema.as_str() == schema)
                && {
                    let body = body.to_ascii_lowercase();
                    body.contains("execute") && (body.contains("alter ") || body.contains("drop "))
                }
        })
    }
}

/// Whether a name has what is written at the beginning and at the end of one that is computed.
fn part_may_be(written: &Identifier, name: &Identifier) -> bool {
    let Some((before, rest)) = written.as_str().split_once(COMPUTED) else { return written == name };
    let after = rest.rsplit_once(COMPUTED).map_or(rest, |(_, after)| after);
    name.as_str().strip_prefix(before).is_some_and(|rest| rest.ends_with(after))
}

/// A computed name may hold its schema, too.
fn name_may_be(written: &QualifiedName, name: &QualifiedName) -> bool {
    let schema = written.name.as_str().contains(COMPUTED) || part_may_be(&written.schema, &name.schema);
    schema && part_may_be(&written.name, &name.name)
}
