//! Rows to objects, and which object needs which.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::feature::{Besides, features};
use super::object::{Class, Node, Object, Stage, Text};
use super::order::{Graph, order};
use super::print::Unprintable;
use super::row::{self, LeftOut, Outside};
use super::{Generated, Options, QUERIES, Selection, Subject, print};
use crate::core::feature::Requires;

/// A row that is not what its query gives: a bug of this program, or a server that is not PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the catalog's answer cannot be read: {0}")]
pub struct RowError(String);

/// Takes the rows of [`queries`](super::queries) as they come.
#[derive(Debug, Default)]
pub struct Collector {
    pub(super) aliases: BTreeMap<Node, Node>,
    pub(super) depends: Vec<(Node, Node)>,
    sequences: Vec<row::Sequence>,
    pub(super) objects: BTreeMap<Node, Object>,
    /// What is there without being made: the schema public.
    pub(super) built_in: BTreeSet<Node>,
    /// Owners, each with what it is of.
    owners: Vec<(Node, String)>,
    /// Privileges, each with what it is about.
    grants: Vec<(Node, String)>,
    /// Comments, each with what it is about.
    comments: Vec<(Node, String)>,
    pub(super) role_uses: Vec<row::RoleUse>,
    /// Members, the roles that they are members of, and the statements that make them so.
    pub(super) memberships: Vec<(Node, Node, String)>,
    /// What cannot be printed.
    unprintable: BTreeSet<Node>,
    left_out: Vec<(Place, String)>,
}

/// Where what is left out would have been: it is only told of where that was selected.
#[derive(Debug)]
enum Place {
    /// An object of its own: its schema and its name, or that of its relation.
    Named(String, String),
    /// In another object.
    In(Node),
    /// In no schema.
    Database,
}

/// What was read, in the order of the queries.
#[derive(Debug)]
pub struct Collected {
    graph: Graph,
    /// What is needed and was not selected, with who needs it.
    outside: BTreeMap<Node, BTreeSet<Node>>,
    /// The roles that objects name and that are not made, as SQL writes them.
    roles: BTreeMap<Node, BTreeSet<String>>,
    left_out: Vec<String>,
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, RowError> {
    serde_json::from_str(json).map_err(|error| RowError(error.to_string()))
}

impl Collector {
    /// Takes one row of the query at `position`.
    pub fn row(&mut self, position: usize, json: &str) -> Result<(), RowError> {
        let subject = QUERIES.get(position).map(|(subject, _)| *subject);
        match subject.ok_or_else(|| RowError("there is one more answer than questions".to_owned()))? {
            Subject::Alias => {
                let (node, of) = read::<row::Alias>(json)?.nodes();
                if node.class != Class::Other {
                    self.aliases.entry(node).or_insert(of);
                }
            }
            Subject::Depend => self.depends.push(read::<row::Depend>(json)?.nodes()),
            Subject::Schema => self.schema(read(json)?),
            Subject::Extension => self.add(print::schema::extension(read(json)?)),
            Subject::Type => self.add_or_leave_out(print::type_::type_(read(json)?)),
            Subject::Sequence => self.sequences.push(read(json)?),
            Subject::Table => self.table(read(json)?),
            Subject::Index => self.add_or_leave_out(print::index::index(read(json)?)),
            Subject::View => self.add(print::view::view(read(json)?)),
            Subject::Function => self.add(print::function::function(read(json)?)),
            Subject::Trigger => self.add(print::trigger::trigger(read(json)?)),
            Subject::Policy => self.add(print::policy::policy(read(json)?)),
            Subject::Object | Subject::Role => self.object(read(json)?),
            Subject::RoleUse => self.role_uses.push(read(json)?),
            Subject::Owner => {
                let row: row::Owner = read(json)?;
                let statement = print::comment::owner(&row);
                self.owners.extend(statement.map(|text| (Node::new(row.class, row.oid), text)));
            }
            Subject::DefaultPrivilege => match print::grant::default_privilege(read(json)?) {
                Ok(object) => self.default_privilege(object),
                Err(reason) => self.left_out.push((Place::Database, reason)),
            },
            Subject::Grant => {
                let row: row::Grant = read(json)?;
                self.grants.push((Node::new(row.class, row.oid), print::grant::grant(&row)));
            }
            Subject::Comment => {
                let row: row::Comment = read(json)?;
                let statement = print::comment::comment(&row);
                self.comments.extend(statement.map(|text| (Node::new(row.class, row.oid), text)));
            }
            Subject::LeftOut => {
                let LeftOut { schema, name, kind, why, class, oid } = read(json)?;
                let schema = schema.map(|schema| format!("{schema}.")).unwrap_or_default();
                let place =
                    if class == Class::Other { Place::Database } else { Place::In(Node::new(class, oid)) };
                self.left_out.push((place, format!("{kind} {schema}{name}: {why}")));
            }
        }
        Ok(())
    }

