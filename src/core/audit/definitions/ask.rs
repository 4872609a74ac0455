//! What the server's planner is asked: statements that explain, and never run, a SELECT of parsed pieces.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use super::pairs::Pair;
use super::settle::{Answers, Context, Side};
use super::stub::{Stub, type_sql};
use super::text::Texts;
use super::{Definitions, NO_PLANNER, Place, piece, plain};
use crate::core::catalog::Catalog;
use crate::core::component::ComponentName;
use crate::core::definition::{Definition, Normal};
use crate::core::kind::type_::TypeForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::{parse, quoting};
use crate::core::type_name::TypeName;

/// What begins every statement.
const EXPLAIN: &str = "explain (verbose, costs off, format json) select";

/// The most expressions of one statement; a SELECT has 1,664 at most.
const EXPRESSIONS_PER_LIST: usize = 200;

/// Everything that the planner is asked.
#[derive(Debug, Default)]
pub struct Questions {
    /// Expressions over stubs, which open no table.
    pub lists: Vec<List>,
    /// What reads tables: bodies of views, and expressions with a query inside.
    pub alone: Vec<Alone>,
    /// The answers so far.
    pub answers: Answers,
    /// The search paths, as SQL.
    paths: Vec<String>,
}

/// Expressions that one statement explains.
#[derive(Debug, Clone)]
pub struct List {
    context: Context,
    stub: Stub,
    entries: Vec<Entry>,
}

/// What is one text in one context has one form: the same checks and defaults come again with every table.
#[derive(Debug, Clone)]
struct Entry {
    nodes: BTreeSet<usize>,
    /// The expression in its parentheses, cast where it has to be.
    sql: String,
}

/// A list in the making, with the place of each text in it.
struct Listing {
    list: List,
    entries: BTreeMap<String, usize>,
}

/// A declared and an observed definition that each take a statement.
#[derive(Debug, Clone)]
pub struct Alone {
    /// What is compared: the declared node and the observed one.
    pub nodes: [usize; 2],
    context: Context,
    kind: AloneKind,
    texts: [String; 2],
}

#[derive(Debug, Clone)]
enum AloneKind {
    /// A query, and how many of its columns get names of ours: where the plan shows a subquery, those that the query
    /// gives would show, and a view that lists its columns has others.
    Body {
        columns: usize,
    },
    Expression(Stub),
}

impl Questions {
    /// The questions about these pairs, given the catalog's texts. What can be answered at once is in the answers.
    #[must_use]
    pub fn of(pairs: &[Pair], texts: &Texts, catalog: &Catalog, how: Definitions) -> Self {
        let mut asking = Asking {
            catalog,
            questions: Self::default(),
            paths: BTreeMap::new(),
            lists: BTreeMap::new(),
            pieces: BTreeMap::new(),
            plain: BTreeMap::new(),
        };
        let mut candidates: BTreeMap<&Place, usize> = BTreeMap::new();
        for pair in pairs {
            *candidates.entry(&pair.declared).or_default() += 1;
        }
        parse::on_big_stack(|| {
            for pair in pairs {
                let sole = candidates.get(&pair.declared) == Some(&1);
                asking.pair(pair, texts.get(&pair.observed), sole, how);
            }
        });
        asking.done()
    }

    /// The search path of a context, as SQL.
    #[must_use]
    pub fn path(&self, context: Context) -> &str {
        self.paths.get(context.0).map_or("pg_temp", String::as_str)
    }

    /// Whether there is nothing to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.alone.is_empty()
    }
}

struct Asking<'a> {
    catalog: &'a Catalog,
    questions: Questions,
    paths: BTreeMap<String, usize>,
    lists: BTreeMap<(usize, Stub), Listing>,
    /// What the parser said of each text: the same ones come again and again.
    pieces: BTreeMap<String, Result<piece::Expression, String>>,
    /// Which declared and observed texts of a default are plainly the same: they come again, too.
    plain: BTreeMap<Plainly, bool>,
}

/// What decides whether a default is plainly the same: its declared text and search path, its observed text, its type.
type Plainly = (String, Arc<[Identifier]>, String, Option<TypeName>);

/// What a stub is made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum StubOf {
    Nothing,
    Relation(QualifiedName),
    Trigger(QualifiedName),
    Domain(TypeName),
}

