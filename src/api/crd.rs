//! The types as `CustomResourceDefinition` documents: what the derive makes, put right where it cannot.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

use super::{ClusterFeatureSet, FeatureSet, SchemaAudit};

/// A definition that cannot be printed: a mistake in the types, never in any input.
#[derive(Debug, thiserror::Error)]
#[error("the definition of {kind} cannot be printed as YAML: {message}")]
pub struct PrintError {
    kind: String,
    message: String,
}

/// All definitions, each with the name of its file: `schemaaudit.dev_schemaaudits.yaml`.
pub fn crds() -> Result<Vec<(String, String)>, PrintError> {
    [SchemaAudit::crd(), FeatureSet::crd(), ClusterFeatureSet::crd()].into_iter().map(print).collect()
}

/// One definition as a file: its name, and its text.
fn print(definition: CustomResourceDefinition) -> Result<(String, String), PrintError> {
    let spec = &definition.spec;
    let (kind, file) = (spec.names.kind.clone(), format!("{}_{}.yaml", spec.group, spec.names.plural));
    let failed = |message: String| PrintError { kind: kind.clone(), message };
    let mut value = serde_json::to_value(definition).map_err(|error| failed(error.to_string()))?;
    for version in value.pointer_mut("/spec/versions").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
            put_right(schema);
        }
    }
    let yaml = serde_saphyr::to_string(&value).map_err(|error| failed(error.to_string()))?;
    Ok((file, yaml))
}

/// What the derive cannot say.
fn put_right(schema: &mut Value) {
    simplify(schema);
    if let Some(status) = schema.pointer_mut("/properties/status").and_then(Value::as_object_mut) {
        // A new object is "in progress" for kstatus before the operator has seen it.
        status.insert("default".into(), json!({"observedGeneration": -1}));
    }
    if let Some(condition) = schema.pointer_mut("/properties/status/properties/conditions/items/properties") {
        constrain_condition(condition);
    }
}

/// Drops what says nothing or makes a server warn, all the way down: `nullable` (an absent field is absent, and a
/// null where there is a default takes the default), and formats that `OpenAPI` does not know.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&Value::Bool(true)) {
                fields.remove("nullable");
            }
            // One paragraph: the line breaks of a doc comment mean nothing to a reader of `kubectl explain`.
            if let Some(Value::String(description)) = fields.get_mut("description") {
                *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            fields.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// The bounds that controller-gen gives to `metav1.Condition` and its Rust type lacks.
fn constrain_condition(properties: &mut Value) {
    let bounds = json!({
        "type": {
            "maxLength": 316,
            "pattern": r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        },
        "status": {"enum": ["True", "False", "Unknown"]},
        "reason": {
            "minLength": 1,
            "maxLength": 1024,
            "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        },
        "message": {"maxLength": 32768},
        "observedGeneration": {"minimum": 0},
    });
    for (name, bounds) in bounds.as_object().into_iter().flatten() {
        let property = properties.get_mut(name).and_then(Value::as_object_mut);
        if let Some((property, bounds)) = property.zip(bounds.as_object()) {
            property.extend(bounds.clone());
        }
    }
}
