//! A constraint, wherever it stands: beside a column, in the list of a table, after ADD.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, ConstrType};

use super::{Effect, Scope, parameters};
use crate::core::kind::constraint::{Constraint, ConstraintForm, Exclusion, ReferentialAction};
use crate::core::kind::letter::Letter;
use crate::core::name::{Identifier, PartialName, QualifiedName};
use crate::core::sql::{expression, generated_name, parse};

/// Where a constraint stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The table.
    pub relation: &'a QualifiedName,
    /// The column, of a constraint beside one.
    pub column: Option<&'a Identifier>,
    /// Whether the table is made by the same statement: then NOT VALID says nothing, for it has no rows yet.
    pub table_is_new: bool,
}

/// The effect of a constraint; `None` where it is a property of a column (NOT NULL, DEFAULT, ...) instead.
pub(super) fn effect(constraint: &protobuf::Constraint, place: Place<'_>, scope: &Scope) -> Option<Effect> {
    let relation = place.relation.clone();
    let name = Some(&constraint.conname).filter(|name| !name.is_empty()).map(|name| Identifier::new(name));
    let enforced = not_false(constraint.is_enforced, constraint);
    let delete_columns = parse::identifiers(&constraint.fk_del_set_cols).into_iter().collect();
    let mut shape = Constraint {
        form: None,
        deferrable: Some(constraint.deferrable || constraint.initdeferred),
        initially_deferred: Some(constraint.initdeferred),
        validated: Some(enforced && (place.table_is_new || !constraint.skip_validation)),
        enforced: Some(enforced),
        no_inherit: Some(constraint.is_no_inherit),
        temporal: Some(constraint.without_overlaps || constraint.fk_with_period),
        match_full: Some(constraint.fk_matchtype == "f"),
        delete_columns: Some(delete_columns),
        include: Some(parse::identifiers(&constraint.including)),
        parameters: parameters::parameters(&constraint.options),
    };
    if !constraint.indexname.is_empty() {
        let index = Identifier::new(&constraint.indexname);
        let primary = constraint.contype() == ConstrType::ConstrPrimary;
        // What the index has is its own, and is not said here.
        shape.include = None;
        return Some(Effect::ConstraintFromIndex { relation, name, index, primary, constraint: shape });
    }
    let (form, name_parts) = form(constraint, place, scope)?;
    shape.form = Some(form);
    Some(Effect::AddConstraint { relation, name, constraint: shape, name_parts })
}

/// The form of a constraint, and what a made-up name for it is made of.
fn form(
    constraint: &protobuf::Constraint,
    place: Place<'_>,
    scope: &Scope,
) -> Option<(ConstraintForm, Vec<Identifier>)> {
    let beside = || place.column.cloned().into_iter().collect::<Vec<_>>();
    let or_beside = |names: Vec<Identifier>| if names.is_empty() { beside() } else { names };
    Some(match constraint.contype() {
        ConstrType::ConstrPrimary => {
            let columns = or_beside(parse::identifiers(&constraint.keys));
            (ConstraintForm::PrimaryKey { columns }, Vec::new())
        }
        ConstrType::ConstrUnique => {
            let columns = or_beside(parse::identifiers(&constraint.keys));
            let included = parse::strings(&constraint.including).into_iter().map(str::to_owned);
            let names = columns.iter().map(|column| column.as_str().to_owned()).chain(included);
            let name_parts = generated_name::index_columns(names.map(Some));
            let nulls_not_distinct = constraint.nulls_not_distinct;
            (ConstraintForm::Unique { columns, nulls_not_distinct }, name_parts)
        }
        ConstrType::ConstrForeign => {
            let columns = or_beside(parse::identifiers(&constraint.fk_attrs));
            let referenced = parse::identifiers(&constraint.pk_attrs);
            let form = ConstraintForm::ForeignKey {
                columns: columns.clone(),
                references: parse::relation(constraint.pktable.as_ref()?, scope),
                referenced_columns: Some(referenced).filter(|columns| !columns.is_empty()),
                on_update: action(&constraint.fk_upd_action),
                on_delete: action(&constraint.fk_del_action),
            };
            (form, columns)
        }
        ConstrType::ConstrCheck => {
            let columns = constraint
                .raw_expr
                .as_deref()
                .and_then(|expression| expression::columns(expression, &place.relation.name));
            let named: Vec<Identifier> = columns.iter().flatten().cloned().collect();
            let name_parts = if named.len() == 1 { named } else { Vec::new() };
            let expression = constraint.raw_expr.as_deref().and_then(|e| expression::definition(e, scope));
            (ConstraintForm::Check { columns, expression }, name_parts)
        }
        ConstrType::ConstrExclusion => {
            let names =
                constraint.exclusions.iter().filter_map(excluded).map(|(e, _)| super::index::column_name(e));
            (ConstraintForm::Exclusion(exclusion(constraint, scope)), generated_name::index_columns(names))
        }
        _ => return None,
    })
}

/// Only CHECK and FOREIGN KEY can be NOT ENFORCED; the parser leaves the flag false on the others.
fn not_false(is_enforced: bool, constraint: &protobuf::Constraint) -> bool {
    let can_be = matches!(constraint.contype(), ConstrType::ConstrCheck | ConstrType::ConstrForeign);
    is_enforced || !can_be
}

/// The elements of EXCLUDE with their operators; the method is `gist` where none is named.
fn exclusion(constraint: &protobuf::Constraint, scope: &Scope) -> Option<Exclusion> {
    let elements = constraint.exclusions.iter().map(|pair| {
        let (element, operator) = excluded(pair)?;
        Some((super::index::key(element, scope), PartialName::written(&parse::strings(operator))?))
    });
    let method = if constraint.access_method.is_empty() { "gist" } else { &constraint.access_method };
    Some(Exclusion {
        method: Identifier::new(method),
        elements: elements.collect::<Option<_>>()?,
        predicate: expression::clause(constraint.where_clause.as_deref(), scope),
    })
}

/// One `element WITH operator` pair.
fn excluded(pair: &protobuf::Node) -> Option<(&protobuf::IndexElem, &[protobuf::Node])> {
    let Some(NodeEnum::List(pair)) = &pair.node else { return None };
    let [element, operator] = pair.items.as_slice() else { return None };
    match (&element.node, &operator.node) {
        (Some(NodeEnum::IndexElem(element)), Some(NodeEnum::List(operator))) => {
            Some((element, &operator.items))
        }
        _ => None,
    }
}

/// `FKCONSTR_ACTION_*` in PostgreSQL's `parsenodes.h`: the letters of the catalog.
fn action(code: &str) -> ReferentialAction {
    ReferentialAction::of(code).unwrap_or(ReferentialAction::NoAction)
}
