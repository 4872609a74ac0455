//! Feature documents from real files.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A directory with these files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// What is loaded from a path of this directory: `set: feature [source=text, ...]`, or the error, both without the
/// directory's name.
fn loaded(directory: &TempDir, path: &str) -> Result<Vec<String>, String> {
    let root = format!("{}/", directory.path().display());
    let sets = load(&[directory.path().join(path)]).map_err(|error| error.to_string().replace(&root, ""))?;
    let shown = sets.iter().flat_map(|set| {
        let root = &root;
        set.features.iter().map(move |feature| {
            let sources: Vec<_> = feature
                .sources
                .iter()
                .map(|source| format!("{}={}", source.name.replace(root, ""), source.text.trim()))
                .collect();
            format!("{}: {} [{}]", set.name, feature.name, sources.join(", "))
        })
    });
    Ok(shown.collect())
}

fn error(directory: &TempDir, path: &str) -> String {
    loaded(directory, path).unwrap_err()
}

const HEADER: &str = "apiVersion: schemaaudit.dev/v1alpha1\nkind: FeatureSet\nmetadata: {name: shop}\n";

fn shop(features: &str) -> String {
    format!("{HEADER}spec:\n  features:\n{features}")
}

#[test]
fn a_sql_file_is_a_feature_and_a_set_of_its_name() {
    let directory = directory(&[("email.sql", "\u{feff}select 1;\n")]);
    assert_eq!(loaded(&directory, "email.sql").unwrap(), ["email: email [email.sql=select 1;]"]);
}

#[test]
fn a_directory_of_sql_is_one_set_in_the_order_of_paths() {
    let files = [
        ("shop/002_leads.sql", "b"),
        ("shop/001_init.up.sql", "a"),
        ("shop/001_init.down.sql", "drop"),
        ("shop/later/003_email.sql", "c"),
        ("shop/.hidden/x.sql", "x"),
        ("shop/.swp.sql", "x"),
        ("shop/README.md", "x"),
        ("shop/values.yaml", "replicas: 1\n"),
    ];
    assert_eq!(
        loaded(&directory(&files), "shop").unwrap(),
        [
            "shop: 001_init [shop/001_init.up.sql=a]",
            "shop: 002_leads [shop/002_leads.sql=b]",
            "shop: 003_email [shop/later/003_email.sql=c]",
        ]
    );
}

#[test]
fn files_of_one_name_in_different_directories_are_told_apart_by_their_paths() {
    let directory = directory(&[("d/a/init.sql", "1"), ("d/b/init.sql", "2"), ("d/c/other.sql", "3")]);
    assert_eq!(
        loaded(&directory, "d").unwrap(),
        ["d: a/init [d/a/init.sql=1]", "d: b/init [d/b/init.sql=2]", "d: other [d/c/other.sql=3]"]
    );
}

#[test]
fn feature_sets_of_a_directory_count_and_loose_sql_does_not() {
    let set = shop("  - {name: core, sql: [{inline: select 1}]}\n");
    let directory = directory(&[("d/set.yaml", &set), ("d/loose.sql", "select 2")]);
    assert_eq!(loaded(&directory, "d").unwrap(), ["shop: core [d/set.yaml, features.core.sql[0]=select 1]"]);
}

#[test]
fn config_maps_come_from_documents_and_from_the_kustomization() {
    let set = shop(
        "  - name: core\n    sql:\n    - configMapKeyRef: {name: made, key: renamed.sql}\n\
         \x20   - configMapKeyRef: {name: made, key: plain.sql}\n    - configMapKeyRef: {name: made, key: literal}\n\
         \x20   - configMapRef: {name: written}\n",
    );
    let kustomization = "configMapGenerator:\n- name: made\n  files: [renamed.sql=sql/one.sql, sql/plain.sql]\n\
                         \x20 literals: [literal=select 3]\n";
    let config_map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: written}\ndata: {b: select 5, a: select 4}\n";
    let together = format!("{config_map}---\n{set}");
    let files = [
        ("one/set.yaml", together.as_str()),
        ("one/kustomization.yaml", kustomization),
        ("one/sql/one.sql", "select 1"),
        ("one/sql/plain.sql", "select 2"),
        ("two/set.yaml", &set),
        ("two/map.yml", config_map),
        ("two/template.yaml", "{{ not: yaml"),
        ("two/Kustomization", kustomization),
        ("two/sql/one.sql", "select 1"),
        ("two/sql/plain.sql", "select 2"),
    ];
    let directory = directory(&files);
    let expected = |at: &str| {
        format!(
            "shop: core [{at}/sql/one.sql=select 1, {at}/sql/plain.sql=select 2, made/literal=select 3, \
             written/a=select 4, written/b=select 5]"
        )
    };
    assert_eq!(loaded(&directory, "one").unwrap(), [expected("one")]);
    assert_eq!(loaded(&directory, "one/set.yaml").unwrap(), [expected("one")]);
    assert_eq!(loaded(&directory, "two/set.yaml").unwrap(), [expected("two")], "from its neighbours");
}

