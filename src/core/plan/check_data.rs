//! Whether the rows that are there let a plan run: a query for each thing that they could break, asked on request.
//!
//! A query only reads, and predicts the one failure that it is about. Where an earlier statement of the plan changes the
//! rows, or the failure cannot be told by a query, that is said instead.
//!
//! A query reads the rows that PostgreSQL reads: those of the partitions always; those of tables that inherit only for what
//! they inherit (NOT NULL, CHECK, a column), and not where the statement says ONLY or NO INHERIT.

use std::collections::BTreeSet;
use std::fmt;

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableType, ColumnDef, ConstrType, Constraint, IndexElem, IndexStmt, Node, RangeVar,
};

use super::blocker::Blocker;
use super::preflight::Facts;
use super::statement::is_constraint;
use super::{Plan, PlannedStatement};
use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::Position;
use crate::core::sql::effect::Scope;
use crate::core::sql::mentioned::Mentioned;
use crate::core::sql::{expression, parse, quoting};

/// A check of rows, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCheck {
    /// The statement that the rows could break.
    pub position: Position,
    /// What was checked: `unique key (email) of public.users`.
    pub what: String,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// What came of a check of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// No row breaks it.
    Passed,
    /// Some do: there is a blocker.
    Broken,
    /// It could not be checked, for this reason.
    NotChecked(String),
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("no row breaks it"),
            Self::Broken => f.write_str("rows break it"),
            Self::NotChecked(reason) => write!(f, "could not be checked: {reason}"),
        }
    }
}

/// A query about rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataQuestion {
    /// The statement that the rows could break.
    pub position: Position,
    /// What is checked.
    pub what: String,
    /// The schemas of unqualified names in the query.
    pub search_path: Vec<Identifier>,
    /// The query, or why there is none.
    pub query: Result<DataQuery, String>,
}

/// A query, and what it means when it finds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataQuery {
    /// Gives one row with one column: whether rows break the statement.
    pub sql: String,
    /// The name of the blocker.
    pub name: &'static str,
    /// Why it stops the plan.
    pub why: &'static str,
    /// A query that shows the rows.
    pub show: String,
}

/// What to ask about the rows of the tables that a plan changes. `facts` are those of its preflight.
#[must_use]
pub fn questions(plan: &Plan, facts: &Facts) -> Vec<DataQuestion> {
    parse::on_big_stack(|| {
        let mut reading = Reading { facts, written: BTreeSet::new(), anything: false, list: Vec::new() };
        let columns: BTreeSet<(&QualifiedName, &Identifier)> = plan
            .statements()
            .flat_map(|statement| &statement.makes)
            .filter(|id| id.kind == Kind::Column)
            .filter_map(|id| match &id.name {
                crate::core::component::ComponentName::OnRelation { relation, name } => {
                    Some((relation, name))
                }
                _ => None,
            })
            .collect();
        for statement in plan.statements() {
            reading.statement(statement, &columns);
        }
        reading.list
    })
}

/// Puts the answers into the plan: whether rows break the statement, or why that is not known.
pub fn conclude(plan: &mut Plan, answers: Vec<(DataQuestion, Result<bool, String>)>) {
    for (question, answer) in answers {
        let DataQuestion { position, what, query, .. } = question;
        let outcome = match (answer, query) {
            (Ok(false), _) => CheckOutcome::Passed,
            (Ok(true), Ok(DataQuery { name, why, show, .. })) => {
                plan.blockers.push(Blocker {
                    name,
                    what: what.clone(),
                    why: why.to_owned(),
                    remedy: format!("put these rows right: {show}"),
                    position: Some(position.clone()),
                    rests_on_role: false,
                });
                CheckOutcome::Broken
            }
            (Ok(true), Err(reason)) | (Err(reason), _) => CheckOutcome::NotChecked(reason),
        };
        plan.checks.push(DataCheck { position, what, outcome });
    }
}

type Columns<'p> = BTreeSet<(&'p QualifiedName, &'p Identifier)>;

struct Reading<'f> {
    facts: &'f Facts,
    /// The tables whose rows the plan changed by then.
    written: BTreeSet<QualifiedName>,
    /// Whether something ran by then of which nobody knows what it changes.
    anything: bool,
    list: Vec<DataQuestion>,
}

