//! CREATE SEQUENCE and ALTER SEQUENCE.

use pg_query::NodeEnum;
use pg_query::protobuf::{self, Node};

use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::sequence::Sequence;
use crate::core::kind::table::Persistence;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{Effect, IfExists, Scope, SequenceOf, SequenceOptions};
use crate::core::sql::parse;
use crate::core::type_name::TypeName;

/// The sequence; a temporary one is none of the schema's.
#[must_use]
pub fn effects(statement: &protobuf::CreateSeqStmt, scope: &Scope) -> Vec<Effect> {
    let Some(sequence) = statement.sequence.as_ref().filter(|sequence| sequence.relpersistence != "t") else {
        return Vec::new();
    };
    let name = parse::new_relation(sequence, scope);
    // A sequence that SQL does not make unlogged may become so with the table of its column.
    let persistence = (sequence.relpersistence == "u").then_some(Persistence::Unlogged);
    let shape = Sequence { persistence, ..shape(&TypeName::built_in("int8"), &statement.options) }.into();
    let if_exists = if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse };
    let id = ComponentId::in_schema(Kind::Sequence, name.clone());
    vec![match owned_by(&name, &statement.options, scope) {
        Some(tie) => Effect::CreateWith { id, shape, if_exists, parts: vec![tie] },
        None => Effect::Create { id, shape, if_exists },
    }]
}

/// OWNED BY, if it is among the options: the sequence goes with its table or column from then on.
fn owned_by(sequence: &QualifiedName, options: &[Node], scope: &Scope) -> Option<Effect> {
    let (_, owner) = options.iter().filter_map(option).find(|(name, _)| *name == "owned_by")?;
    let Some(NodeEnum::List(owner)) = owner.and_then(|owner| owner.node.as_ref()) else { return None };
    let owner = match parse::strings(&owner.items).as_slice() {
        [table, column] => Some((scope.relation("", table), Identifier::new(column))),
        [schema, table, column] => Some((scope.resolve(schema, table), Identifier::new(column))),
        _ => None,
    };
    Some(Effect::OwnSequence { sequence: sequence.clone(), owner })
}

/// OWNED BY ties the sequence to a column, RESTART changes nothing that is audited; the other options change the shape.
#[must_use]
pub fn alter(statement: &protobuf::AlterSeqStmt, scope: &Scope) -> Vec<Effect> {
    let Some(sequence) = statement.sequence.as_ref() else { return Vec::new() };
    let name = parse::relation(sequence, scope);
    let options = options(&statement.options);
    let change = (options != SequenceOptions::default())
        .then(|| Effect::ChangeSequence { sequence: SequenceOf::Name(name.clone()), options });
    let effects: Vec<Effect> = change.into_iter().chain(owned_by(&name, &statement.options, scope)).collect();
    if statement.missing_ok && !effects.is_empty() {
        return vec![Effect::IfThere { relation: name, effects }];
    }
    effects
}

/// What the options of ALTER SEQUENCE, or of an identity column's SET, say.
#[must_use]
pub fn options(nodes: &[Node]) -> SequenceOptions {
    let mut options = SequenceOptions::default();
    for (name, argument) in nodes.iter().filter_map(option) {
        match (name, argument.and_then(|argument| argument.node.as_ref())) {
            ("as", Some(NodeEnum::TypeName(name))) => options.data_type = parse::type_name(name),
            ("cycle", Some(NodeEnum::Boolean(value))) => options.cycle = Some(value.boolval),
            ("start", Some(value)) => options.start = number(value),
            ("increment", Some(value)) => options.increment = number(value),
            ("minvalue", value) => options.minimum = Some(value.and_then(number)),
            ("maxvalue", value) => options.maximum = Some(value.and_then(number)),
            ("cache", Some(value)) => options.cache = number(value),
            _ => {}
        }
    }
    options
}

