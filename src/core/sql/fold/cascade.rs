//! DROP ... CASCADE: what rests on the object by its text goes too. Where a name does not settle whether it rests on it,
//! what is declared is no longer known.

use std::collections::BTreeSet;

use super::doubt::{mentions, says_all_columns};
use super::drop::foreign_key;
use super::{Declaration, Declared, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Clause, Definition, Part};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::built_in_type;
use crate::core::sql::mentioned::{Mentioned, Written};

/// What goes.
#[derive(Debug, Clone)]
pub(super) enum Gone {
    /// A table or view, with its row type.
    Relation(QualifiedName),
    /// A column.
    Column(QualifiedName, Identifier),
    /// A type.
    Type(QualifiedName),
    /// A function, whichever overload.
    Function(QualifiedName),
    /// A sequence.
    Sequence(QualifiedName),
}

/// Whether a definition rests on what goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rests {
    No,
    Unsure,
    Yes,
}

impl Declared {
    /// What goes with a component that is dropped with CASCADE. It must still be declared: names are looked up.
    pub(super) fn cascade(&mut self, id: &ComponentId, origin: &Origin) {
        if !self.cascading.insert(id.clone()) {
            return;
        }
        let words = origin.words("DROP ... CASCADE");
        self.cascade_from_key(id, &words);
        for gone in self.gone_with(id) {
            self.cascade_from(&gone, id, &words, origin);
        }
        if id.kind == Kind::Extension {
            self.obscure_what_may_be_of_an_extension(&words);
        }
        self.cascading.remove(id);
    }

    /// Foreign keys go with the key that they rest on. Where the table has several keys of the same columns, which one a
    /// foreign key rests on is the server's to know.
    fn cascade_from_key(&mut self, id: &ComponentId, words: &str) {
        let Some((relation, columns)) = self.key(id) else { return };
        let same = |other: &[Identifier]| {
            other.iter().collect::<BTreeSet<_>>() == columns.iter().collect::<BTreeSet<_>>()
        };
        let primary = self.primary_key(&relation).map(<[Identifier]>::to_vec);
        let keys = primary.into_iter().chain(self.unique_keys(&relation));
        let is_only = keys.filter(|key| same(key)).count() == 1;
        let foreign_keys = self.ids(|_, declaration| {
            foreign_key(declaration)
                .is_some_and(|(references, to)| *references == relation && to.is_some_and(|to| same(to)))
        });
        for foreign_key in foreign_keys {
            if is_only {
                self.remove(&foreign_key);
            } else {
                self.mark(&[foreign_key], words);
            }
        }
    }

    /// The table and the columns of a key, whether a constraint or an index.
    fn key(&self, id: &ComponentId) -> Option<(QualifiedName, Vec<Identifier>)> {
        let shape = &self.components.get(id)?.shape;
        if let Some(ConstraintForm::PrimaryKey { columns } | ConstraintForm::Unique { columns, .. }) =
            shape.constraint_form()
        {
            return Some((id.relation()?.clone(), columns.clone()));
        }
        match shape {
            Shape::Index(index) => Some((index.relation.clone()?, super::constraint::unique_columns(index)?)),
            _ => None,
        }
    }

    fn gone_with(&self, id: &ComponentId) -> Vec<Gone> {
        match (&id.name, id.kind) {
            (ComponentName::Global(schema), Kind::Schema) => {
                let inside = self.components.keys().filter(|id| id.schema() == Some(schema));
                let named = inside.filter(|id| {
                    matches!(id.name, ComponentName::InSchema(_) | ComponentName::Routine { .. })
                });
                named.flat_map(|id| self.gone_with(id)).collect()
            }
            (
                ComponentName::InSchema(name),
                Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView,
            ) => {
                let mut gone = vec![Gone::Relation(name.clone())];
                gone.extend(self.descendants(name).into_iter().map(Gone::Relation));
                gone.extend(self.columns_of_type(name));
                gone
            }
            (ComponentName::InSchema(name), Kind::Sequence) => vec![Gone::Sequence(name.clone())],
            (ComponentName::InSchema(name), Kind::Type) => {
                std::iter::once(Gone::Type(name.clone())).chain(self.columns_of_type(name)).collect()
            }
            (ComponentName::OnRelation { relation, name }, Kind::Column) => {
                vec![Gone::Column(relation.clone(), name.clone())]
            }
            (ComponentName::Routine { name, .. }, _) => vec![Gone::Function(name.clone())],
            _ => Vec::new(),
        }
    }