/// One statement about a table that was there before the plan.
struct About<'a, 'p> {
    statement: &'a PlannedStatement,
    relation: QualifiedName,
    /// Whether it says ONLY.
    only: bool,
    /// Whether its own rows are those of its partitions; `None` where that is not known.
    is_partitioned: Option<bool>,
    /// The columns that the plan makes.
    new: &'a Columns<'p>,
}

impl About<'_, '_> {
    /// What stands before the name of the table in a query about what tables that inherit from it inherit too.
    const fn inherited(&self, no_inherit: bool) -> &'static str {
        if self.only || no_inherit { "only " } else { "" }
    }

    /// The same for what holds within one table: a key, a reference. Partitions are the table's own.
    const fn own(&self) -> Option<&'static str> {
        match self.is_partitioned {
            Some(true) if !self.only => Some(""),
            Some(_) => Some("only "),
            None => None,
        }
    }
}

impl Reading<'_> {
    fn about<'a, 'p>(
        &self,
        statement: &'a PlannedStatement,
        name: &RangeVar,
        scope: &Scope,
        new: &'a Columns<'p>,
    ) -> Option<About<'a, 'p>> {
        let relation = parse::relation(name, scope);
        // A table that the plan makes is locked by nobody else, so that it is not among the locks.
        let was_there = statement.locks.iter().any(|lock| lock.relation == relation);
        let is_partitioned = self.facts.relations.get(&relation).map(|found| found.is_partitioned);
        was_there.then_some(About { statement, relation, only: !name.inh, is_partitioned, new })
    }

    fn statement(&mut self, statement: &PlannedStatement, new: &Columns<'_>) {
        let Ok(tree) = parse::parse(&statement.text) else { return };
        let Some(node) = tree.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref()) else { return };
        let mut scope = Scope::of(statement.search_path.first().cloned().unwrap_or_else(|| "public".into()));
        scope.set_search_path(&statement.search_path);
        match node {
            NodeEnum::IndexStmt(index) if index.unique => {
                let Some(name) = &index.relation else { return };
                if let Some(about) = self.about(statement, name, &scope, new) {
                    self.index(&about, index);
                }
            }
            NodeEnum::AlterTableStmt(alter) => {
                let Some(name) = &alter.relation else { return };
                if let Some(about) = self.about(statement, name, &scope, new) {
                    for node in &alter.cmds {
                        if let Some(NodeEnum::AlterTableCmd(command)) = &node.node {
                            self.command(&about, command, &scope);
                        }
                    }
                }
            }
            NodeEnum::AlterDomainStmt(domain) if matches!(domain.subtype.as_str(), "C" | "O" | "V") => {
                let name = parse::strings(&domain.type_name).join(".");
                self.refuse(
                    statement,
                    format!("values of the domain {name}"),
                    "which columns have the domain is not looked up".to_owned(),
                );
            }
            NodeEnum::InsertStmt(insert) => self.write(insert.relation.as_ref(), &scope),
            NodeEnum::UpdateStmt(update) => self.write(update.relation.as_ref(), &scope),
            NodeEnum::DeleteStmt(delete) => self.write(delete.relation.as_ref(), &scope),
            _ => {}
        }
        self.anything |= !statement.is_known;
    }

    fn write(&mut self, relation: Option<&RangeVar>, scope: &Scope) {
        self.written.extend(relation.map(|name| parse::relation(name, scope)));
    }

    fn refuse(&mut self, statement: &PlannedStatement, what: String, reason: String) {
        self.list.push(DataQuestion {
            position: statement.position.clone(),
            what,
            search_path: statement.search_path.clone(),
            query: Err(reason),
        });
    }

    /// Asks, unless the plan changes by then what the query would read.
    fn ask(
        &mut self,
        about: &About<'_, '_>,
        what: String,
        columns: Option<&BTreeSet<String>>,
        query: DataQuery,
    ) {
        let is_new = |column: &&String| {
            about.new.iter().any(|(relation, name)| **relation == about.relation && name.as_str() == **column)
        };
        if self.written.contains(&about.relation) {
            let reason = format!("an earlier statement of the plan changes rows of {}", about.relation);
            return self.refuse(about.statement, what, reason);
        }
        if self.anything {
            let reason = "an earlier statement of the plan does what is not known in full";
            return self.refuse(about.statement, what, reason.to_owned());
        }
        let Some(columns) = columns else {
            return self.refuse(about.statement, what, "which columns it reads is not known".to_owned());
        };
        if let Some(column) = columns.iter().find(is_new) {
            let reason = format!("the plan makes the column {}", Identifier::new(column));
            return self.refuse(about.statement, what, reason);
        }
        self.list.push(DataQuestion {
            position: about.statement.position.clone(),
            what,
            search_path: about.statement.search_path.clone(),
            query: Ok(query),
        });
    }

    fn index(&mut self, about: &About<'_, '_>, index: &IndexStmt) {
        let mut keys = Vec::new();
        let mut columns = BTreeSet::new();
        for node in &index.index_params {
            let Some(NodeEnum::IndexElem(element)) = &node.node else { continue };
            let Some((key, named)) = key(element) else {
                let what = format!("a unique index of {}", about.relation);
                let reason = "its key has a collation or an operator class of its own, or cannot be printed"
                    .to_owned();
                return self.refuse(about.statement, what, reason);
            };
            keys.push(key);
            columns.extend(named);
        }
        let predicate = index.where_clause.as_deref();
        let condition = predicate.and_then(expression::printed);
        if predicate.is_some() && condition.is_none() {
            let what = format!("a unique index of {}", about.relation);
            return self.refuse(about.statement, what, "its predicate cannot be printed".to_owned());
        }
        columns.extend(predicate.into_iter().flat_map(columns_of));
        let what = format!("unique key ({}) of {}", keys.join(", "), about.relation);
        let Some(only) = about.own() else { return self.refuse(about.statement, what, UNSEEN.to_owned()) };
        let table = Rows { only, relation: &about.relation };
        let query = duplicates(table, &keys, condition.as_deref(), index.nulls_not_distinct);
        self.ask(about, what, Some(&columns), query);
    }

    fn command(&mut self, about: &About<'_, '_>, command: &AlterTableCmd, scope: &Scope) {
        let relation = &about.relation;
        match (command.subtype(), command.def.as_deref().and_then(|def| def.node.as_ref())) {
            (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => {
                self.constraint(about, constraint, scope);
            }
            (AlterTableType::AtSetNotNull, _) => self.not_null(about, &command.name, false),
            (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => self.column(about, column),
            (AlterTableType::AtAlterColumnType, _) => {
                let column = Identifier::new(&command.name);
                let what = format!("values of {relation}.{column}");
                let reason = "whether each fits the new type shows only when it is changed".to_owned();
                self.refuse(about.statement, what, reason);
            }
            (AlterTableType::AtValidateConstraint, _) => {
                let what = format!("constraint {} of {relation}", Identifier::new(&command.name));
                self.refuse(about.statement, what, "another statement defines it".to_owned());
            }
            (AlterTableType::AtAttachPartition, _) => {
                let what = format!("the bounds of a new partition of {relation}");
                let reason = "whether all rows are within shows only when it is attached".to_owned();
                self.refuse(about.statement, what, reason);
            }
            _ => {}
        }
    }

    fn column(&mut self, about: &About<'_, '_>, column: &ColumnDef) {
        let has = |form| column.constraints.iter().any(|node| is_constraint(node, form));
        let serial = column.type_name.as_ref().is_some_and(|name| {
            parse::strings(&name.names).last().is_some_and(|name| name.contains("serial"))
        });
        let filled = serial
            || has(ConstrType::ConstrDefault)
            || has(ConstrType::ConstrIdentity)
            || has(ConstrType::ConstrGenerated);
        if !filled && (has(ConstrType::ConstrNotnull) || has(ConstrType::ConstrPrimary)) {
            let name = Identifier::new(&column.colname);
            let table = quoting::qualified(&about.relation);
            let only = about.inherited(false);
            let query = DataQuery {
                sql: format!("select exists (select from {only}{table})"),
                name: "rows-lack-a-value",
                why: "the table holds rows, and the new column is NOT NULL without a default",
                show: format!("select * from {only}{} limit 10", about.relation),
            };
            let what = format!("new column {name} of {}", about.relation);
            self.ask(about, what, Some(&BTreeSet::new()), query);
        }
    }

    fn not_null(&mut self, about: &About<'_, '_>, column: &str, no_inherit: bool) {
        let name = Identifier::new(column);
        let (table, only) = (quoting::qualified(&about.relation), about.inherited(no_inherit));
        let query = DataQuery {
            sql: format!(
                "select exists (select from {only}{table} where {} is null)",
                quoting::identifier(&name)
            ),
            name: "rows-hold-nulls",
            why: "rows have a null where none may be",
            show: format!("select * from {only}{} where {name} is null", about.relation),
        };
        let what = format!("no nulls in {}.{name}", about.relation);
        self.ask(about, what, Some(&BTreeSet::from([column.to_owned()])), query);
    }

    fn constraint(&mut self, about: &About<'_, '_>, constraint: &Constraint, scope: &Scope) {
        if constraint.skip_validation {
            return;
        }
        let relation = &about.relation;
        let names = |nodes: &[Node]| -> Vec<String> {
            parse::strings(nodes).into_iter().map(str::to_owned).collect()
        };
        match constraint.contype() {
            ConstrType::ConstrUnique | ConstrType::ConstrPrimary if constraint.indexname.is_empty() => {
                let columns = names(&constraint.keys);
                let keys: Vec<String> =
                    columns.iter().map(|name| Identifier::new(name)).map(|name| quoted(&name)).collect();
                let what = format!("unique key ({}) of {relation}", keys.join(", "));
                if let Some(only) = about.own() {
                    let query =
                        duplicates(Rows { only, relation }, &keys, None, constraint.nulls_not_distinct);
                    self.ask(about, what, Some(&columns.iter().cloned().collect()), query);
                } else {
                    self.refuse(about.statement, what, UNSEEN.to_owned());
                }
                if constraint.contype() == ConstrType::ConstrPrimary {
                    for column in &columns {
                        self.not_null(about, column, false);
                    }
                }
            }
            ConstrType::ConstrPrimary => {
                let what = format!("no nulls in the primary key of {relation}");
                self.refuse(about.statement, what, "another statement defines its index".to_owned());
            }
            ConstrType::ConstrCheck => {
                let what = format!("CHECK of {relation}");
                let Some(node) = constraint.raw_expr.as_deref() else { return };
                let Some(text) = expression::printed(node) else {
                    return self.refuse(about.statement, what, "it cannot be printed".to_owned());
                };
                let only = about.inherited(constraint.is_no_inherit);
                let table = quoting::qualified(relation);
                let query = DataQuery {
                    sql: format!("select exists (select from {only}{table} where not ({text}))"),
                    name: "rows-break-check",
                    why: "rows do not fulfil the condition",
                    show: format!("select * from {only}{relation} where not ({text})"),
                };
                let columns: BTreeSet<String> = columns_of(node).into_iter().collect();
                self.ask(about, format!("CHECK ({text}) of {relation}"), Some(&columns), query);
            }
            ConstrType::ConstrNotnull => {
                for column in &names(&constraint.keys) {
                    self.not_null(about, column, constraint.is_no_inherit);
                }
            }
            ConstrType::ConstrForeign => self.foreign_key(about, constraint, scope),
            ConstrType::ConstrExclusion => {
                let what = format!("exclusion constraint of {relation}");
                let reason = "whether rows exclude each other shows only when it is made".to_owned();
                self.refuse(about.statement, what, reason);
            }
            _ => {}
        }
    }

    fn foreign_key(&mut self, about: &About<'_, '_>, constraint: &Constraint, scope: &Scope) {
        let Some(name) = &constraint.pktable else { return };
        let (relation, target) = (&about.relation, parse::relation(name, scope));
        let own: Vec<Identifier> = parse::identifiers(&constraint.fk_attrs);
        let what = format!("foreign key ({}) of {relation} to {target}", listed(&own));
        let found = self.facts.relations.get(&target);
        let mut theirs = parse::identifiers(&constraint.pk_attrs);
        if theirs.is_empty() {
            let key = found.and_then(|found| found.primary_key.as_ref());
            theirs = key.into_iter().flatten().map(|name| Identifier::new(name)).collect();
        }
        if found.is_none() || !about.statement.locks.iter().any(|lock| lock.relation == target) {
            return self.refuse(about.statement, what, format!("the plan makes {target}"));
        }
        let (Some(only), Some(found)) = (about.own(), found) else {
            return self.refuse(about.statement, what, UNSEEN.to_owned());
        };
        let only_there = if found.is_partitioned { "" } else { "only " };
        if self.written.contains(&target) {
            let reason = format!("an earlier statement of the plan changes rows of {target}");
            return self.refuse(about.statement, what, reason);
        }
        if theirs.len() != own.len() || constraint.pk_with_period {
            return self.refuse(about.statement, what, format!("the key of {target} is not known"));
        }
        let join = |of: &dyn Fn(&Identifier) -> String, with: &str| {
            own.iter().map(of).collect::<Vec<_>>().join(with)
        };
        let is_null = |column: &Identifier| format!("own.{} is null", quoting::identifier(column));
        let is_set = |column: &Identifier| format!("own.{} is not null", quoting::identifier(column));
        let pairs: Vec<String> = own
            .iter()
            .zip(&theirs)
            .map(|(own, their)| {
                format!("other.{} = own.{}", quoting::identifier(their), quoting::identifier(own))
            })
            .collect();
        let orphan = format!(
            "not exists (select from {only_there}{} as other where {})",
            quoting::qualified(&target),
            pairs.join(" and ")
        );
        // MATCH FULL: all are null, or none is.
        let condition = if constraint.fk_matchtype == "f" {
            format!("not ({}) and ({} or {orphan})", join(&is_null, " and "), join(&is_null, " or "))
        } else {
            format!("{} and {orphan}", join(&is_set, " and "))
        };
        let table = quoting::qualified(relation);
        let query = DataQuery {
            sql: format!("select exists (select from {only}{table} as own where {condition})"),
            name: "rows-refer-to-nothing",
            why: "rows refer to what is not there",
            show: format!("select own.* from {only}{table} as own where {condition}"),
        };
        let columns: BTreeSet<String> = own.iter().map(|name| name.as_str().to_owned()).collect();
        self.ask(about, what, Some(&columns), query);
    }
}

fn quoted(name: &Identifier) -> String {
    quoting::identifier(name)
}

fn listed(names: &[Identifier]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The text of a key of an index, and the columns in it.
fn key(element: &IndexElem) -> Option<(String, Vec<String>)> {
    // Either may hold other values for equal than the type does, which is what a query can ask about.
    if !element.collation.is_empty() || !element.opclass.is_empty() {
        return None;
    }
    match element.expr.as_deref() {
        Some(node) => Some((format!("({})", expression::printed(node)?), columns_of(node))),
        None => Some((quoted(&Identifier::new(&element.name)), vec![element.name.clone()])),
    }
}

fn columns_of(node: &Node) -> Vec<String> {
    Mentioned::in_node(node).columns.into_iter().filter_map(|name| name.last().cloned()).collect()
}

/// Why it is not asked about a table of which nothing is known.
const UNSEEN: &str = "whether it is partitioned is not known";

/// The rows of a table.
#[derive(Clone, Copy)]
struct Rows<'a> {
    /// `only ` where those of tables that inherit from it do not count.
    only: &'static str,
    relation: &'a QualifiedName,
}

/// Whether rows have the same key; nulls are different from each other, unless the index says otherwise.
fn duplicates(
    Rows { only, relation }: Rows<'_>,
    keys: &[String],
    condition: Option<&str>,
    nulls_not_distinct: bool,
) -> DataQuery {
    let named: Vec<String> =
        keys.iter().enumerate().map(|(nth, key)| format!("{key} as key_{nth}")).collect();
    let places: Vec<String> = (0..keys.len()).map(|nth| format!("key_{nth}")).collect();
    let set: Vec<String> = places.iter().map(|place| format!("{place} is distinct from null")).collect();
    let condition = condition.map(|text| format!(" where {text}")).unwrap_or_default();
    let set = if nulls_not_distinct { String::new() } else { format!(" where {}", set.join(" and ")) };
    let table = quoting::qualified(relation);
    let places = places.join(", ");
    let rows = format!(
        "from (select {} from {only}{table}{condition}) as keys{set} group by {places} having pg_catalog.count(*) > 1",
        named.join(", ")
    );
    DataQuery {
        sql: format!("select exists (select {rows})"),
        name: "rows-are-not-unique",
        why: "several rows have the same key",
        show: format!("select {places}, count(*) {}", rows.replace("pg_catalog.count", "count")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::plan::preflight::facts::Relation;
    use crate::core::plan::tests::planned;

    /// Whether a query can ask for duplicates of this key.
    fn is_asked(key_of: &str) -> bool {
        let tree = parse::parse(&format!("create unique index on t ({key_of})")).unwrap();
        let node = tree.stmts[0].stmt.as_ref().unwrap().node.as_ref().unwrap();
        let NodeEnum::IndexStmt(index) = node else { panic!("no index") };
        let Some(NodeEnum::IndexElem(element)) = &index.index_params[0].node else { panic!("no key") };
        key(element).is_some()
    }

    #[test]
    fn what_counts_as_equal_is_asked_only_where_it_is_the_type_s_own() {
        assert!(is_asked("email") && is_asked("lower(email)"));
        assert!(!is_asked("email collate \"C\"") && !is_asked("email case_insensitive_ops"));
    }

    const THERE: &str = "create table a (id int primary key, x int, y int, t text);
         create table p (k int, l int, primary key (k, l));
         create domain d as int";

    /// What is asked of a plan for what is there, or why it is not: each with what it is about.
    fn asked(sql: &str) -> Vec<String> {
        let plan = planned(&format!("{THERE}; {sql}"), THERE);
        let mut facts = Facts::default();
        for (name, key, is_partitioned) in [("a", &["id"][..], false), ("p", &["k", "l"], true)] {
            let primary_key = Some(key.iter().map(|&column| column.to_owned()).collect());
            let relation = Relation { is_partitioned, primary_key, ..Relation::default() };
            facts.relations.insert(QualifiedName::new("public", name), relation);
        }
        let told = |question: DataQuestion| match question.query {
            Ok(query) => query.sql,
            Err(reason) => format!("{}: {reason}", question.what),
        };
        questions(&plan, &facts).into_iter().map(told).collect()
    }

    #[test]
    fn a_query_says_what_the_statement_would_refuse() {
        let keys = |only: &str, table: &str, column: &str, set: &str| {
            format!(
                "select exists (select from (select \"{column}\" as key_0 from {only}\"public\".\"{table}\") as keys{set} \
                 group by key_0 having pg_catalog.count(*) > 1)"
            )
        };
        let set = " where key_0 is distinct from null";
        assert_eq!(asked("alter table a add constraint u unique (x)"), [keys("only ", "a", "x", set)]);
        assert_eq!(
            asked("alter table a add constraint u unique nulls not distinct (x)"),
            [keys("only ", "a", "x", "")]
        );
        assert_eq!(asked("create unique index u on p (k)"), [keys("", "p", "k", set)]);
        let nulls =
            |only: &str| format!("select exists (select from {only}\"public\".\"a\" where \"x\" is null)");
        assert_eq!(asked("alter table a add constraint n not null x no inherit"), [nulls("only ")]);
        assert_eq!(asked("alter table a add constraint n not null x not valid"), [""; 0]);
        assert_eq!(
            asked("alter table a add constraint c check (x > 0) no inherit"),
            [r#"select exists (select from only "public"."a" where not (x > 0))"#]
        );
        let simple = r#"select exists (select from only "public"."a" as own where own."x" is not null and own."y" is not null and not exists (select from "public"."p" as other where other."k" = own."x" and other."l" = own."y"))"#;
        let foreign = "alter table a add constraint f foreign key (x, y) references p";
        assert_eq!(asked(foreign), [simple]);
        let full = r#"select exists (select from only "public"."a" as own where not (own."x" is null and own."y" is null) and (own."x" is null or own."y" is null or not exists (select from "public"."p" as other where other."k" = own."x" and other."l" = own."y")))"#;
        assert_eq!(asked(&format!("{foreign} match full")), [full]);
        let own = asked("alter table a add constraint f foreign key (x) references a");
        assert!(own[0].contains("not exists (select from only \"public\".\"a\" as other"), "{own:?}");
        assert_eq!(
            asked("alter table a add constraint f foreign key (x, period y) references p (k, period l)"),
            ["foreign key (x, y) of public.a to public.p: the key of public.p is not known"]
        );
    }

    #[test]
    fn a_new_column_needs_an_empty_table_only_where_nothing_fills_it() {
        let any = [r#"select exists (select from "public"."a")"#];
        assert_eq!(asked("alter table a add column z int not null"), any);
        for filled in [
            "serial not null",
            "int not null default 1",
            "int not null generated always as identity",
            "int not null generated always as (x + 1) stored",
        ] {
            assert_eq!(asked(&format!("alter table a add column z {filled}")), [""; 0], "{filled}");
        }
    }

    #[test]
    fn what_no_query_can_ask_is_said() {
        assert_eq!(
            asked("alter domain d add constraint c check (value > 0)"),
            ["values of the domain d: which columns have the domain is not looked up"]
        );
    }
}
