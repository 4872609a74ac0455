//! From rows to features, without a server. That the SQL is right is tested on real ones (`tests/cli/generate.rs`).

use serde_json::{Value, json};

use super::*;

/// The position of a query.
fn position(subject: Subject) -> usize {
    QUERIES.iter().position(|(of, _)| *of == subject).unwrap()
}

fn collector(rows: &[(Subject, Value)]) -> Collector {
    let mut collector = Collector::default();
    for (subject, row) in rows {
        collector.row(position(*subject), &row.to_string()).unwrap();
    }
    collector
}

fn column(name: &str, data_type: &str) -> Value {
    json!({
        "name": name, "quoted": name, "type": data_type, "collation": null, "not_null": false, "default_oid": null,
        "default": null, "generated": "", "expression": null, "identity": "", "sequence": null, "storage": null,
        "compression": null, "is_local": true, "inherited": null,
    })
}

fn table(oid: u32, schema: &str, name: &str, columns: &[Value], constraints: &[Value]) -> (Subject, Value) {
    let row = json!({
        "oid": oid, "schema": schema, "name": name, "qualified": format!("{schema}.{name}"), "unlogged": false,
        "bound": null, "partition_key": null, "row_security": false, "force_row_security": false, "replica_identity": "d", "options": null,
        "of_type": null, "access_method": null, "parents": null, "columns": columns, "constraints": constraints,
    });
    (Subject::Table, row)
}

fn plain(oid: u32, schema: &str, name: &str) -> (Subject, Value) {
    table(oid, schema, name, &[column("id", "integer")], &[])
}

fn foreign_key(oid: u32, name: &str, on: &str) -> [Value; 1] {
    let definition = format!("FOREIGN KEY (id) REFERENCES {on}(id)");
    [json!({ "oid": oid, "name": name, "quoted": name, "form": "f", "definition": definition })]
}

fn needs(class: &str, oid: u32, on_class: &str, on: u32) -> (Subject, Value) {
    (Subject::Depend, json!({ "class": class, "oid": oid, "on_class": on_class, "on": on }))
}

fn function(oid: u32, name: &str) -> (Subject, Value) {
    let row = json!({
        "oid": oid, "schema": "public", "name": name, "signature": format!("public.{name}()"), "form": "f",
        "language": "plpgsql", "definition": format!("CREATE FUNCTION public.{name}()\n"),
    });
    (Subject::Function, row)
}

fn made(rows: &[(Subject, Value)], options: &Options) -> Generated {
    let collected = collector(rows).collected(options);
    assert_eq!(collected.outside(), []);
    collected.generate(&[], options).unwrap()
}

fn sql(generated: &Generated) -> String {
    let sources = generated.set.features.iter().flat_map(|feature| &feature.sources);
    sources.map(|source| source.text.to_string()).collect()
}

/// The names of the features, each with those that it depends on.
fn told(generated: &Generated) -> Vec<String> {
    let features = generated.set.features.iter();
    features.map(|feature| format!("{} <- {}", feature.name, feature.depends_on.join(" "))).collect()
}

#[test]
fn s4_every_name_of_a_query_is_qualified() {
    for (_, query) in QUERIES {
        assert!(query.starts_with("-- ") && query.contains("PostgreSQL 12 to 18."), "{query}");
        // A backslash in a text of its own syntax means the same whatever the settings are.
        let plain = query.replace("E'\\n", "E'").replace("\\n", "");
        assert!(query.contains("order by") && !plain.contains('\\'), "{query}");
        assert!(query.matches("\\n").count() == 0 || query.contains("E'"), "{query}");
        let lines = query.lines().filter(|line| !line.trim_start().starts_with("--"));
        let statement = lines.collect::<Vec<_>>().join("\n");
        for (position, _) in statement.match_indices("pg_") {
            let before = &statement[..position];
            // A literal of the name, or of its start.
            let qualified = before.ends_with("pg_catalog.") || before.ends_with(['\'', '^']);
            assert!(
                qualified || statement[position..].starts_with("pg_catalog."),
                "{}",
                &statement[position..]
            );
        }
        for call in ["json_agg(", "format_type(", "concat(", "unnest(", "cardinality(", "bool_or(", "min("] {
            for (position, _) in statement.match_indices(call) {
                let before = &statement[..position];
                let whole_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
                assert!(!whole_word || before.ends_with("pg_catalog."), "{}", &statement[position..]);
            }
        }
    }
}

