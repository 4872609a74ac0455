//! What may be meant where SQL is put together at run time: `EXECUTE 'ALTER TABLE t DROP CONSTRAINT ' || name`, and the
//! call of a function that does so with its arguments.

use std::collections::BTreeSet;

use super::doubt::mentions;
use super::{Declared, Obscured, Origin};
use crate::core::component::{ComponentId, ComponentName, Grantee};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::function::Body;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::condition::COMPUTED;
use crate::core::sql::effect::{Effect, GrantChange, GrantTarget, SequenceOf};

impl Declared {
    /// What an effect may change whose names are computed, in whole or in part.
    pub(super) fn may_be_changed_by(&self, effect: &Effect) -> Vec<ComponentId> {
        let table = |relation: &QualifiedName| ComponentId::in_schema(Kind::Table, relation.clone());
        let on = |kind: Kind, relation: &QualifiedName, name: &Identifier| {
            ComponentId::on_relation(kind, relation.clone(), name.clone())
        };
        match effect {
            Effect::IfThere { effects, .. } => {
                effects.iter().flat_map(|effect| self.may_be_changed_by(effect)).collect()
            }
            Effect::Drop { id, .. } | Effect::Rename { from: id, .. } => {
                let mut ids = self.may_be(id);
                for id in ids.clone() {
                    if let ComponentName::InSchema(name) = &id.name {
                        ids.extend(self.hanging_on(id.kind, name));
                    }
                }
                ids
            }
            Effect::Change { id, .. }
            | Effect::AddEnumLabel { id, .. }
            | Effect::RenameEnumLabel { id, .. }
            | Effect::ChangeDomain { id, .. }
            | Effect::ChangeAttribute { id, .. } => self.may_be(id),
            Effect::ChangeSequence { sequence: SequenceOf::Name(name), .. } => {
                self.may_be(&ComponentId::in_schema(Kind::Sequence, name.clone()))
            }
            Effect::ChangeColumn { relation, column, .. } => self.may_be(&on(Kind::Column, relation, column)),
            Effect::RowSecurity { relation, .. } => self.may_be(&table(relation)),
            Effect::EnableTrigger { relation, name, .. } => {
                let any = Identifier::new(COMPUTED);
                let name = name.as_ref().filter(|_| relation.to_string().contains(COMPUTED));
                self.may_be(&on(Kind::Trigger, relation, name.unwrap_or(&any)))
            }
            // A primary key makes its columns NOT NULL.
            Effect::AddConstraint { relation, constraint, .. } => match &constraint.form {
                Some(ConstraintForm::PrimaryKey { columns }) => columns
                    .iter()
                    .flat_map(|column| self.may_be(&on(Kind::Column, relation, column)))
                    .collect(),
                _ => Vec::new(),
            },
            Effect::Comment { object, .. } => self.said_of(Kind::Comment, object, |_| true),
            Effect::Owner { object, .. } => self.said_of(Kind::Owner, object, |_| true),
            Effect::Grant(GrantChange { target: GrantTarget::Objects(objects), grantees, .. }) => {
                let is_theirs = |grantee: Option<&Grantee>| grantee.is_some_and(|it| grantees.contains(it));
                objects.iter().flat_map(|object| self.said_of(Kind::Grant, object, is_theirs)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Everything of the kind that has the names that are written, if a part of those is computed.
    fn may_be(&self, computed: &ComponentId) -> Vec<ComponentId> {
        if !computed.to_string().contains(COMPUTED) {
            return Vec::new();
        }
        let meant = self.of_kind(computed.kind).filter(|(id, _)| names_may_be(&computed.name, &id.name));
        meant.map(|(id, _)| id.clone()).collect()
    }

    /// What is said of an object whose name is computed, by the kind of what is said and the role that it is about.
    fn said_of(
        &self,
        kind: Kind,
        computed: &ComponentId,
        is_about: impl Fn(Option<&Grantee>) -> bool,
    ) -> Vec<ComponentId> {
        if !computed.to_string().contains(COMPUTED) {
            return Vec::new();
        }
        let meant = self.of_kind(kind).filter(|(id, _)| match &id.name {
            ComponentName::OnObject { object, grantee } => {
                (object.kind == computed.kind || computed.kind == Kind::Table)
                    && names_may_be(&computed.name, &object.name)
                    && is_about(grantee.as_ref())
            }
            _ => false,
        });
        meant.map(|(id, _)| id.clone()).collect()
    }

    /// A call. Where it comes to a declared function that executes SQL which that puts together, it may change what the
    /// constants name; one that alters or drops anything may change what it names there.
    pub(super) fn call(&mut self, function: &[String], texts: &[String], reason: &str) {
        let Reached { bodies, pieces, strings } = self.reached(function);
        let name_of =
            |text: &String| text.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
        let names: Vec<String> = texts.iter().map(|text| name_of(text).to_lowercase()).collect();
        let is_named = |name: &Identifier| names.contains(&name.as_str().to_lowercase());
        if bodies.iter().any(|body| executes(body)) {
            self.tables_may_change(is_named, reason);
            let others = self.ids(|id, _| named_alone(id).is_some_and(is_named));
            self.mark_changed(&others, reason);
        }
        for piece in pieces.iter().chain(&strings) {
            self.named_may_change(piece, reason);
        }
        // Where no constant says which tables, at most their schema, they are found in the catalog.
        let tables = || {
            self.of_kind(Kind::Table).filter_map(|(id, _)| match &id.name {
                ComponentName::InSchema(name) => Some(name),
                _ => None,
            })
        };
        let is_schema = |text: &String| tables().any(|table| table.schema.as_str() == text);
        // What goes through the catalog says with its constants which tables it leaves alone, as well.
        let has = |words: &str| bodies.iter().any(|body| body.contains(words));
        let goes_through = has("loop") && (has("information_schema") || has("pg_"));
        let is_told = names.iter().any(|name| !is_schema(name))
            || !goes_through
                && tables().any(|table| strings.iter().any(|text| mentions_lower(text, &table.name)));
        if !is_told {
            for piece in &pieces {
                self.part_may_change(piece, reason);
            }
        }
    }

    /// ALTER TABLE of a table whose name is computed may be about the columns, constraints and triggers of any table that
    /// it names; about all columns or constraints, where what it drops is computed as well.
    fn part_may_change(&mut self, statement: &str, reason: &str) {
        let is_computed = |words: &str| {
            statement.match_indices(words).any(|(start, _)| {
                let mut rest = statement.get(start + words.len()..).unwrap_or_default().trim_start();
                for option in ["if exists", "only"] {
                    rest = rest.strip_prefix(option).unwrap_or(rest).trim_start();
                }
                rest.trim_start_matches('"').starts_with(['%', '\''])
            })
        };
        if !is_computed("alter table") {
            return;
        }
        let dropped = [(Kind::Constraint, "drop constraint"), (Kind::Column, "drop column")];
        let any: Vec<Kind> =
            dropped.into_iter().filter(|(_, words)| is_computed(words)).map(|(kind, _)| kind).collect();
        let parts = self.ids(|id, _| match (&id.name, id.kind) {
            (ComponentName::OnRelation { name, .. }, Kind::Column | Kind::Constraint | Kind::Trigger) => {
                any.contains(&id.kind) || mentions_lower(statement, name)
            }
            _ => false,
        });
        self.mark_changed(&parts, reason);
    }

    /// An event trigger whose function puts together ALTER of what was made changes the tables that are made from then on.
    pub(super) fn watch_event_trigger(&mut self, id: &ComponentId, shape: &Shape, origin: &Origin) {
        let Shape::EventTrigger(trigger) = shape else { return };
        let Some(function) = &trigger.function else { return };
        let written: Vec<String> =
            function.schema.iter().chain([&function.name]).map(|part| part.as_str().to_owned()).collect();
        let bodies = self.reached(&written).bodies;
        if bodies.iter().any(|body| executes(body) && mentions(body, &Identifier::new("alter"))) {
            let words = format!("the event trigger {}, which is created at {},", id.name, origin.position);
            self.altered_by = Some((id.clone(), words));
        }
    }

    /// What such an event trigger does to something that is made now.
    pub(super) fn may_be_altered(&self, id: &ComponentId) -> Option<Obscured> {
        let (trigger, words) = self.altered_by.as_ref()?;
        (id.kind == Kind::Column && self.components.contains_key(trigger))
            .then(|| Obscured::Change(words.clone()))
    }

    /// What a call of a declared function comes to.
    fn reached(&self, function: &[String]) -> Reached {
        let Some((name, schema)) = function.split_last() else { return Reached::default() };
        let bodies: Vec<(&QualifiedName, &str)> = self
            .of_kind(Kind::Function)
            .filter_map(|(id, declaration)| match (&id.name, &declaration.shape) {
                (ComponentName::Routine { name, .. }, Shape::Function(shape)) => match &shape.body {
                    Some(Body::Text(body)) => Some((name, body.as_str())),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let is_meant = |declared: &QualifiedName| {
            declared.name.as_str() == name
                && schema.last().is_none_or(|schema| declared.schema.as_str() == schema)
        };
        let of = |name: &QualifiedName| -> Vec<String> {
            bodies.iter().filter(|(other, _)| *other == name).map(|(_, body)| body.to_lowercase()).collect()
        };
        let mut pending: Vec<&QualifiedName> =
            bodies.iter().map(|(name, _)| *name).filter(|it| is_meant(it)).collect();
        pending.dedup();
        let (mut reached, mut executing) = (Reached::default(), BTreeSet::new());
        let mut seen: BTreeSet<&QualifiedName> = pending.iter().copied().collect();
        while let Some(name) = pending.pop() {
            for body in of(name) {
                let calls = bodies.iter().map(|(name, _)| *name).filter(|it| mentions_lower(&body, &it.name));
                for other in calls {
                    if seen.insert(other) {
                        pending.push(other);
                    }
                }
                reached.pieces.extend(body.split(';').filter(|piece| changes(piece)).map(str::to_owned));
                if executes(&body) {
                    executing.insert(name);
                }
                reached.bodies.push(body);
            }
        }
        let hands_over = |body: &&String| executing.iter().any(|name| mentions_lower(body, &name.name));
        let bodies = reached.bodies.iter().filter(hands_over);
        let strings = bodies.flat_map(|body| body.split('\'').skip(1).step_by(2));
        reached.strings = strings.map(str::to_owned).collect();
        reached
    }

    /// What a statement names may be changed by it, or gone.
    fn named_may_change(&mut self, statement: &str, reason: &str) {
        self.tables_may_change(|name| mentions_lower(statement, name), reason);
        let others = self.ids(|id, _| named_alone(id).is_some_and(|name| mentions_lower(statement, name)));
        self.mark_changed(&others, reason);
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
}

/// What a call of a declared function comes to, all in lower case.
#[derive(Default)]
struct Reached {
    /// The bodies of the function, one for each overload, and of those that they call.
    bodies: Vec<String>,
    /// The statements in them that alter or drop something.
    pieces: Vec<String>,
    /// The strings of a body that calls a function which executes what it puts together.
    strings: Vec<String>,
}

/// The own name of what may be altered or dropped without naming a table.
fn named_alone(id: &ComponentId) -> Option<&Identifier> {
    match (&id.name, id.kind) {
        (
            ComponentName::InSchema(name) | ComponentName::Routine { name, .. },
            Kind::View | Kind::MaterializedView | Kind::Index | Kind::Sequence | Kind::Type | Kind::Function,
        ) => Some(&name.name),
        (ComponentName::Global(name), Kind::Schema) => Some(name),
        _ => None,
    }
}

/// Whether a body, in lower case, puts SQL together that alters or drops what it is told.
fn executes(body: &str) -> bool {
    body.contains("execute") && changes(body)
}

/// Whether a text, in lower case, alters or drops anything.
fn changes(text: &str) -> bool {
    ["alter", "drop"].into_iter().any(|word| mentions(text, &Identifier::new(word)))
}

/// Whether a text, in lower case, says a name.
fn mentions_lower(text: &str, name: &Identifier) -> bool {
    mentions(text, &Identifier::new(&name.as_str().to_lowercase()))
}

/// Whether a name may be what is written, a part of which is computed.
fn names_may_be(written: &ComponentName, name: &ComponentName) -> bool {
    match (written, name) {
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
