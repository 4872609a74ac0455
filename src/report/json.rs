//! The report as a JSON document: `schemaaudit.dev/report/v1`, described for readers in `docs/report-format.md` and for
//! programs in `docs/report.schema.json`, which is generated from the types below.
//!
//! It is never truncated, holds no time (the same database and documents give the same bytes) and no secret. Within
//! `v1` keys are only added. Every key is always there: what has nothing to say is `null` or an empty list.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::core::audit::finding::{Details, Finding, State};
use crate::core::audit::report::{self, Counts, FeatureResult, FeatureState, Report};
use crate::core::audit::requirement::FeatureRef;
use crate::core::kind::{self, Kind};
use crate::core::name::Identifier;
use crate::core::problem::{Position, Severity};
use crate::core::server;

/// The version of the format.
pub const API_VERSION: &str = "schemaaudit.dev/report/v1";

/// What goes into the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Lists the components that are there among the findings too.
    pub include_present: bool,
}

/// The document of a report.
#[must_use]
pub fn document(report: &Report, options: Options) -> Document<'_> {
    // A part of the report that is added later must be considered here.
    let Report {
        server,
        default_schema,
        findings,
        summary,
        kinds,
        features,
        problems,
        coverage,
        definitions,
    } = report;
    let counts_of =
        |kind| kinds.iter().find(|(of, _)| *of == kind).map(|(_, counts)| *counts).unwrap_or_default();
    let names = |kind| {
        let missing = findings
            .iter()
            .filter(|finding| finding.state == State::Missing && finding.component.kind == kind);
        missing.map(|finding| super::short_name(&finding.component, default_schema.as_ref())).collect()
    };
    let problems_of = |severity| {
        problems.iter().filter(|problem| problem.severity == severity).map(problem_entry).collect()
    };
    Document {
        api_version: API_VERSION,
        kind: "Report",
        compliant: report.is_compliant(),
        server: server_entry(server),
        default_schema: default_schema.as_ref().map(Identifier::as_str),
        summary: summary_entry(*summary),
        coverage: coverage_entry(*coverage, definitions),
        kinds: PerKind(Kind::ALL.iter().map(|kind| (*kind, kind_entry(counts_of(*kind)))).collect()),
        missing: PerKind(Kind::ALL.iter().map(|kind| (*kind, names(*kind))).collect()),
        features: features.iter().map(feature_entry).collect(),
        findings: findings
            .iter()
            .filter(|finding| options.include_present || finding.state != State::Present)
            .map(finding_entry)
            .collect(),
        problems: problems_of(Severity::Error),
        not_modelled: problems_of(Severity::NotModelled),
    }
}

/// The document as text, indented, with a line break at its end.
pub fn render(report: &Report, options: Options) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string_pretty(&document(report, options))?;
    Ok(super::printable::json(&text).into_owned() + "\n")
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> Schema {
    schemars::schema_for!(Document<'static>)
}

/// The report of one audit of one database.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Report", title = "schema-audit report")]
pub struct Document<'a> {
    /// The version of this format: `schemaaudit.dev/report/v1`.
    api_version: &'static str,
    /// Always `Report`.
    kind: &'static str,
    /// Whether the database was seen to carry all that is required, and all documents could be read.
    compliant: bool,
    /// The server and the database that answered.
    server: Server<'a>,
    /// The schema that unqualified names mean. Names in `missing` are without it.
    default_schema: Option<&'a str>,
    /// The counts of all required components.
    summary: Summary,
    /// How much of the declared shapes was compared.
    coverage: Coverage<'a>,
    /// For each kind of component, under its plural (`tables`, `materialized_views`), the counts.
    #[serde(flatten)]
    kinds: PerKind<KindCounts>,
    /// For each kind of component, under its plural, the names of the missing ones. Without their schema where that
    /// is the default one; functions with the types of their arguments.
    missing: PerKind<Vec<String>>,
    /// The wanted features in their order, with what they depend on.
    features: Vec<Feature<'a>>,
    /// The verdicts, worst first; without the present components unless they are asked for. Never truncated.
    findings: Vec<Entry<'a>>,
    /// The parts of the documents that could not be read. While there is one, `compliant` is false.
    problems: Vec<Problem<'a>>,
    /// The statements that this version does not model: what they make is not audited.
    not_modelled: Vec<Problem<'a>>,
}

/// The server and the database that answered.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Server<'a> {
    /// The version as the server prints it: `15.18`.
    version: &'a str,
    /// The name of the database.
    database: &'a str,
    /// Whether it is a standby.
    in_recovery: bool,
    /// The identifier of the cluster, where the role may read it.
    system_identifier: Option<&'a str>,
}

