use serde_json::{Value, json};

use super::*;
use crate::core::audit::finding::State;
use crate::core::component::ComponentId;
use crate::core::name::QualifiedName;
use crate::report::sample;

fn value(report: &Report, options: Options) -> Value {
    serde_json::from_str(&render(report, options).unwrap()).unwrap()
}

fn everything() -> Value {
    value(&sample::everything(), Options::default())
}

#[test]
fn the_old_tools_expressions_work_as_they_stand() {
    let document = everything();
    // jq '.missing.tables'
    assert_eq!(document["missing"]["tables"], json!(["email_accounts"]));
    // jq '{tables: .tables.count, missing: (.missing.tables|length)}'
    assert_eq!(document["tables"]["count"], json!(1));
    assert_eq!(document["tables"]["required"], json!(2));
    assert_eq!(document["missing"]["functions"], json!(["total(bigint)"]));
    assert_eq!(document["missing"]["columns"], json!(["email_accounts.owner", "email_accounts.address"]));
}

#[test]
fn every_kind_has_its_counts_and_its_list_even_if_nothing_of_it_is_required() {
    let document = value(&Report::default(), Options::default());
    for kind in Kind::ALL {
        assert_eq!(document[kind.plural()]["count"], json!(0), "{kind}");
        assert_eq!(document["missing"][kind.plural()], json!([]), "{kind}");
    }
}

#[test]
fn a_difference_is_told_in_parts_and_joined() {
    let document = everything();
    let findings = document["findings"].as_array().unwrap();
    let different = findings.iter().find(|finding| finding["state"] == "Different").unwrap();
    assert_eq!(
        different,
        &json!({
            "component": "column/public.leads.score",
            "kind": "column",
            "feature": "core",
            "features": [{"set": "sales-flow", "name": "core"}],
            "state": "Different",
            "expected": "type: integer; not null: true",
            "actual": "type: bigint; not null: false",
            "differences": [
                {"part": "type", "expected": "integer", "actual": "bigint"},
                {"part": "not null", "expected": "true", "actual": "false"},
            ],
            "reason": null,
            "becauseOf": null,
            "hint": null,
            "notCompared": [],
            "source": "core.sql",
            "line": 61,
        })
    );
}

#[test]
fn problems_and_statements_that_are_not_modelled_are_apart() {
    let document = everything();
    assert_eq!(document["compliant"], json!(false));
    assert_eq!(
        document["problems"],
        json!([{"set": "sales-flow", "feature": "core", "source": "core.sql", "line": 12,
            "message": "syntax error at or near \"tabel\""}])
    );
    assert_eq!(document["notModelled"][0]["line"], json!(30));
}

#[test]
fn present_components_are_left_out_unless_asked_for() {
    let count = |include_present| {
        let document = value(&sample::everything(), Options { include_present });
        document["findings"].as_array().unwrap().len()
    };
    assert_eq!((count(false), count(true)), (6, 8));
}

#[test]
fn findings_are_never_truncated() {
    let name = |number| {
        ComponentId::in_schema(Kind::Table, QualifiedName::new("public", format!("t{number}").as_str()))
    };
    let findings = (0..1000).map(|number| sample::finding("core", State::Missing, name(number), 0)).collect();
    let document = value(&sample::report(findings), Options::default());
    assert_eq!(document["findings"].as_array().unwrap().len(), 1000);
    assert_eq!(document["missing"]["tables"].as_array().unwrap().len(), 1000);
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let text = || render(&sample::everything(), Options { include_present: true }).unwrap();
    assert_eq!(text(), text());
    assert!(
        text().starts_with("{\n  \"apiVersion\": \"schemaaudit.dev/report/v1\",\n  \"kind\": \"Report\",\n")
    );
    assert!(text().ends_with("}\n"));
}

/// The generated schema names exactly the keys that the document has, at every level that the sample reaches.
#[test]
fn the_schema_describes_the_document() {
    let schema = schema().to_value();
    check(&schema, &schema, &value(&sample::everything(), Options { include_present: true }), "$");
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(object) => {
            let properties =
                schema["properties"].as_object().unwrap_or_else(|| panic!("{path}: no properties"));
            let sorted =
                |keys: Vec<&String>| keys.into_iter().cloned().collect::<std::collections::BTreeSet<_>>();
            assert_eq!(sorted(object.keys().collect()), sorted(properties.keys().collect()), "{path}");
            for (key, value) in object {
                check(root, &properties[key], value, &format!("{path}.{key}"));
            }
        }
        Value::Array(items) => {
            for item in items {
                check(root, &schema["items"], item, &format!("{path}[]"));
            }
        }
        Value::String(text) => {
            if let Some(names) = schema.get("enum") {
                assert!(names.as_array().unwrap().contains(&json!(text)), "{path}: {text}");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