#[test]
fn a_stream_holds_several_sets_and_passes_over_other_kinds() {
    let audit = "apiVersion: schemaaudit.dev/v1alpha1\nkind: SchemaAudit\nmetadata: {name: x}\nspec: {}\n";
    let cluster = "apiVersion: schemaaudit.dev/v1alpha1\nkind: ClusterFeatureSet\nmetadata: {name: all}\n\
                   spec: {features: [{name: base, sql: [{inline: select 2}]}]}\n";
    let text = format!(
        "# a comment\n---\n{}---\n{audit}--- # another\n{cluster}...\n---\n",
        shop("  - {name: core, sql: [{inline: select 1}]}\n")
    );
    let directory = directory(&[("set.yaml", &text)]);
    assert_eq!(
        loaded(&directory, "set.yaml").unwrap(),
        [
            "shop: core [set.yaml, features.core.sql[0]=select 1]",
            "all: base [set.yaml, features.base.sql[0]=select 2]"
        ]
    );
}

#[test]
fn what_is_missing_is_named_with_config_map_key_and_feature() {
    let set = shop("  - {name: core, sql: [{configMapKeyRef: {name: gone, key: a.sql}}]}\n");
    let lacking = "configMapGenerator:\n- {name: gone, files: [b.sql]}\n";
    let directory = directory(&[
        ("one/set.yaml", &set),
        ("two/set.yaml", &set),
        ("two/kustomization.yaml", lacking),
        ("two/b.sql", "select 1"),
        ("three/set.yaml", &set),
        ("three/kustomization.yaml", "configMapGenerator:\n- {name: gone, files: [a.sql]}\n"),
    ]);
    let hint = "put the ConfigMap into the same directory, or its file under configMapGenerator of a \
                kustomization.yaml there";
    assert_eq!(
        error(&directory, "one"),
        format!(
            "one/set.yaml: there is no ConfigMap gone, which feature core of feature set shop takes its SQL from; \
             {hint}"
        )
    );
    assert_eq!(
        error(&directory, "two"),
        format!(
            "two/set.yaml: ConfigMap gone has no key a.sql, which feature core of feature set shop takes its SQL \
             from; {hint}"
        )
    );
    assert_eq!(error(&directory, "three"), "there is no file or directory three/a.sql");
}

#[test]
fn a_mistake_in_yaml_is_reported_with_its_line_in_the_file() {
    let misspelt = format!("# first\n---\n{}", shop("  - name: core\n    requries: {tables: [a]}\n"));
    let deep = shop("  - {name: core, requires: {tabels: [a]}}\n");
    let wrong_type = format!("a: 1\n---\n{}", shop("  - name: core\n    dependsOn: 3\n"));
    let two = shop("  - {name: core, sql: [{inline: a, configMapRef: {name: b}}]}\n");
    let scalar = shop("  - {name: core, requires: {tables: leads}}\n");
    let tenfold =
        |own: char, other: char| format!("{own}: &{own} [{}]\n", vec![format!("*{other}"); 10].join(", "));
    let steps = ["ba", "cb", "dc", "ed", "fe", "gf"]
        .map(|pair| tenfold(pair.as_bytes()[0].into(), pair.as_bytes()[1].into()));
    let bomb = format!("a: &a [x]\n{}", steps.concat());
    let newer = "apiVersion: schemaaudit.dev/v2\nkind: FeatureSet\nmetadata: {name: shop}\n";
    let directory = directory(&[
        ("misspelt.yaml", &misspelt),
        ("deep.yaml", &deep),
        ("type.yaml", &wrong_type),
        ("two.yaml", &two),
        ("newer.yaml", newer),
        ("scalar.yaml", &scalar),
        ("bomb.yaml", &bomb),
        ("syntax.yaml", "a: 1\n---\nb: [1\n"),
    ]);
    let seen = |path| error(&directory, path);
    assert!(
        seen("misspelt.yaml")
            .starts_with("misspelt.yaml:2: FeatureSet shop has no field spec.features[0].requries;"),
        "{}",
        seen("misspelt.yaml")
    );
    assert!(
        seen("deep.yaml").contains("no field spec.features[0].requires.tabels;"),
        "{}",
        seen("deep.yaml")
    );
    assert!(seen("type.yaml").starts_with("type.yaml:9: "), "{}", seen("type.yaml"));
    assert_eq!(
        seen("two.yaml"),
        "two.yaml:1: FeatureSet shop, spec.features[0].sql[0]: give exactly one of inline, configMapKeyRef and \
         configMapRef"
    );
    assert_eq!(
        seen("scalar.yaml"),
        "scalar.yaml:6: a list is expected here: [a, b], or lines that start with a dash"
    );
    assert!(seen("bomb.yaml").ends_with("the document is too large, with its aliases (*name) written out"));
    assert!(seen("newer.yaml").contains("reads schemaaudit.dev/v1alpha1, not schemaaudit.dev/v2"));
    assert!(seen("syntax.yaml").starts_with("syntax.yaml:"), "{}", seen("syntax.yaml"));
    assert!(!seen("syntax.yaml").contains('\n'), "one line: {}", seen("syntax.yaml"));
}