    /// Whether nothing that is declared keeps PostgreSQL from dropping the component without CASCADE. `false` too where
    /// that is not looked into.
    pub(super) fn is_rested_on_by_nothing(&self, id: &ComponentId) -> bool {
        let rests = |gone: &Gone| {
            self.resting_on(gone).into_iter().map(|(other, ..)| other).filter(|other| other != id)
        };
        match (&id.name, id.kind) {
            (_, Kind::Trigger | Kind::Policy | Kind::Rule) => true,
            (ComponentName::Routine { name, .. }, Kind::Function) => {
                let is_called = |declaration: &Declaration| {
                    matches!(&declaration.shape, Shape::Trigger(trigger)
                        if trigger.function.as_ref().is_none_or(|(_, function)| *function == name.name))
                };
                !self.of_kind(Kind::Trigger).any(|(_, declaration)| is_called(declaration))
                    && self.has_no_dependents(id)
                    && rests(&Gone::Function(name.clone())).next().is_none()
            }
            (ComponentName::OnRelation { relation, name }, Kind::Column) => {
                // Keys and indexes of the column go along, unless a foreign key rests on them.
                !self.is_referenced(relation, |_| true) && self.only_keys_rest_on(relation, name)
            }
            (ComponentName::OnRelation { relation, .. }, Kind::Constraint) => {
                // A view that groups by a primary key rests on it, and what a parent has cannot go from a child alone.
                let form =
                    self.components.get(id).and_then(|declaration| declaration.shape.constraint_form());
                let Some(ConstraintForm::Unique { columns, .. }) = form else { return false };
                let is_child = self.children.values().any(|children| children.contains(relation));
                !is_child
                    && !self.is_referenced(relation, |to| to.iter().all(|column| columns.contains(column)))
            }
            _ => false,
        }
    }

    /// Whether a declared foreign key references the relation, and such columns of it, or columns that are not known.
    fn is_referenced(&self, relation: &QualifiedName, such: impl Fn(&[Identifier]) -> bool) -> bool {
        let references = |declaration: &Declaration| {
            foreign_key(declaration).is_some_and(|(references, columns)| {
                references == relation && columns.is_none_or(|columns| such(columns))
            })
        };
        self.of_kind(Kind::Constraint).any(|(_, declaration)| references(declaration))
    }

    /// Whether nothing that is declared rests on a column but constraints and indexes of its table.
    pub(super) fn only_keys_rest_on(&self, relation: &QualifiedName, column: &Identifier) -> bool {
        let id = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
        let is_own = |other: &ComponentId| {
            other.relation() == Some(relation) && other.kind == Kind::Constraint
                || matches!(self.components.get(other).map(|other| &other.shape), Some(Shape::Index(_)))
        };
        // UPDATE OF the column.
        let is_watched =
            self.hanging(Kind::Trigger, relation).any(|(_, declaration)| match &declaration.shape {
                Shape::Trigger(trigger) => trigger
                    .update_columns
                    .as_ref()
                    .is_some_and(|columns| columns.iter().any(|it| it == column)),
                _ => false,
            });
        let resting = self.resting_on(&Gone::Column(relation.clone(), column.clone()));
        !is_watched && resting.into_iter().all(|(other, ..)| other == id || is_own(&other))
    }

    /// The columns of a type, which may be the row type of a relation.
    fn columns_of_type(&self, name: &QualifiedName) -> impl Iterator<Item = Gone> {
        self.of_kind(Kind::Column).filter_map(move |(id, declaration)| {
            let is_it = super::obscure::types_of(id, declaration).any(|t| t.may_be(name));
            match &id.name {
                ComponentName::OnRelation { relation, name } if is_it => {
                    Some(Gone::Column(relation.clone(), name.clone()))
                }
                _ => None,
            }
        })
    }