    fn add(&mut self, object: Object) {
        self.objects.insert(object.node, object);
    }

    fn add_or_leave_out(&mut self, object: Result<Object, Unprintable>) {
        match object {
            Ok(object) => self.add(object),
            Err(Unprintable { node, schema, name, sentence }) => {
                self.unprintable.insert(node);
                self.left_out.push((Place::Named(schema, name), sentence));
            }
        }
    }

    fn object(&mut self, mut row: row::Printed) {
        let member = Node::new(row.class, row.oid);
        for row::Membership { role, statement } in row.memberships.take().into_iter().flatten() {
            self.memberships.push((member, Node::new(Class::PgAuthid, role), statement));
        }
        self.add(print::object(row));
    }

    fn schema(&mut self, row: row::Schema) {
        if row.is_built_in || row.name == "public" {
            self.built_in.insert(Node::new(Class::PgNamespace, row.oid));
        }
        self.add(print::schema::schema(row));
    }

    /// What one role gives for one kind of objects is an object of several rows.
    fn default_privilege(&mut self, object: Object) {
        match (self.objects.get_mut(&object.node).map(|object| &mut object.text), object.text) {
            (Some(Text::Statements(known)), Text::Statements(more)) => known.extend(more),
            (_, text) => self.add(Object { text, ..object }),
        }
    }

    /// The table, and those of its constraints that are objects of their own.
    fn table(&mut self, mut row: row::Table) {
        let mut constraints = row.constraints.take().unwrap_or_default();
        for position in 0..constraints.len() {
            let (before, rest) = constraints.split_at_mut(position);
            let Some(constraint) = rest.first_mut() else { continue };
            let again = before.iter().any(|other| print::table::is_same_key(other, constraint));
            constraint.is_apart = again || print::table::stands_alone(constraint);
            if constraint.is_apart {
                self.add(print::table::constraint(&row, constraint));
            }
        }
        row.constraints = Some(constraints);
        self.add(print::table::table(row));
    }

    /// All rows were read: what is to be printed.
    #[must_use]
    pub fn collected(mut self, options: &Options) -> Collected {
        self.place_sequences();
        self.leave_out_parts();
        self.place_words();
        let mut chosen = self.choose(&options.selection);
        let mut roles: BTreeMap<Node, BTreeSet<String>> = BTreeMap::new();
        let named = self.roles_named(&chosen, options.owners);
        if options.roles {
            let named = named.iter().map(|(_, of)| Node::new(Class::PgAuthid, of.role)).collect();
            self.choose_roles(&mut chosen, &named);
        } else {
            for (node, of) in named {
                roles.entry(node).or_default().insert(of.quoted.clone());
            }
        }
        let left_out = self.left_out_of(&chosen, &options.selection);
        let (graph, outside) = self.connect(&chosen);
        Collected { graph, outside, roles, left_out }
    }

