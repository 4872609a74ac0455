//! Who gets at what: row-level security, and functions that run with the rights of their owner.

use serde::Deserialize;

use super::{Check, Found, RestsOn, Severity, Verdict, object, read, sql_identifier, sql_name};
use crate::core::diagnose::facts::Facts;
use crate::core::kind::list;
use crate::core::name::Identifier;

pub(super) const POLICY_WITHOUT_RLS: Check = Check {
    name: "policy-without-rls",
    title: "Policies without row-level security",
    severity: Severity::Warning,
    when: "A table has policies, and its row-level security is off.",
    why: "The policies have no effect: whoever may read the table reads every row.",
    advice: "Enable row-level security, or drop the policies.",
    query: include_str!("policy_without_rls.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: policy_without_rls,
};

pub(super) const RLS_WITHOUT_POLICY: Check = Check {
    name: "rls-without-policy",
    title: "Row-level security without a policy",
    severity: Severity::Warning,
    when: "A table has row-level security, and no policy.",
    why: "Nobody but its owner, superusers and roles with BYPASSRLS sees a row: applications find the table empty.",
    advice: "Create the policies that are missing, or leave it so where only the owner is to use the table.",
    query: include_str!("rls_without_policy.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: rls_without_policy,
};

pub(super) const SECURITY_DEFINER: Check = Check {
    name: "security-definer-without-search-path",
    title: "SECURITY DEFINER without a search_path of its own",
    severity: Severity::Warning,
    when: "A SECURITY DEFINER function or procedure sets no search_path. Those in C, and those with a body of the SQL \
           standard, are left out.",
    why: "The caller's search_path decides what the names in its body mean, so a caller may make it run his own \
          functions and operators with the rights of its owner.",
    advice: "Pin the search_path to the schemas that it uses, pg_temp last.",
    query: include_str!("security_definer_search_path.sql"),
    apart: false,
    rests_on: RestsOn::Catalog,
    judge: security_definer,
};

#[derive(Deserialize)]
struct PoliciesRow {
    schema: String,
    table: String,
    policies: Vec<String>,
}

fn policy_without_rls(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let PoliciesRow { schema, table, policies } = read(row)?;
    let names: Vec<Identifier> = policies.iter().map(|policy| Identifier::new(policy)).collect();
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object: object("table", &schema, &table),
        what: format!("row-level security is off, so its policies {} have no effect", list(&names)),
        remedy: vec![format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", sql_name(&schema, &table))],
    }))
}

#[derive(Deserialize)]
struct SecuredRow {
    schema: String,
    table: String,
    forced: bool,
}

fn rls_without_policy(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let SecuredRow { schema, table, forced } = read(row)?;
    let but = if forced {
        "superusers and roles with BYPASSRLS"
    } else {
        "its owner, superusers and roles with BYPASSRLS"
    };
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object: object("table", &schema, &table),
        what: format!("row-level security is on and there is no policy: only {but} see a row"),
        remedy: vec![format!("CREATE POLICY ... ON {} USING (...);", sql_name(&schema, &table))],
    }))
}

#[derive(Deserialize)]
struct RoutineRow {
    schema: String,
    name: String,
    procedure: bool,
    /// As `format_type` prints them under the pinned path: SQL takes them as they are.
    arguments: Vec<String>,
}

fn security_definer(row: &str, _: &Facts) -> Result<Verdict, serde_json::Error> {
    let RoutineRow { schema, name, procedure, arguments } = read(row)?;
    let arguments = arguments.join(", ");
    let kind = if procedure { "PROCEDURE" } else { "FUNCTION" };
    Ok(Verdict::Found(Found {
        severity: Severity::Warning,
        object: format!("{}({arguments})", object("function", &schema, &name)),
        what: "it runs with the rights of its owner and the search_path of its caller".to_owned(),
        remedy: vec![format!(
            "ALTER {kind} {}({arguments}) SET search_path = pg_catalog, {}, pg_temp;",
            sql_name(&schema, &name),
            sql_identifier(&schema)
        )],
    }))
}