/// The counts of all required components.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// All that is required.
    required: usize,
    /// There, as declared as far as that was compared.
    present: usize,
    /// Not there.
    missing: usize,
    /// There, with another shape.
    different: usize,
    /// There, but changed since it was last accepted.
    drifted: usize,
    /// Not seen or not decided.
    unknown: usize,
}

/// How much of the declared shapes was compared.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Coverage<'a> {
    /// Components that are there and whose whole declared shape was compared.
    compared: usize,
    /// Components that are there and of which a part was not compared.
    not_compared: usize,
    /// Statements that this version does not model.
    not_modelled: usize,
    /// The definitions (expressions of defaults, checks, indexes, policies and triggers; bodies of views) of what is
    /// there.
    definitions: Definitions<'a>,
}

/// How many definitions were compared, by asking the server whether they mean what is declared.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Definitions<'a> {
    /// Definitions that were compared.
    compared: usize,
    /// Definitions that were not.
    not_compared: usize,
    /// Why not, in groups, the largest first.
    reasons: Vec<Uncompared<'a>>,
}

/// Definitions that were not compared for one reason.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Uncompared<'a> {
    /// The reason, without the details that differ from one to the other.
    reason: &'a str,
    /// How many.
    count: usize,
}

/// The counts of one kind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct KindCounts {
    /// How many are there, as declared as far as that was compared.
    count: usize,
    /// How many are required.
    required: usize,
    /// How many are not there.
    missing: usize,
    /// How many have another shape.
    different: usize,
    /// How many changed since they were last accepted.
    drifted: usize,
    /// How many could not be seen or decided.
    unknown: usize,
}

/// One feature with the counts of its components. What several features need counts in each.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Feature<'a> {
    /// The feature set.
    set: &'a str,
    /// The feature.
    name: &'a str,
    /// `Complete`: all of it is there. `Partial`: some is missing or different. `Absent`: none of it is there.
    /// `Unknown`: nothing is known to be missing or different, but something could not be seen or decided.
    state: FeatureStateName,
    /// The counts.
    #[serde(flatten)]
    counts: Summary,
}

/// The state of a feature.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
enum FeatureStateName {
    Complete,
    Partial,
    Absent,
    Unknown,
}

/// The verdict on one required component.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Finding")]
struct Entry<'a> {
    /// Kind and full name: `table/public.users`, `column/public.users.email`, `function/public.total(bigint)`.
    component: String,
    /// The kind: `table`, `materialized_view`.
    kind: KindName,
    /// The first feature that needs it.
    feature: &'a str,
    /// All features that need it.
    features: Vec<FeatureName<'a>>,
    /// `Missing`: the database was read, and it is not there. `Different`: it has another shape. `Drifted`: it
    /// changed since it was last accepted. `Unknown`: it could not be seen or decided. `Present`: it is there.
    state: StateName,
    /// What is declared, where it differs: `type: integer; not null: true`.
    expected: Option<String>,
    /// What the database holds there instead.
    actual: Option<String>,
    /// The same, part by part.
    differences: Vec<Difference<'a>>,
    /// Why, where there is more to say than the state: always for `Unknown`.
    reason: Option<&'a str>,
    /// The component whose absence explains this one: the missing table of a column.
    because_of: Option<String>,
    /// What it may come from, where something speaks for it: a likely new name, another schema, a statement that puts it
    /// right. Never a verdict.
    hint: Option<&'a str>,
    /// The parts that could not be compared; the verdict says nothing about them.
    not_compared: Vec<NotCompared<'a>>,
    /// The file (or ConfigMap and key) with the statement that declares it; null for a requirement by name.
    source: Option<&'a str>,
    /// The line of that statement, from 1.
    line: Option<u32>,
}

/// A part that was not compared.
#[derive(Debug, Serialize, JsonSchema)]
struct NotCompared<'a> {
    /// The part: `default`, `definition`.
    part: &'a str,
    /// Why, where the server was asked.
    reason: Option<&'a str>,
}

/// A feature of a set.
#[derive(Debug, Serialize, JsonSchema)]
struct FeatureName<'a> {
    /// The feature set.
    set: &'a str,
    /// The feature.
    name: &'a str,
}

/// The state of a component.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
enum StateName {
    Missing,
    Different,
    Drifted,
    Unknown,
    Present,
}

/// One part of a component that is not as declared.
#[derive(Debug, Serialize, JsonSchema)]
struct Difference<'a> {
    /// The part: `type`, `not null`, `columns`.
    part: &'static str,
    /// What is declared.
    expected: &'a str,
    /// What the database holds.
    actual: &'a str,
}

/// A part of a document that could not be read, or is not modelled.
#[derive(Debug, Serialize, JsonSchema)]
struct Problem<'a> {
    /// The feature set.
    set: &'a str,
    /// The feature, where it belongs to one.
    feature: Option<&'a str>,
    /// The file (or ConfigMap and key), where it is about SQL.
    source: Option<&'a str>,
    /// The line, from 1.
    line: Option<u32>,
    /// What is wrong and what to do.
    message: &'a str,
}