#[test]
fn files_that_are_not_there_or_not_text_are_said_so() {
    let directory = directory(&[("empty/x.txt", ""), ("other.yaml", "a: 1\n"), ("notes.txt", "")]);
    fs::write(directory.path().join("latin1.yaml"), b"a: 1\nb: caf\xe9\n").unwrap();
    fs::write(directory.path().join("utf16.sql"), b"\xff\xfes\0e\0").unwrap();
    fs::File::create(directory.path().join("large.sql")).unwrap().set_len((64 << 20) + 1).unwrap();
    assert_eq!(error(&directory, "nowhere"), "there is no file or directory nowhere");
    assert_eq!(
        error(&directory, "latin1.yaml"),
        "latin1.yaml:2: this is not UTF-8 text; save the file as UTF-8"
    );
    assert_eq!(error(&directory, "utf16.sql"), "utf16.sql:1: this is UTF-16 text; save the file as UTF-8");
    assert_eq!(
        error(&directory, "large.sql"),
        "large.sql is larger than 64 MiB, which no schema is; leave the data out of it, as pg_dump --schema-only does"
    );
    assert_eq!(error(&directory, "empty"), "empty holds no feature set in a .yaml file, and no .sql file");
    assert_eq!(
        error(&directory, "other.yaml"),
        "other.yaml holds no FeatureSet and no ClusterFeatureSet of schemaaudit.dev/v1alpha1"
    );
    assert!(error(&directory, "notes.txt").starts_with("notes.txt is neither SQL nor YAML"));
}

#[test]
fn two_sets_of_one_name_are_refused() {
    let directory = directory(&[("a/core.sql", "select 1"), ("b/core.sql", "select 2")]);
    let paths = ["a/core.sql", "b/core.sql"].map(|path| directory.path().join(path));
    assert_eq!(
        load(&paths).unwrap_err().to_string(),
        "there are two feature sets named core; give each a name of its own"
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_as_in_a_mounted_config_map_and_not_to_directories() {
    let directory = directory(&[("d/..data/core.sql", "select 1")]);
    let at = |path: &str| directory.path().join(path);
    std::os::unix::fs::symlink("..data/core.sql", at("d/core.sql")).unwrap();
    std::os::unix::fs::symlink("..", at("d/circle")).unwrap();
    assert_eq!(loaded(&directory, "d").unwrap(), ["d: core [d/core.sql=select 1]"]);
}

#[test]
fn the_example_loads_from_its_directory_and_from_its_file() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sales-flow");
    let from_directory = load(std::slice::from_ref(&example)).unwrap();
    assert_eq!(from_directory, load(&[example.join("feature-set.yaml")]).unwrap());
    let [set] = from_directory.as_slice() else { panic!("{from_directory:?}") };
    assert_eq!((&*set.name, set.features.len()), ("sales-flow", 12));
    assert!(set.features.iter().all(|feature| feature.sources.len() == 1));
    assert_eq!(*set.features[0].sources[0].name, *example.join("sql/core.sql").display().to_string());
}