    /// What the chosen objects lack, and objects that would have been chosen.
    fn left_out_of(&mut self, chosen: &BTreeSet<Node>, selection: &Selection) -> Vec<String> {
        let left_out = std::mem::take(&mut self.left_out).into_iter();
        let was_chosen = |place: &Place| match place {
            Place::Named(schema, name) => selection.wants(Some(schema), name),
            Place::In(node) => chosen.contains(&self.resolve(*node)),
            Place::Database => !selection.is_of_a_part(),
        };
        left_out.filter(|(place, _)| was_chosen(place)).map(|(_, sentence)| sentence).collect()
    }

    /// A sequence is made by its serial column, or stands before its table and is tied to it afterwards.
    fn place_sequences(&mut self) {
        for row in std::mem::take(&mut self.sequences) {
            let node = Node::new(Class::PgClass, row.oid);
            let owner = row.owner.map(|oid| Node::new(Class::PgClass, oid));
            if let Some(owner) = owner
                && let Some(Object { text: Text::Table(table), .. }) = self.objects.get_mut(&owner)
                && let Some(column) = table
                    .columns
                    .iter_mut()
                    .flatten()
                    .find(|column| Some(&column.name) == row.owner_column.as_ref())
                && column.not_null
                && column.inherited.is_none()
                && !row.unlogged
                && let Some(serial) =
                    print::sequence::serial(&row, &column.data_type, column.default.as_deref())
            {
                column.serial = Some(serial);
                self.aliases.insert(node, owner);
                continue;
            }
            if let Some(ownership) = print::sequence::ownership(&row) {
                self.add(ownership);
            }
            self.add(print::sequence::sequence(&row));
        }
    }

    /// The functions that a type which cannot be printed is made of cannot be made without it either.
    fn leave_out_parts(&mut self) {
        let parts = self.depends.iter().filter(|(from, _)| self.unprintable.contains(from));
        let parts: Vec<Node> = parts.map(|(_, on)| *on).filter(|on| on.class == Class::PgProc).collect();
        for node in parts {
            if let Some(object) = self.objects.remove(&node) {
                let sentence = format!("{}: it is a part of a type that is left out", object.label());
                let place = Place::Named(object.schema.unwrap_or_default(), object.name);
                self.left_out.push((place, sentence));
            }
        }
    }

    /// Owners, privileges and comments stand after what they are about. The owners and comments of an extension's members
    /// are its own; privileges are here where they are not what it gave.
    fn place_words(&mut self) {
        let owners = std::mem::take(&mut self.owners);
        let grants = std::mem::take(&mut self.grants);
        let comments = std::mem::take(&mut self.comments);
        let words = owners.into_iter().map(|word| (word, false));
        let words = words.chain(grants.into_iter().map(|word| (word, true)));
        for ((about, statement), is_grant) in words.chain(comments.into_iter().map(|word| (word, false))) {
            let node = self.resolve(about);
            if (is_grant || node.class != Class::PgExtension)
                && let Some(object) = self.objects.get_mut(&node)
            {
                object.after.push((about, statement));
            }
        }
    }

    /// The object whose statement makes this one.
    pub(super) fn resolve(&self, node: Node) -> Node {
        let mut node = node;
        // Aliases are a few deep; a bound costs nothing.
        for _ in 0..16 {
            if self.objects.contains_key(&node) {
                return node;
            }
            match self.aliases.get(&node) {
                Some(of) => node = *of,
                None => return node,
            }
        }
        node
    }