    fn cascade_from(&mut self, gone: &Gone, dropped: &ComponentId, words: &str, origin: &Origin) {
        for (id, part, rests) in self.resting_on(gone) {
            if id == *dropped {
                continue;
            }
            if rests == Rests::Unsure {
                self.obscure(&id, words);
                self.obscure_views_on(&id, words);
                continue;
            }
            match self.components.get_mut(&id).map(|declaration| &mut declaration.shape) {
                None => {}
                Some(Shape::Column(column)) if part.name == "default" => {
                    column.default = Some(Clause::Absent);
                }
                Some(Shape::Type(_)) => self.obscure(&id, words),
                Some(_) => {
                    self.cascade(&id, origin);
                    self.drop(&id);
                }
            }
        }
        match gone {
            Gone::Type(name) => {
                self.cascade_to_functions_of(name, origin);
                self.open_doubtful_defaults();
            }
            Gone::Relation(name) => {
                self.cascade_to_functions_of(name, origin);
                self.drop_columns_of(name);
            }
            Gone::Sequence(name) => self.cascade_to_serial_columns_of(name),
            Gone::Column(..) | Gone::Function(_) => {}
        }
    }

    /// Of a column that was of the type once, the default is cast from it, and goes with it (`ATExecAlterColumnType` in
    /// PostgreSQL's `tablecmds.c` keeps the old expression). Which type that was is not known any more.
    fn open_doubtful_defaults(&mut self) {
        self.open_defaults(|default| default.doubt.is_some());
    }

    /// The default of a serial column is written when all is known (see `name_sequences`): until then it has no text.
    fn cascade_to_serial_columns_of(&mut self, sequence: &QualifiedName) {
        let owners = self.owned_sequences.iter().filter(|(_, sequences)| sequences.contains(sequence));
        let columns: Vec<ComponentId> = owners
            .map(|((table, column), _)| ComponentId::on_relation(Kind::Column, table.clone(), column.clone()))
            .collect();
        for id in columns {
            if let Some(Shape::Column(column)) = self.components.get_mut(&id).map(|it| &mut it.shape)
                && matches!(column.default, Some(Clause::Defined(None)))
            {
                column.default = Some(Clause::Absent);
            }
        }
    }

    /// Functions whose arguments or results are of the type go with it.
    fn cascade_to_functions_of(&mut self, name: &QualifiedName, origin: &Origin) {
        let functions = self.ids(|id, declaration| {
            matches!(id.name, ComponentName::Routine { .. })
                && super::obscure::types_of(id, declaration).any(|data_type| data_type.may_be(name))
        });
        for id in functions {
            self.cascade(&id, origin);
            self.drop(&id);
        }
    }

    /// The definitions that rest on what goes, or may.
    fn resting_on(&self, gone: &Gone) -> Vec<(ComponentId, Part, Rests)> {
        let mut found = Vec::new();
        for (id, declaration) in &self.components {
            if !declaration.shape.may_have_definitions() {
                continue;
            }
            // The visitor may write, which is not for the declared shape.
            let mut shape = declaration.shape.clone();
            shape.definitions(&mut |part, slot| {
                let rests = match slot {
                    Some(definition) => self.rests(definition, id, declaration, gone),
                    None => Rests::No,
                };
                if rests != Rests::No {
                    found.push((id.clone(), part, rests));
                }
            });
        }
        found
    }