#[test]
fn schemas_go_into_the_queries_as_one_literal() {
    let selection = Selection { schemas: vec!["it's".to_owned()], ..Selection::default() };
    let queries = queries(&Options { selection, ..Options::default() });
    let table = &queries[position(Subject::Table)];
    assert!(table.contains(r#"any (('{"it''s"}'::pg_catalog.text[]))"#), "{table}");
    assert!(queries.iter().all(|query| !query.contains(":'schemas'")));
}

#[test]
fn an_object_comes_after_what_it_needs() {
    let mut default = column("n", "integer");
    default["default"] = json!("public.next()");
    default["default_oid"] = json!(30);
    let rows = [
        table(10, "public", "counted", &[default], &[]),
        function(20, "next"),
        needs("pg_attrdef", 30, "pg_proc", 20),
        needs("pg_attrdef", 30, "pg_class", 10),
    ];
    let sql = sql(&made(&rows, &Options::default()));
    let (function, table) = (sql.find("CREATE FUNCTION"), sql.find("CREATE TABLE"));
    assert!(function < table, "{sql}");
    assert!(sql.contains("    n integer DEFAULT public.next()\n"), "{sql}");
}

#[test]
fn what_a_table_cannot_say_before_it_is_there_stands_after_it() {
    let check = json!({
        "oid": 30, "name": "is_good", "quoted": "is_good", "form": "c", "definition": "CHECK (public.good(t.*))",
    });
    let rows = [
        table(10, "public", "t", &[column("id", "integer")], &[check]),
        function(20, "good"),
        needs("pg_constraint", 30, "pg_proc", 20),
        needs("pg_proc", 20, "pg_class", 10),
    ];
    let generated = made(&rows, &Options::default());
    assert_eq!(generated.left_out, [""; 0]);
    let sql = sql(&generated);
    let places =
        ["CREATE TABLE", "CREATE FUNCTION", "ALTER TABLE public.t\n    ADD CONSTRAINT is_good CHECK"]
            .map(|start| sql.find(start).unwrap_or_else(|| panic!("{start}: {sql}")));
    assert!(places.is_sorted(), "{sql}");
}

#[test]
fn features_that_refer_to_each_other_are_tied_by_one_of_their_own() {
    let rows = [
        table(10, "a", "t", &[column("id", "integer")], &foreign_key(30, "to_b", "b.t")),
        table(11, "b", "t", &[column("id", "integer")], &foreign_key(31, "to_a", "a.t")),
        plain(12, "c", "t"),
        needs("pg_constraint", 30, "pg_class", 10),
        needs("pg_constraint", 30, "pg_class", 11),
        needs("pg_constraint", 31, "pg_class", 10),
        needs("pg_constraint", 31, "pg_class", 11),
    ];
    let generated = made(&rows, &Options::default());
    assert_eq!(told(&generated), ["a <- ", "b <- ", "c <- ", "links <- a b"]);
}

#[test]
fn features_that_need_each_other_otherwise_are_one() {
    let rows = [
        plain(10, "a", "one"),
        plain(11, "b", "one"),
        plain(12, "a", "two"),
        needs("pg_class", 10, "pg_class", 11),
        needs("pg_class", 11, "pg_class", 12),
    ];
    let generated = made(&rows, &Options::default());
    assert_eq!(told(&generated), ["a <- "]);
    let description = generated.set.features[0].description.as_deref();
    assert_eq!(description, Some("With b, because each of them needs another one of them."));
}

#[test]
fn tables_that_share_their_first_word_are_a_feature() {
    let rows = [
        plain(10, "public", "leads"),
        plain(11, "public", "lead_sources"),
        plain(12, "public", "users"),
        needs("pg_class", 11, "pg_class", 12),
    ];
    let options = Options { feature_per: FeaturePer::Prefix, ..Options::default() };
    assert_eq!(told(&made(&rows, &options)), ["core <- ", "lead <- core"]);
}

#[test]
fn names_of_features_are_those_that_the_api_takes() {
    for (text, name) in [
        ("public", "public"),
        ("Mixed Case", "mixed-case"),
        ("__odd__name__", "odd-name"),
        ("مخطط", "feature"),
        ("a.b", "a-b"),
    ] {
        assert_eq!(label(text, "feature"), name);
    }
    assert_eq!(label(&"a".repeat(80), "feature").len(), 63);
    let rows = [plain(10, "a-b", "t"), plain(11, "a_b", "t"), plain(12, "a b", "t")];
    assert_eq!(told(&made(&rows, &Options::default())), ["a-b <- ", "a-b-2 <- ", "a-b-3 <- "]);
}

#[test]
fn k22_numbers_of_different_catalogs_are_different_objects() {
    let rows = [plain(10, "public", "t"), function(10, "f"), needs("pg_proc", 10, "pg_class", 10)];
    let generated = made(&rows, &Options::default());
    assert_eq!(generated.objects, 2);
    assert_eq!(generated.left_out, [""; 0]);
}

#[test]
fn what_is_not_selected_and_needed_is_required_by_name() {
    let rows = [plain(10, "a", "t"), plain(11, "b", "t"), needs("pg_class", 10, "pg_class", 11)];
    let selection = Selection { include: vec![Glob::new("a.*")], ..Selection::default() };
    let collected = collector(&rows).collected(&Options { selection, ..Options::default() });
    assert_eq!(collected.outside(), [Node::new(Class::PgClass, 11)]);
    let answer = json!({ "class": "pg_class", "oid": 11, "kind": "table", "identity": "b.t" }).to_string();
    let generated = collected.generate(&[answer], &Options::default()).unwrap();
    assert_eq!(generated.set.features[0].requires.tables, ["b.t"]);
    assert_eq!(generated.outside, ["table a.t needs table b.t, which is not in the features"]);
}

#[test]
fn rows_that_are_none_are_refused_with_a_reason() {
    let mut collector = Collector::default();
    let error = collector.row(position(Subject::Table), "{}").unwrap_err().to_string();
    assert!(error.contains("missing field"), "{error}");
    collector.row(99, "{}").unwrap_err();
}
