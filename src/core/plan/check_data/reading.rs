//! Which rows each statement of a plan could stumble over, and which of them a query can be asked about.

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableType, ColumnDef, ConstrType, Constraint, IndexElem, IndexStmt, Node, RangeVar,
};

use super::query::{self, Rows};
use super::{DataQuery, DataQuestion};
use crate::core::component::ComponentName;
use crate::core::kind::Kind;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::plan::preflight::Facts;
use crate::core::plan::statement::is_constraint;
use crate::core::plan::{Plan, PlannedStatement};
use crate::core::sql::effect::Scope;
use crate::core::sql::mentioned::Mentioned;
use crate::core::sql::{expression, parse, quoting};

/// The columns that a plan makes.
pub(super) type Columns<'p> = BTreeSet<(&'p QualifiedName, &'p Identifier)>;

/// The columns that a plan makes.
pub(super) fn columns_made(plan: &Plan) -> Columns<'_> {
    let made = plan.statements().flat_map(|statement| &statement.makes);
    made.filter(|id| id.kind == Kind::Column)
        .filter_map(|id| match &id.name {
            ComponentName::OnRelation { relation, name } => Some((relation, name)),
            _ => None,
        })
        .collect()
}

/// Reads the statements of a plan in order.
pub(super) struct Reading<'f> {
    facts: &'f Facts,
    /// The tables whose rows the plan changed by then.
    written: BTreeSet<QualifiedName>,
    /// Whether something ran by then of which nobody knows what it changes.
    anything: bool,
    /// What to ask.
    pub list: Vec<DataQuestion>,
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
    /// The rows that a query reads about what tables that inherit from it inherit too.
    const fn inherited(&self, no_inherit: bool) -> Rows<'_> {
        let only = if self.only || no_inherit { "only " } else { "" };
        Rows { only, relation: &self.relation }
    }

    /// The same for what holds within one table: a key, a reference. Partitions are the table's own.
    const fn own(&self) -> Option<Rows<'_>> {
        let only = match self.is_partitioned {
            Some(true) if !self.only => "",
            Some(_) => "only ",
            None => return None,
        };
        Some(Rows { only, relation: &self.relation })
    }
}

impl<'f> Reading<'f> {
    pub fn new(facts: &'f Facts) -> Self {
        Self { facts, written: BTreeSet::new(), anything: false, list: Vec::new() }
    }

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

    /// The next statement; `new` are the columns that the plan makes.
    pub fn statement(&mut self, statement: &PlannedStatement, new: &Columns<'_>) {
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
        let Some(rows) = about.own() else { return self.refuse(about.statement, what, UNSEEN.to_owned()) };
        let query = query::duplicates(rows, &keys, condition.as_deref(), index.nulls_not_distinct);
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
            let query = query::any(about.inherited(false));
            let what = format!("new column {name} of {}", about.relation);
            self.ask(about, what, Some(&BTreeSet::new()), query);
        }
    }

    fn not_null(&mut self, about: &About<'_, '_>, column: &str, no_inherit: bool) {
        let name = Identifier::new(column);
        let query = query::nulls(about.inherited(no_inherit), &name);
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
                let keys: Vec<String> = columns
                    .iter()
                    .map(|name| Identifier::new(name))
                    .map(|name| quoting::identifier(&name))
                    .collect();
                let what = format!("unique key ({}) of {relation}", keys.join(", "));
                if let Some(rows) = about.own() {
                    let query = query::duplicates(rows, &keys, None, constraint.nulls_not_distinct);
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
                let query = query::breaches(about.inherited(constraint.is_no_inherit), &text);
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
        let (Some(rows), Some(found)) = (about.own(), found) else {
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
        let pairs: Vec<_> = own.iter().zip(&theirs).collect();
        let there = Rows { only: only_there, relation: &target };
        let query = query::orphans(rows, there, &pairs, constraint.fk_matchtype == "f");
        let columns: BTreeSet<String> = own.iter().map(|name| name.as_str().to_owned()).collect();
        self.ask(about, what, Some(&columns), query);
    }
}

fn listed(names: &[Identifier]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The text of a key of an index, and the columns in it.
pub(super) fn key(element: &IndexElem) -> Option<(String, Vec<String>)> {
    // Either may hold other values for equal than the type does, which is what a query can ask about.
    if !element.collation.is_empty() || !element.opclass.is_empty() {
        return None;
    }
    match element.expr.as_deref() {
        Some(node) => Some((format!("({})", expression::printed(node)?), columns_of(node))),
        None => Some((quoting::identifier(&Identifier::new(&element.name)), vec![element.name.clone()])),
    }
}

fn columns_of(node: &Node) -> Vec<String> {
    Mentioned::in_node(node).columns.into_iter().filter_map(|name| name.last().cloned()).collect()
}

/// Why it is not asked about a table of which nothing is known.
const UNSEEN: &str = "whether it is partitioned is not known";