    fn rests(
        &self,
        definition: &Definition,
        id: &ComponentId,
        declaration: &Declaration,
        gone: &Gone,
    ) -> Rests {
        let name = match gone {
            Gone::Relation(name) | Gone::Type(name) | Gone::Function(name) | Gone::Sequence(name) => {
                &name.name
            }
            Gone::Column(relation, column) => {
                let own = declaration.shape.relation(id) == Some(relation);
                if !own && !mentions(&definition.text, &relation.name) {
                    return Rests::No;
                }
                column
            }
        };
        let all = matches!(gone, Gone::Column(..)) && says_all_columns(&definition.text);
        if !mentions(&definition.text, name) && !all {
            return Rests::No;
        }
        let Some(said) = Mentioned::of(&definition.text) else { return Rests::Unsure };
        let is_text = said.strings.iter().any(|text| mentions(text, name));
        match gone {
            Gone::Relation(relation) => {
                let as_type = self.names_any(&said.types, relation, definition, Self::declares_type);
                let as_relation = said
                    .relations
                    .iter()
                    .map(|(written, _)| self.names_relation(written, relation, &said, definition))
                    .max();
                as_relation.unwrap_or(Rests::No).max(as_type).max(unsure(is_text))
            }
            Gone::Type(type_name) => {
                self.names_any(&said.types, type_name, definition, Self::declares_type).max(unsure(is_text))
            }
            Gone::Function(function) => {
                let several =
                    self.of_kind(Kind::Function).filter(|(id, _)| is_called(id, function)).count() > 1;
                match self.names_any(&said.functions, function, definition, Self::declares_function) {
                    Rests::Yes if several => Rests::Unsure,
                    rests => rests.max(unsure(is_text)),
                }
            }
            Gone::Sequence(sequence) => self.names_sequence(sequence, &said, definition),
            Gone::Column(relation, column) => {
                self.names_column(relation, column, &said, definition, declaration.shape.relation(id))
            }
        }
    }