impl Asking<'_> {
    fn pair(&mut self, pair: &Pair, text: Option<&Result<String, Normal>>, sole: bool, how: Definitions) {
        let data_type = self.cast(&pair.observed);
        let answers = &mut self.questions.answers;
        let nodes =
            [answers.node(Side::Declared, &pair.declared), answers.node(Side::Observed, &pair.observed)];
        let observed = match text {
            Some(Ok(text)) => text,
            Some(Err(why)) => return answers.failed(nodes[1], why.clone()),
            None if how == Definitions::NoPlanner => {
                return answers.failed(nodes[0], Normal::None(NO_PLANNER.to_owned()));
            }
            None => return answers.failed(nodes[0], Normal::None("this version cannot compare it".into())),
        };
        answers.text(nodes[1], observed);
        if depends_on_the_moment(&pair.definition) {
            answers.momentary(nodes[0], nodes[1]);
        }
        let (id, part) = &pair.observed;
        if part.name.ends_with("default")
            && self.is_plainly_same(&pair.definition, observed, data_type.as_ref())
        {
            return self.questions.answers.same(nodes[0], nodes[1]);
        }
        if how == Definitions::NoPlanner {
            return self.questions.answers.failed(nodes[0], Normal::None(NO_PLANNER.to_owned()));
        }
        let path = self.path(&pair.definition);
        let texts = [pair.definition.text.as_str(), observed.as_str()];
        match id.kind {
            Kind::View | Kind::MaterializedView => self.body(nodes, path, texts),
            _ => self.expression(nodes, path, texts, &pair.observed, data_type.as_ref(), sole),
        }
    }

    fn is_plainly_same(
        &mut self,
        declared: &Definition,
        observed: &str,
        data_type: Option<&TypeName>,
    ) -> bool {
        let path = declared.search_path.clone();
        let key = (declared.text.clone(), path, observed.to_owned(), data_type.cloned());
        *self.plain.entry(key).or_insert_with(|| plain::is_same(declared, observed, data_type))
    }

    fn body(&mut self, nodes: [usize; 2], path: usize, texts: [&str; 2]) {
        let mut bodies = Vec::new();
        for (node, text) in nodes.into_iter().zip(texts) {
            match piece::body(text) {
                Ok(body) => bodies.push(piece::without_settings(body)),
                Err(why) => self.questions.answers.failed(node, unparsed(&why)),
            }
        }
        if let Ok(texts) = <[String; 2]>::try_from(bodies) {
            let context = (path, self.questions.alone.len());
            let columns = texts.each_ref().map(|text| piece::leading_columns(text));
            let kind = AloneKind::Body { columns: columns[0].min(columns[1]) };
            self.questions.alone.push(Alone { nodes, context, kind, texts });
        }
    }

    fn expression(
        &mut self,
        nodes: [usize; 2],
        path: usize,
        texts: [&str; 2],
        observed: &Place,
        data_type: Option<&TypeName>,
        sole: bool,
    ) {
        let mut pieces = Vec::new();
        for (node, text) in nodes.into_iter().zip(texts) {
            let piece = if let Some(known) = self.pieces.get(text) {
                known.clone()
            } else {
                let piece = piece::expression(text);
                self.pieces.insert(text.to_owned(), piece.clone());
                piece
            };
            match piece {
                Ok(piece) => pieces.push(piece),
                Err(why) => self.questions.answers.failed(node, unparsed(&why)),
            }
        }
        let Ok([declared, seen]) = <[piece::Expression; 2]>::try_from(pieces) else { return };
        let cast = data_type.and_then(type_sql);
        if data_type.is_some() && cast.is_none() {
            let why = Normal::None("its type cannot be written down".to_owned());
            return self.questions.answers.failed(nodes[1], why);
        }
        let sql = |text: &str| match &cast {
            Some(cast) => format!("((\n{text}\n))::{cast}"),
            None => format!("(\n{text}\n)"),
        };
        let stub = self.stub(&self.stub_of(observed), &[&declared.text, &seen.text]);
        if declared.has_query || seen.has_query {
            if !sole {
                let why = Normal::None("it reads tables, and several may be it".to_owned());
                return self.questions.answers.failed(nodes[0], why);
            }
            let context = (path, self.questions.alone.len());
            let texts = [&declared, &seen].map(|piece| sql(&piece::without_settings(&piece.text)));
            let alone = Alone { nodes, context, kind: AloneKind::Expression(stub), texts };
            return self.questions.alone.push(alone);
        }
        let number = self.lists.len();
        let listing = self.lists.entry((path, stub)).or_insert_with_key(|(_, stub)| Listing {
            // Apart from the contexts of what is alone, which count from 0.
            list: List { context: (path, usize::MAX - number), stub: stub.clone(), entries: Vec::new() },
            entries: BTreeMap::new(),
        });
        for (node, piece) in nodes.into_iter().zip([declared, seen]) {
            listing.add(node, sql(&piece.text));
        }
    }

    /// The number of a definition's search path.
    fn path(&mut self, definition: &Definition) -> usize {
        let sql = search_path(&definition.search_path);
        let next = self.paths.len();
        *self.paths.entry(sql).or_insert(next)
    }

    /// The type that a definition takes (N3): the observed one, on both sides.
    fn cast(&self, (id, part): &Place) -> Option<TypeName> {
        match self.catalog.get(id)? {
            Shape::Column(column) => column.data_type.clone(),
            Shape::Type(domain) => match &domain.form {
                Some(TypeForm::Domain(domain)) if part.name == "default" => Some(domain.base.clone()),
                _ => None,
            },
            Shape::Function(function) if part.name == "argument default" => function
                .type_of_default(part.position)
                .filter(|data_type| !is_polymorphic(data_type))
                .cloned(),
            _ => None,
        }
    }

    fn stub_of(&self, (id, part): &Place) -> StubOf {
        let shape = self.catalog.get(id);
        let relation = shape.and_then(|shape| shape.relation(id)).cloned();
        match (id.kind, relation, shape) {
            (Kind::Column, Some(_), _) if part.name == "default" => StubOf::Nothing,
            (Kind::Trigger, Some(relation), _) => StubOf::Trigger(relation),
            (_, Some(relation), _) => StubOf::Relation(relation),
            (Kind::Table, None, _) => match &id.name {
                ComponentName::InSchema(name) => StubOf::Relation(name.clone()),
                _ => StubOf::Nothing,
            },
            (Kind::Type, None, Some(Shape::Type(domain))) => match &domain.form {
                Some(TypeForm::Domain(domain)) => StubOf::Domain(domain.base.clone()),
                _ => StubOf::Nothing,
            },
            _ => StubOf::Nothing,
        }
    }

    fn stub(&self, of: &StubOf, expressions: &[&str]) -> Stub {
        match of {
            StubOf::Nothing => Stub::None,
            StubOf::Relation(relation) => Stub::relation(relation, self.catalog, expressions),
            StubOf::Trigger(relation) => Stub::trigger(relation, self.catalog),
            StubOf::Domain(base) => Stub::domain(base),
        }
    }

    fn done(self) -> Questions {
        let Self { mut questions, paths, lists, catalog: _, pieces: _, plain: _ } = self;
        let lists = lists.into_values().map(|listing| listing.list);
        let mut paths: Vec<(String, usize)> = paths.into_iter().collect();
        paths.sort_by_key(|(_, number)| *number);
        questions.paths = paths.into_iter().map(|(sql, _)| sql).collect();
        // In the order of search paths: what shares one can share a message.
        questions.lists = lists.flat_map(|list| list.split(EXPRESSIONS_PER_LIST)).collect();
        questions
    }
}