/// The name of a kind in the document.
#[derive(Debug)]
struct KindName(Kind);

impl Serialize for KindName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl JsonSchema for KindName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.id()).collect();
        json_schema!({"type": "string", "enum": names})
    }
}

/// A value for every kind, under the kind's plural and in the order of kinds.
#[derive(Debug)]
struct PerKind<T>(Vec<(Kind, T)>);

impl<T: Serialize> Serialize for PerKind<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (kind, value) in &self.0 {
            map.serialize_entry(kind.plural(), value)?;
        }
        map.end()
    }
}

impl<T: JsonSchema> JsonSchema for PerKind<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("PerKindOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let properties: serde_json::Map<String, serde_json::Value> =
            Kind::ALL.iter().map(|kind| (kind.plural().to_owned(), value.clone().to_value())).collect();
        let required: Vec<&str> = Kind::ALL.iter().map(|kind| kind.plural()).collect();
        json_schema!({"type": "object", "properties": properties, "required": required})
    }
}

fn server_entry(server: &server::Server) -> Server<'_> {
    let server::Server { version, in_recovery, system_identifier, database } = server;
    Server { version, database, in_recovery: *in_recovery, system_identifier: system_identifier.as_deref() }
}

fn summary_entry(counts: Counts) -> Summary {
    let Counts { required, present, missing, different, drifted, unknown } = counts;
    Summary { required, present, missing, different, drifted, unknown }
}

fn kind_entry(counts: Counts) -> KindCounts {
    let Counts { required, present, missing, different, drifted, unknown } = counts;
    KindCounts { count: present, required, missing, different, drifted, unknown }
}

fn coverage_entry(coverage: report::Coverage, definitions: &report::DefinitionCoverage) -> Coverage<'_> {
    let report::Coverage { compared, not_compared, not_modelled } = coverage;
    Coverage { compared, not_compared, not_modelled, definitions: definitions_entry(definitions) }
}

fn definitions_entry(definitions: &report::DefinitionCoverage) -> Definitions<'_> {
    let report::DefinitionCoverage { compared, not_compared, reasons } = definitions;
    Definitions {
        compared: *compared,
        not_compared: *not_compared,
        reasons: reasons.iter().map(|(reason, count)| Uncompared { reason, count: *count }).collect(),
    }
}

fn feature_entry(result: &FeatureResult) -> Feature<'_> {
    let FeatureResult { feature: FeatureRef { set, name }, state, counts } = result;
    let state = match state {
        FeatureState::Complete => FeatureStateName::Complete,
        FeatureState::Partial => FeatureStateName::Partial,
        FeatureState::Absent => FeatureStateName::Absent,
        FeatureState::Unknown => FeatureStateName::Unknown,
    };
    Feature { set, name, state, counts: summary_entry(*counts) }
}

fn finding_entry(finding: &Finding) -> Entry<'_> {
    let Finding { component, features, state, position, .. } = finding;
    let Details {
        reason,
        differences,
        because_of,
        not_compared,
        hint,
        definitions_unseen: _,
        definitions_not_compared: _,
    } = &**finding;
    Entry {
        component: component.to_string(),
        kind: KindName(component.kind),
        feature: features.first().map_or("", |feature| &feature.name),
        features: features
            .iter()
            .map(|feature| FeatureName { set: &feature.set, name: &feature.name })
            .collect(),
        state: match state {
            State::Missing => StateName::Missing,
            State::Different => StateName::Different,
            State::Drifted => StateName::Drifted,
            State::Unknown => StateName::Unknown,
            State::Present => StateName::Present,
        },
        expected: super::joined(finding, |difference| &difference.expected),
        actual: super::joined(finding, |difference| &difference.actual),
        differences: differences
            .iter()
            .map(|kind::Difference { part, expected, actual }| Difference { part, expected, actual })
            .collect(),
        reason: reason.as_deref(),
        because_of: because_of.as_ref().map(ToString::to_string),
        hint: hint.as_deref(),
        not_compared: not_compared
            .iter()
            .map(|kind::NotCompared { part, reason }| NotCompared { part, reason: reason.as_deref() })
            .collect(),
        source: position.as_ref().map(|Position { source, .. }| source.as_ref()),
        line: position.as_ref().map(|Position { line, .. }| *line),
    }
}

fn problem_entry(problem: &crate::core::problem::Problem) -> Problem<'_> {
    let crate::core::problem::Problem { severity: _, set, feature, position, message } = problem;
    Problem {
        set,
        feature: feature.as_deref(),
        source: position.as_ref().map(|position| position.source.as_ref()),
        line: position.as_ref().map(|position| position.line),
        message,
    }
}

#[cfg(test)]
mod tests;
