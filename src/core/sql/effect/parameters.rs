//! `WITH (name = value)` as a statement writes it.

use pg_query::NodeEnum;
use pg_query::protobuf::{DefElem, Node};

use crate::core::kind::parameters::Parameters;
use crate::core::sql::parse;

/// The parameters of a list of options. `oids = false` is still taken, and not kept (`transformRelOptions` in
/// PostgreSQL's `reloptions.c`); `oids = true` is refused.
#[must_use]
pub(super) fn parameters(options: &[Node]) -> Parameters {
    let mut parameters = Parameters::default();
    for option in elements(options).filter(|option| name(option) != "oids") {
        parameters.set(&name(option), &value(option));
    }
    parameters
}

/// The parameters of RESET: none of them is set afterwards.
#[must_use]
pub(super) fn reset(options: &[Node]) -> Parameters {
    let mut parameters = Parameters::default();
    for option in elements(options) {
        parameters.reset(&name(option));
    }
    parameters
}

fn elements(options: &[Node]) -> impl Iterator<Item = &DefElem> {
    options.iter().filter_map(|option| match &option.node {
        Some(NodeEnum::DefElem(element)) => Some(&**element),
        _ => None,
    })
}

/// With its namespace, as `toast.autovacuum_enabled`.
fn name(option: &DefElem) -> String {
    let namespace = if option.defnamespace.is_empty() { "" } else { "." };
    format!("{}{namespace}{}", option.defnamespace, option.defname)
}

/// The text that the server keeps (`defGetString` in PostgreSQL's `define.c`); a bare name is true.
#[must_use]
pub(super) fn value(option: &DefElem) -> String {
    match option.arg.as_deref().and_then(|argument| argument.node.as_ref()) {
        None => "true".to_owned(),
        Some(NodeEnum::Integer(value)) => value.ival.to_string(),
        Some(NodeEnum::Float(value)) => value.fval.clone(),
        Some(NodeEnum::Boolean(value)) => value.boolval.to_string(),
        Some(NodeEnum::String(value)) => value.sval.clone(),
        Some(NodeEnum::TypeName(name)) => parse::strings(&name.names).join("."),
        Some(NodeEnum::List(list)) => parse::strings(&list.items).join("."),
        Some(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::Shape;
    use crate::core::sql::effect::Effect;
    use crate::core::sql::effect::tests::of;

    fn of_table(sql: &str) -> Parameters {
        match &of(sql)[..] {
            [Effect::CreateWith { shape: Shape::Table(table), .. }] => table.parameters.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_are_kept_as_the_server_keeps_them() {
        for (written, kept) in [
            ("fillfactor = 70", "fillfactor=70"),
            ("fillfactor='70'", "fillfactor=70"),
            ("FILLFACTOR=70", "fillfactor=70"),
            ("autovacuum_enabled", "autovacuum_enabled=true"),
            ("autovacuum_enabled = off", "autovacuum_enabled=off"),
            ("autovacuum_enabled = FALSE", "autovacuum_enabled=false"),
            ("autovacuum_vacuum_scale_factor = 0.05", "autovacuum_vacuum_scale_factor=0.05"),
            ("vacuum_index_cleanup = auto", "vacuum_index_cleanup=auto"),
            ("autovacuum_freeze_min_age = 4000000000", "autovacuum_freeze_min_age=4000000000"),
            ("toast.autovacuum_enabled = on", "toast.autovacuum_enabled=on"),
            ("parallel_workers = -1", "parallel_workers=-1"),
            ("fillfactor = 70, oids = false", "fillfactor=70"),
            ("OIDS=FALSE", ""),
        ] {
            assert_eq!(of_table(&format!("create table t (a int) with ({written})")).to_string(), kept);
        }
    }
}