    fn connect(&mut self, chosen: &BTreeSet<Node>) -> (Graph, BTreeMap<Node, BTreeSet<Node>>) {
        let mut outside: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        let mut edges: Vec<(Node, Node)> = Vec::new();
        let parts = self.parts(chosen);
        for (from, on) in &self.depends {
            let on = self.resolve(*on);
            let from = if parts.contains(from) { *from } else { self.resolve(*from) };
            let is_there = chosen.contains(&from) || parts.contains(&from);
            if !is_there || from == on || self.is_owner(from, on) {
                continue;
            }
            if chosen.contains(&on) {
                edges.push((from, on));
            } else if on.class != Class::Other && !self.built_in.contains(&on) {
                outside.entry(on).or_default().insert(from);
            }
        }
        for node in chosen.iter().filter(|node| node.class == Class::Ownership) {
            edges.push((*node, Node::new(Class::PgClass, node.oid)));
            edges.extend(self.objects.get(node).and_then(|object| Some((*node, object.with?))));
        }
        edges.extend(self.role_edges(chosen));
        // What acts on all that comes after it comes last.
        let turn = |node: &Node| match node.class {
            Class::PgEventTrigger => 2,
            Class::PgDefaultAcl => 1,
            _ => 0,
        };
        for node in chosen.iter().filter(|node| turn(node) > 0) {
            let before = chosen.iter().filter(|other| turn(other) < turn(node));
            edges.extend(before.map(|other| (*node, *other)));
        }
        let objects = std::mem::take(&mut self.objects);
        let objects = objects.into_iter().filter(|(node, _)| chosen.contains(node)).collect();
        (Graph::new(objects, edges), outside)
    }

    /// Whether `from` is a sequence and `on` the table that it goes with, which comes after it.
    fn is_owner(&self, from: Node, on: Node) -> bool {
        self.objects
            .get(&from)
            .is_some_and(|object| object.stage == Stage::Sequence && object.with == Some(on))
    }

    /// The defaults and constraints that stand inside of the chosen tables.
    fn parts(&self, chosen: &BTreeSet<Node>) -> BTreeSet<Node> {
        let tables = chosen.iter().filter_map(|node| match &self.objects.get(node)?.text {
            Text::Table(table) => Some(table),
            Text::Statements(_) => None,
        });
        tables.flat_map(|table| super::order::parts(table)).collect()
    }
}

impl Collected {
    /// What is needed and was not selected; [`outside_query`](super::outside_query) asks for the names.
    #[must_use]
    pub fn outside(&self) -> Vec<Node> {
        self.outside.keys().copied().collect()
    }

    /// The feature set, with the answer about what was not selected.
    pub fn generate(self, outside: &[String], options: &Options) -> Result<Generated, RowError> {
        let Self { graph, outside: needed, roles, left_out } = self;
        let outside: Vec<Outside> = outside.iter().map(|json| read(json)).collect::<Result<_, _>>()?;
        let (sorted, cycles) = order(graph);
        let mut notes = Vec::new();
        let mut required: BTreeMap<Node, Requires> = BTreeMap::new();
        for thing in &outside {
            let node = Node::new(thing.class, thing.oid);
            let needing = needed.get(&node).into_iter().flatten();
            let first = needing.clone().filter_map(|from| sorted.label_of(*from)).min();
            let Some(first) = first else { continue };
            notes.push(format!(
                "{first} needs {} {}, which is not in the features",
                thing.kind, thing.identity
            ));
            for from in needing {
                require(required.entry(sorted.holder(*from)).or_default(), thing);
            }
        }
        let left_out = left_out.into_iter().chain(cycles).collect();
        let objects = sorted.objects.len();
        let set = features(&sorted, &Besides { required, roles }, options);
        Ok(Generated { set, objects, left_out, outside: notes })
    }
}

/// Adds a name to the list of its kind; kinds without a list are only told.
fn require(requires: &mut Requires, thing: &Outside) {
    let list = match thing.kind.as_str() {
        "schema" => &mut requires.schemas,
        "extension" => &mut requires.extensions,
        "type" => &mut requires.types,
        "sequence" => &mut requires.sequences,
        "table" => &mut requires.tables,
        "view" => &mut requires.views,
        "materialized view" => &mut requires.materialized_views,
        "function" | "procedure" => &mut requires.functions,
        _ => return,
    };
    if !list.contains(&thing.identity) {
        list.push(thing.identity.clone());
        list.sort();
    }
}