/// The shape that the options of CREATE SEQUENCE, or of an identity column, make, with PostgreSQL's defaults filled in
/// (`init_params` in its `sequence.c`). `data_type` is the type where the options name none: bigint, or the type of
/// the column that the sequence is for.
#[must_use]
pub fn shape(data_type: &TypeName, options: &[Node]) -> Sequence {
    let mut data_type = data_type.clone();
    let (mut start, mut increment, mut minimum, mut maximum) = (None, 1, None, None);
    let (mut cache, mut cycle) = (1, false);
    for (name, argument) in options.iter().filter_map(option) {
        match (name, argument.and_then(|argument| argument.node.as_ref())) {
            ("as", Some(NodeEnum::TypeName(name))) => {
                data_type = parse::type_name(name).unwrap_or(data_type);
            }
            ("cycle", Some(NodeEnum::Boolean(value))) => cycle = value.boolval,
            ("start", Some(value)) => start = number(value),
            ("increment", Some(value)) => increment = number(value).unwrap_or(1),
            ("minvalue", Some(value)) => minimum = number(value),
            ("maxvalue", Some(value)) => maximum = number(value),
            ("cache", Some(value)) => cache = number(value).unwrap_or(1),
            _ => {}
        }
    }
    let (lowest, highest) = bounds(&data_type);
    let minimum = minimum.unwrap_or(if increment < 0 { lowest } else { 1 });
    let maximum = maximum.unwrap_or(if increment < 0 { -1 } else { highest });
    Sequence {
        data_type: Some(data_type),
        start: Some(start.unwrap_or(if increment < 0 { maximum } else { minimum })),
        increment: Some(increment),
        minimum: Some(minimum),
        maximum: Some(maximum),
        cache: Some(cache),
        cycle: Some(cycle),
        owner: None,
        owner_column: None,
        persistence: None,
    }
}

/// Name and argument of an option; NO MINVALUE and NO MAXVALUE have none.
fn option(node: &Node) -> Option<(&str, Option<&Node>)> {
    match node.node.as_ref()? {
        NodeEnum::DefElem(element) => Some((element.defname.as_str(), element.arg.as_deref())),
        _ => None,
    }
}

/// A whole number; those that need more than 32 bits travel as text.
fn number(value: &NodeEnum) -> Option<i64> {
    match value {
        NodeEnum::Integer(number) => Some(i64::from(number.ival)),
        NodeEnum::Float(number) => number.fval.parse().ok(),
        _ => None,
    }
}

/// The least and the greatest value of an integer type.
#[must_use]
pub fn bounds(data_type: &TypeName) -> (i64, i64) {
    match data_type.name.as_str() {
        "int2" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "int4" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::sql::effect::tests::{created, of};

    /// Type, start, increment, minimum, maximum, cache, cycle.
    fn shown(sql: &str) -> String {
        let crate::core::kind::Shape::Sequence(shape) = created(sql).1 else { panic!("no sequence: {sql}") };
        let Sequence { data_type, start, increment, minimum, maximum, cache, cycle, .. } = *shape;
        let data_type = data_type.unwrap();
        let numbers: Vec<String> = [start, increment, minimum, maximum, cache]
            .into_iter()
            .map(|number| number.unwrap().to_string())
            .collect();
        format!("{data_type} {} {}", numbers.join(" "), cycle.unwrap())
    }

    /// The right-hand sides are rows of `pg_sequence` of a server (15) that ran the left-hand ones.
    #[test]
    fn defaults_are_filled_in_as_the_catalog_shows_them() {
        for (sql, row) in [
            ("create sequence s", "bigint 1 1 1 9223372036854775807 1 false"),
            ("create sequence s as smallint", "smallint 1 1 1 32767 1 false"),
            ("create sequence s as int increment -1", "integer -1 -1 -2147483648 -1 1 false"),
            ("create sequence s increment by -2 maxvalue 10", "bigint 10 -2 -9223372036854775808 10 1 false"),
            ("create sequence s minvalue 5 no maxvalue", "bigint 5 1 5 9223372036854775807 1 false"),
            (
                "create sequence s start with 7 minvalue -3 maxvalue 99 cache 20 cycle",
                "bigint 7 1 -3 99 20 true",
            ),
            ("create sequence s maxvalue 99999999999 no cycle", "bigint 1 1 1 99999999999 1 false"),
        ] {
            assert_eq!(shown(sql), row, "{sql}");
        }
    }

    #[test]
    fn an_alter_says_only_what_it_changes() {
        let owner = Some((QualifiedName::new("public", "t"), "c".into()));
        let sequence = QualifiedName::new("public", "s");
        assert_eq!(of("alter sequence s owned by t.c"), [Effect::OwnSequence { sequence, owner }]);
        assert_eq!(of("alter sequence s restart"), []);
        let options =
            SequenceOptions { increment: Some(5), maximum: Some(None), ..SequenceOptions::default() };
        let sequence = SequenceOf::Name(QualifiedName::new("crm", "s"));
        assert_eq!(
            of("alter sequence crm.s increment 5 no maxvalue restart"),
            [Effect::ChangeSequence { sequence, options }]
        );
    }
}
