//! SELECTs that do nothing but look, as far as anything that is audited goes.

use pg_query::{NodeEnum, NodeRef};

use crate::core::sql::parse;

/// Functions of `pg_catalog` that change nothing that is audited; sequences may move, and locks be taken.
const LOOKS: &[&str] = &[
    "abs",
    "age",
    "array_agg",
    "array_append",
    "array_length",
    "array_position",
    "array_to_string",
    "avg",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "ceil",
    "ceiling",
    "char_length",
    "clock_timestamp",
    "coalesce",
    "col_description",
    "concat",
    "concat_ws",
    "count",
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "currval",
    "date_trunc",
    "dense_rank",
    "every",
    "exists",
    "first_value",
    "floor",
    "format",
    "format_type",
    "gen_random_uuid",
    "generate_series",
    "greatest",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_schema_privilege",
    "has_sequence_privilege",
    "has_table_privilege",
    "inet_server_addr",
    "initcap",
    "json_agg",
    "json_array_elements",
    "json_build_object",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_build_object",
    "jsonb_object_keys",
    "jsonb_typeof",
    "lag",
    "last_value",
    "lastval",
    "lead",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "max",
    "md5",
    "min",
    "mod",
    "nextval",
    "now",
    "obj_description",
    "pg_advisory_lock",
    "pg_advisory_unlock",
    "pg_advisory_unlock_all",
    "pg_advisory_xact_lock",
    "pg_backend_pid",
    "pg_clear_attribute_stats",
    "pg_clear_relation_stats",
    "pg_current_xact_id",
    "pg_database_size",
    "pg_function_is_visible",
    "pg_get_constraintdef",
    "pg_get_expr",
    "pg_get_functiondef",
    "pg_get_indexdef",
    "pg_get_ruledef",
    "pg_get_serial_sequence",
    "pg_get_triggerdef",
    "pg_get_userbyid",
    "pg_get_viewdef",
    "pg_has_role",
    "pg_is_in_recovery",
    "pg_notify",
    "pg_postmaster_start_time",
    "pg_restore_attribute_stats",
    "pg_restore_relation_stats",
    "pg_size_pretty",
    "pg_sleep",
    "pg_table_is_visible",
    "pg_try_advisory_lock",
    "pg_try_advisory_xact_lock",
    "pg_type_is_visible",
    "pg_typeof",
    "position",
    "power",
    "quote_ident",
    "quote_literal",
    "quote_nullable",
    "random",
    "rank",
    "regexp_replace",
    "replace",
    "right",
    "round",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "setval",
    "shobj_description",
    "split_part",
    "sqrt",
    "statement_timestamp",
    "string_agg",
    "string_to_array",
    "substring",
    "sum",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_regclass",
    "to_regnamespace",
    "to_regproc",
    "to_regtype",
    "to_timestamp",
    "transaction_timestamp",
    "trim",
    "txid_current",
    "unnest",
    "upper",
    "version",
];

/// Whether a statement is a SELECT, or VALUES, that calls only functions that are known to do nothing.
#[must_use]
pub fn only_looks(statement: &NodeEnum) -> bool {
    if !matches!(statement, NodeEnum::SelectStmt(select) if select.into_clause.is_none()) {
        return false;
    }
    statement.nodes().iter().all(|(node, ..)| match node {
        NodeRef::FuncCall(call) => match parse::strings(&call.funcname).as_slice() {
            [name] | ["pg_catalog", name] => LOOKS.contains(name),
            _ => false,
        },
        NodeRef::InsertStmt(_) | NodeRef::UpdateStmt(_) | NodeRef::DeleteStmt(_) | NodeRef::MergeStmt(_) => {
            false
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use crate::core::sql::effect::tests::of;

    #[test]
    fn a_select_that_only_looks_is_passed_over() {
        for sql in [
            "values (1)",
            "select version(), now()",
            "select count(*) from t where lower(a) = 'x'",
            "select pg_notify('pgrst', 'reload schema')",
            "select pg_catalog.pg_advisory_lock(1)",
            "select setval(pg_get_serial_sequence('t', 'id'), coalesce(max(id), 1)) from t",
            "select * from pg_catalog.pg_restore_relation_stats('version', 180000, 'relname', 't')",
        ] {
            assert_eq!(of(sql), [], "{sql}");
        }
    }

    #[test]
    fn a_function_of_another_schema_may_do_anything() {
        for sql in ["select audit.format('alter table t add a int')", "select count(*), f() from t"] {
            assert_ne!(of(sql), [], "{sql}");
        }
    }
}