/// Whether a type stands for any one (`anyelement`, `anycompatiblearray`, `any`): the server leaves a default of such
/// an argument as it is (`coerce_type` in PostgreSQL's `parse_coerce.c`), and has no cast to it.
fn is_polymorphic(data_type: &TypeName) -> bool {
    let built_in = data_type.schema.as_ref().is_none_or(|schema| schema.as_str() == "pg_catalog");
    built_in && data_type.name.as_str().starts_with("any")
}

fn unparsed(why: &str) -> Normal {
    Normal::None(format!("the parser does not take its text: {why}"))
}

/// The schemas of a declared text, then `public`, where extensions most often are, then temporary tables, which would
/// come first if they were not named (S4).
fn search_path(schemas: &[Identifier]) -> String {
    let mut path: Vec<&str> = schemas.iter().map(Identifier::as_str).collect();
    for last in ["public", "pg_temp"] {
        if !path.contains(&last) {
            path.push(last);
        }
    }
    path.iter().map(|schema| quoting::identifier(&Identifier::new(schema))).collect::<Vec<_>>().join(", ")
}

/// Whether the text holds a word that the server replaced by the moment when the statement ran: the default
/// `'now'::timestamp` became a constant then.
fn depends_on_the_moment(definition: &Definition) -> bool {
    let text = definition.text.to_lowercase();
    ["'now'", "'today'", "'tomorrow'", "'yesterday'"].iter().any(|word| text.contains(word))
}

impl Listing {
    fn add(&mut self, node: usize, sql: String) {
        let List { entries, .. } = &mut self.list;
        let next = entries.len();
        let at = *self.entries.entry(sql).or_insert_with_key(|sql| {
            entries.push(Entry { nodes: BTreeSet::new(), sql: sql.clone() });
            next
        });
        // An observed one may be a candidate for several.
        entries[at].nodes.insert(node);
    }
}