    /// Whether one of the written names means the object.
    fn names_any<'a>(
        &self,
        written: impl IntoIterator<Item = &'a Written>,
        name: &QualifiedName,
        definition: &Definition,
        declares: impl Fn(&Self, &QualifiedName) -> bool,
    ) -> Rests {
        let means = |written: &'a Written| self.means(written, name, definition, &declares);
        written.into_iter().map(means).max().unwrap_or(Rests::No)
    }

    fn names_relation(
        &self,
        written: &Written,
        name: &QualifiedName,
        said: &Mentioned,
        definition: &Definition,
    ) -> Rests {
        let declares = |this: &Self, name: &QualifiedName| this.relation_kind(name).is_some();
        let means = self.means(written, name, definition, declares);
        let may_be_with = written.len() == 1 && said.with.contains(name.name.as_str());
        if means == Rests::Yes && may_be_with { Rests::Unsure } else { means }
    }

    /// A constant that is made a `regclass` when it is parsed (`nextval('s')`) rests on the sequence; one that is a text
    /// until it runs (`nextval('s'::text)`) does not.
    fn names_sequence(&self, name: &QualifiedName, said: &Mentioned, definition: &Definition) -> Rests {
        let declares = |this: &Self, name: &QualifiedName| this.relation_kind(name).is_some();
        let constants = said.strings.iter().filter_map(|text| written_name(text));
        let as_constant = constants.map(|written| self.means(&written, name, definition, declares)).max();
        let is_text = said.types.iter().any(|written| written.last().is_some_and(|last| last == "text"));
        let as_constant = match as_constant {
            Some(Rests::Yes) if is_text => Rests::Unsure,
            rests => rests.unwrap_or(Rests::No),
        };
        let relations = said.relations.iter();
        let as_relation = relations.map(|(written, _)| self.means(written, name, definition, declares)).max();
        as_relation.unwrap_or(Rests::No).max(as_constant)
    }

    /// Whether a dotted name means the object: without a schema, it is the first of its name in the search path.
    fn means(
        &self,
        written: &Written,
        name: &QualifiedName,
        definition: &Definition,
        declares: impl Fn(&Self, &QualifiedName) -> bool,
    ) -> Rests {
        let is = |is: bool| if is { Rests::Yes } else { Rests::No };
        match written.as_slice() {
            [last] if Identifier::new(last) == name.name => {
                let first = definition.search_path.iter().find(|schema| {
                    let found = QualifiedName { schema: (*schema).clone(), name: name.name.clone() };
                    **schema == name.schema || declares(self, &found)
                });
                is(first == Some(&name.schema))
            }
            [.., schema, last] => {
                is(Identifier::new(last) == name.name && Identifier::new(schema) == name.schema)
            }
            _ => Rests::No,
        }
    }

    fn declares_type(&self, name: &QualifiedName) -> bool {
        [Kind::Type, Kind::Table, Kind::ForeignTable, Kind::View, Kind::MaterializedView]
            .into_iter()
            .any(|kind| self.components.contains_key(&ComponentId::in_schema(kind, name.clone())))
    }

    fn declares_function(&self, name: &QualifiedName) -> bool {
        self.of_kind(Kind::Function).any(|(id, _)| is_called(id, name))
    }

    /// Whether a text names the column, on whose table it may stand itself.
    fn names_column(
        &self,
        relation: &QualifiedName,
        column: &Identifier,
        said: &Mentioned,
        definition: &Definition,
        own: Option<&QualifiedName>,
    ) -> Rests {
        let means_it = |written: &Written| self.names_relation(written, relation, said, definition);
        let table = said.relations.iter().map(|(written, _)| means_it(written)).max().unwrap_or(Rests::No);
        // What a name before a dot stands for: not sure where several parts of a query give it to different relations.
        let called = |of: &str| {
            let mut means: Vec<Rests> = said.called(of).map(means_it).collect();
            means.dedup();
            if means.len() > 1 {
                means.into_iter().max().map(|it| it.min(Rests::Unsure))
            } else {
                means.pop()
            }
        };
        let alone =
            said.relations.is_empty() && own == Some(relation) || said.relations.len() == 1 && own.is_none();
        if table == Rests::No && own != Some(relation) {
            return Rests::No;
        }
        let named = said.columns.iter().filter_map(|written| match written.as_slice() {
            [name] if Identifier::new(name) == *column => {
                Some(if alone && (table == Rests::Yes || own == Some(relation)) {
                    Rests::Yes
                } else {
                    Rests::Unsure
                })
            }
            [.., of, name] if Identifier::new(name) == *column => Some(called(of).unwrap_or({
                // NEW and OLD of a trigger, the table's own name in a policy.
                if own == Some(relation) { Rests::Yes } else { Rests::Unsure }
            })),
            _ => None,
        });
        let has_star = said.stars.iter().any(|of| match of.last() {
            Some(of) => called(of) != Some(Rests::No),
            None => true,
        });
        named.max().unwrap_or(Rests::No).max(unsure(said.natural || has_star))
    }

    /// What is of a type that is not declared may be of one of the extension's, and what calls a function that is not
    /// declared may call one of the extension's.
    fn obscure_what_may_be_of_an_extension(&mut self, words: &str) {
        let ids = self.ids(|id, declaration| {
            super::obscure::types_of(id, declaration).any(|data_type| {
                let built_in = match &data_type.schema {
                    Some(schema) => schema.as_str() == "pg_catalog",
                    None => built_in_type::is_built_in(data_type.name.as_str()),
                };
                !built_in
                    && !self.components.keys().any(|id| match &id.name {
                        ComponentName::InSchema(name) => data_type.may_be(name),
                        _ => false,
                    })
            })
        });
        self.mark(&ids, words);
        self.open_defaults(|default| {
            Mentioned::of(&default.text).is_none_or(|said| !said.functions.is_empty())
        });
    }

    /// Of the columns with such a default, nobody knows any more whether they have it.
    fn open_defaults(&mut self, is_open: impl Fn(&Definition) -> bool) {
        let may_change = |_: &ComponentId, declaration: &Declaration| match &declaration.shape {
            Shape::Column(column) => {
                column.default.as_ref().and_then(Clause::definition).is_some_and(&is_open)
            }
            _ => false,
        };
        self.components.change_each(may_change, |_, declaration| {
            if let Shape::Column(column) = &mut declaration.shape {
                column.default = None;
            }
        });
    }
}

/// The parts of a name as a constant says it: `crm.leads_id_seq`, `"Leads_id_seq"`.
fn written_name(text: &str) -> Option<Written> {
    let mut relations = Mentioned::of(&format!("SELECT FROM {text}"))?.relations.into_iter();
    relations.next().filter(|_| relations.next().is_none()).map(|(written, _)| written)
}

fn unsure(unsure: bool) -> Rests {
    if unsure { Rests::Unsure } else { Rests::No }
}

fn is_called(id: &ComponentId, wanted: &QualifiedName) -> bool {
    matches!(&id.name, ComponentName::Routine { name, .. } if name == wanted)
}