impl List {
    /// How many expressions it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What its forms can be compared with.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context
    }

    /// The first node of its only expression.
    #[must_use]
    pub fn only(&self) -> Option<usize> {
        match self.entries.as_slice() {
            [entry] => entry.nodes.first().copied(),
            _ => None,
        }
    }

    /// The statement, without a semicolon.
    #[must_use]
    pub fn statement(&self) -> String {
        let expressions: Vec<&str> = self.entries.iter().map(|entry| entry.sql.as_str()).collect();
        format!("{EXPLAIN}\n{}{}", expressions.join(",\n"), self.stub.from_clause(&expressions))
    }

    /// The same in lists of at most so many expressions.
    #[must_use]
    pub fn split(self, most: usize) -> Vec<Self> {
        let Self { context, stub, entries } = self;
        let part = |entries: &[Entry]| Self { context, stub: stub.clone(), entries: entries.to_vec() };
        entries.chunks(most).map(part).collect()
    }

    /// Records the normal forms, one for each expression.
    pub fn answered(&self, forms: Vec<String>, answers: &mut Answers) {
        for (entry, form) in self.entries.iter().zip(forms) {
            for node in &entry.nodes {
                answers.form(*node, self.context, form.clone());
            }
        }
    }

    /// Records that nothing in it has a form.
    pub fn failed(&self, why: &Normal, answers: &mut Answers) {
        for node in self.entries.iter().flat_map(|entry| &entry.nodes) {
            answers.failed(*node, why.clone());
        }
    }
}

impl Alone {
    /// What its forms can be compared with.
    #[must_use]
    pub fn context(&self) -> Context {
        self.context
    }

    /// The statements for what is declared and for what was observed, without semicolons.
    #[must_use]
    pub fn statements(&self) -> [String; 2] {
        self.texts.each_ref().map(|text| self.statement(text))
    }

    /// The same with the names taken out that the branches of a UNION give their columns. `None` where there are none
    /// to take out, or where they cannot be.
    #[must_use]
    pub fn statements_without_names(&self) -> Option<[String; 2]> {
        if !matches!(self.kind, AloneKind::Body { .. }) {
            return None;
        }
        let renamed = parse::on_big_stack(|| {
            self.texts
                .each_ref()
                .map(|text| piece::with_positional_names(text).filter(|it| piece::body(it).is_ok()))
        });
        match renamed {
            [Some(one), Some(other)] => Some([self.statement(&one), self.statement(&other)]),
            _ => None,
        }
    }

    fn statement(&self, text: &str) -> String {
        match &self.kind {
            AloneKind::Body { columns } => {
                let names: Vec<String> = (1..=*columns).map(|nth| format!("column{nth}")).collect();
                let names = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
                format!("{EXPLAIN} * from (\n{text}\n) as v{names}")
            }
            AloneKind::Expression(stub) => {
                let mut sql = format!("{EXPLAIN}\n{text}");
                let _ = write!(sql, "{}", stub.from_clause(&[text]));
                sql
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settle::Settled;
    use super::*;
    use crate::core::component::ComponentId;
    use crate::core::definition::Part;

    #[test]
    fn the_same_default_under_another_search_path_is_another_question() {
        let place = |table: &str| {
            let id = ComponentId::on_relation(Kind::Column, QualifiedName::new("app", table), "made_at");
            (id, Part { name: "default", position: 0 })
        };
        let pair = |table: &str, schemas: &[&str]| {
            let path: Arc<[Identifier]> = schemas.iter().map(|schema| Identifier::new(schema)).collect();
            let definition = Definition::declared("now()".to_owned(), &path);
            Pair { declared: place(table), definition, observed: place(table) }
        };
        // What is built in comes second in the other path, where app.now() would hide it.
        let pairs = [pair("plain", &["app"]), pair("hidden", &["app", "pg_catalog"])];
        let texts: Texts = pairs.iter().map(|it| (it.observed.clone(), Ok("now()".to_owned()))).collect();
        let questions = Questions::of(&pairs, &texts, &Catalog::default(), Definitions::NoPlanner);
        let mut settled = Settled::default();
        questions.answers.settle(0, &mut settled);
        assert!(matches!(settled.normals.get(&place("plain")), Some(Normal::Form(_))));
        assert!(matches!(settled.normals.get(&place("hidden")), Some(Normal::None(_))));
    }
}
