//! Rules, statistics, publications, foreign tables and the rest: what SQL makes of them is seen as declared, and each
//! change by hand is found.

use std::collections::BTreeSet;

use schema_audit::core::audit::finding::State;
use schema_audit::core::component::{ComponentId, Grantee};
use schema_audit::core::kind::Kind;
use schema_audit::core::kind::user_mapping::UserMapping;
use schema_audit::core::name::QualifiedName;

use crate::round_trip::{audit, require, told};
use crate::support::Database;
use crate::wanted::{look, require as by_name};

const OBJECTS: &str = include_str!("remaining_kinds.sql");

/// What only some versions have: the least major, and the SQL.
const NEWER: &[(u32, &str)] = &[
    (13, "create publication rooted for table crm.log with (publish_via_partition_root = true);"),
    (13, "alter statistics leads_all set statistics 100;"),
    (14, "create statistics lower_name on (lower(name)), score from crm.leads;"),
    (
        15,
        "create publication parts for table crm.leads (id, score) where (id > 1); \
         create publication whole for tables in schema crm, other; alter publication whole drop tables in schema other;",
    ),
    (16, "create statistics on id, score from crm.leads; create statistics on (id + score) from crm.leads;"),
    (17, "create collation crm.built_in (provider = builtin, locale = 'C.UTF-8');"),
    (18, "create publication generated for table crm.log with (publish_generated_columns = stored);"),
];

fn major(database: &Database) -> u32 {
    database.query("show server_version_num")[0].parse::<u32>().unwrap() / 10_000
}

/// The SQL that the server understands.
fn sql(database: &Database) -> String {
    let major = major(database);
    let newer = NEWER.iter().filter(|(least, _)| *least <= major).map(|(_, sql)| *sql);
    std::iter::once(OBJECTS).chain(newer).collect()
}

/// A database in which it ran.
fn database() -> (Database, String) {
    let database = Database::new();
    let sql = sql(&database);
    database.execute(&sql);
    (database, sql)
}

#[tokio::test]
async fn k19_k30_c16_what_sql_makes_is_present_as_declared() {
    let (database, sql) = database();
    let requirements = require(&[("remaining_kinds.sql", &sql)]);
    assert_eq!(requirements.problems, []);
    let report = audit(&database, &requirements).await;
    assert_eq!(told(&report), [""; 0]);
    let kinds: BTreeSet<Kind> = report.findings.iter().map(|finding| finding.component.kind).collect();
    for kind in [
        Kind::Language,
        Kind::AccessMethod,
        Kind::Collation,
        Kind::Conversion,
        Kind::ForeignDataWrapper,
        Kind::Server,
        Kind::UserMapping,
        Kind::ForeignTable,
        Kind::Statistics,
        Kind::Operator,
        Kind::OperatorFamily,
        Kind::OperatorClass,
        Kind::Cast,
        Kind::TextSearchParser,
        Kind::TextSearchTemplate,
        Kind::TextSearchDictionary,
        Kind::TextSearchConfiguration,
        Kind::Rule,
        Kind::EventTrigger,
        Kind::Publication,
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[tokio::test]
async fn nothing_of_it_is_present_in_an_empty_database() {
    let database = Database::new();
    let sql = sql(&database);
    let report = audit(&database, &require(&[("remaining_kinds.sql", &sql)])).await;
    let present = report.findings.iter().filter(|finding| finding.state != State::Missing);
    assert_eq!(present.map(|finding| finding.component.to_string()).collect::<Vec<_>>(), [""; 0]);
}

/// A change by hand, the least major that knows it, and the finding that it makes; none where it is no difference.
const CHANGES: &[(u32, &str, Option<&str>)] = &[
    (12, "drop rule keep on crm.leads", Some("Missing rule/crm.leads.keep")),
    (
        12,
        "alter table crm.leads enable rule log_it",
        Some("Different rule/crm.leads.log_it enabled: disabled / enabled"),
    ),
    (
        12,
        "create or replace rule \"Open leads\" as on insert to crm.open_leads do also nothing",
        Some("Different rule/crm.open_leads.\"Open leads\" mode: instead / also"),
    ),
    (12, "drop event trigger log_ddl", Some("Missing event_trigger/log_ddl")),
    (
        12,
        "alter event trigger log_all enable always",
        Some("Different event_trigger/log_all enabled: disabled / enabled"),
    ),
    (
        12,
        "drop aggregate count_all(*); create aggregate count_all(*) (sfunc = int8inc, stype = bigint, initcond = 5)",
        Some("Different function/public.count_all() initcond: '0' / '5'"),
    ),
    (12, "drop aggregate crm.moods(crm.mood)", Some("Missing function/crm.moods(crm.mood)")),
    (
        12,
        "drop aggregate old_sum(int); create function old_sum(int) returns int language sql as 'select 1'",
        Some("Different function/public.old_sum(integer) sort: an aggregate / a function"),
    ),
    (12, "drop publication nothing", Some("Missing publication/nothing")),
    (
        12,
        "alter publication everything set (publish = 'insert')",
        Some("Different publication/everything publish: insert, update / insert"),
    ),
    (
        12,
        "alter publication sales set table crm.log",
        Some("Different publication/sales tables: crm.leads, no crm.log / no crm.leads, crm.log"),
    ),
    (
        13,
        "alter publication rooted set (publish_via_partition_root = false)",
        Some("Different publication/rooted partitions: via the root / not via the root"),
    ),
    (
        13,
        "alter statistics leads_all set statistics 50",
        Some("Different statistics/public.leads_all target: 100 / 50"),
    ),
    (
        15,
        "alter publication parts set table crm.leads (id)",
        Some("Different publication/parts tables: crm.leads (id, score) where ... / crm.leads (id)"),
    ),
    (
        15,
        "alter publication whole add tables in schema other",
        Some("Different publication/whole schemas: no other / other"),
    ),
    (16, "alter statistics crm.leads_id_score_stat rename to renamed", None),
    (
        12,
        "drop statistics crm.score_stat; create statistics crm.score_stat (mcv) on score, id from crm.leads",
        Some(
            "Different statistics/crm.score_stat kinds: ndistinct, dependencies / mcv columns: (name, score) / (id, score)",
        ),
    ),
    (12, "drop cast (crm.mood as int[])", Some("Missing cast/(crm.mood as integer[])")),
    (
        12,
        "drop cast (int as crm.mood); create cast (int as crm.mood) with function crm.to_mood(int) as implicit",
        Some("Different cast/(integer as crm.mood) context: as assignment / as implicit"),
    ),
    (12, "drop operator crm.!! (none, crm.mood)", Some("Missing operator/crm.\"!!\"(crm.mood)")),
    (
        12,
        "alter operator crm.@@ (int, crm.mood) set (join = neqjoinsel)",
        Some("Different operator/crm.\"@@\"(integer, crm.mood) join: eqjoinsel / pg_catalog.neqjoinsel"),
    ),
    (12, "drop operator class crm.plain using btree", Some("Missing operator_class/crm.plain using btree")),
    (12, "drop operator family crm.plain using btree", Some("Missing operator_family/crm.plain using btree")),
    (12, "drop collation crm.two", Some("Missing collation/crm.two")),
    (
        12,
        "drop collation crm.plain; create collation crm.plain (locale = 'POSIX')",
        Some("Different collation/crm.plain locale: C / POSIX"),
    ),
    (12, "drop conversion crm.latin", Some("Missing conversion/crm.latin")),
    (12, "drop language sample", Some("Missing language/sample")),
    (12, "drop access method heap2", Some("Missing access_method/heap2")),
    (
        12,
        "alter text search dictionary crm.words rename to word",
        Some("Missing text_search_dictionary/crm.words"),
    ),
    (
        12,
        "drop text search configuration crm.plain; create text search configuration crm.plain (parser = \"default\")",
        Some("Different text_search_configuration/crm.plain parser: crm.plain / pg_catalog.default"),
    ),
    (
        12,
        "alter text search configuration crm.mapped alter mapping for asciiword with simple, crm.mapped",
        Some(
            "Different text_search_configuration/crm.mapped mappings: asciiword with crm.mapped, simple / asciiword with \
             pg_catalog.simple, crm.mapped",
        ),
    ),
    (
        12,
        "alter text search configuration crm.copied add mapping for url_path with simple",
        Some(
            "Different text_search_configuration/crm.copied mappings: no url_path / url_path with pg_catalog.simple",
        ),
    ),
    // What a copy took over is open.
    (12, "alter text search configuration crm.copied drop mapping for asciiword", None),
    (
        12,
        "comment on text search dictionary crm.mapped is 'other'",
        Some("Different comment/text_search_dictionary/crm.mapped text: dictionary / other"),
    ),
    (12, "comment on rule log_it on crm.leads is null", Some("Missing comment/rule/crm.leads.log_it")),
    (
        12,
        "comment on publication sales is 'other'",
        Some("Different comment/publication/sales text: publication / other"),
    ),
    (12, "drop text search parser crm.plain", Some("Missing text_search_parser/crm.plain")),
    (
        12,
        "alter text search template crm.simple set schema other",
        Some("Missing text_search_template/crm.simple"),
    ),
    (
        12,
        "alter foreign data wrapper w options (drop level)",
        Some("Different foreign_data_wrapper/w options: level '3' / no level"),
    ),
    (
        12,
        "alter server s version '11' options (set password 'swordfish')",
        Some("Different server/s version: '10' / '11' options: the declared password / another password"),
    ),
    (12, "drop user mapping for public server s", Some("Missing user_mapping/server/s to public")),
    (
        12,
        "alter foreign table crm.remote options (set fetch_size '20')",
        Some("Different foreign_table/crm.remote options: fetch_size '10' / fetch_size '20'"),
    ),
    (
        12,
        "alter foreign table crm.remote alter column score type numeric(6, 2)",
        Some("Different column/crm.remote.score type: numeric(5,2) / numeric(6,2)"),
    ),
    (12, "alter foreign table crm.remote drop column name", Some("Missing column/crm.remote.name")),
    (
        12,
        "alter foreign table crm.remote drop constraint remote_id_check",
        Some("Missing constraint/crm.remote.remote_id_check"),
    ),
    (12, "drop trigger remote_rows on crm.remote", Some("Missing trigger/crm.remote.remote_rows")),
    (12, "drop foreign table other.part", Some("Missing foreign_table/other.part")),
];

#[tokio::test]
async fn k30_each_change_by_hand_is_found_and_nothing_else() {
    let (database, sql) = database();
    let requirements = require(&[("remaining_kinds.sql", &sql)]);
    let major = major(&database);
    let mut expected = BTreeSet::new();
    for (least, change, finding) in CHANGES {
        if *least > major {
            continue;
        }
        database.execute(change);
        expected.extend(finding.map(str::to_owned));
        // A table that is gone takes its column along.
        if change.contains("drop foreign table other.part") {
            expected.insert("Missing column/other.part.id: its foreign table is missing".to_owned());
        }
        let found: BTreeSet<_> = told(&audit(&database, &requirements).await).into_iter().collect();
        assert_eq!(found, expected, "{change}");
    }
}

/// What a look must find, of every kind here.
fn every_kind() -> Vec<ComponentId> {
    let crm = |kind, name: &str| ComponentId::in_schema(kind, QualifiedName::new("crm", name));
    vec![
        ComponentId::on_relation(Kind::Rule, QualifiedName::new("crm", "leads"), "keep"),
        ComponentId::global(Kind::EventTrigger, "log_ddl"),
        ComponentId::global(Kind::Publication, "sales"),
        ComponentId::global(Kind::Language, "sample"),
        ComponentId::global(Kind::AccessMethod, "heap2"),
        ComponentId::global(Kind::ForeignDataWrapper, "w"),
        ComponentId::global(Kind::Server, "s"),
        UserMapping::id("s", Grantee::Public),
        crm(Kind::ForeignTable, "remote"),
        crm(Kind::Statistics, "score_stat"),
        crm(Kind::Collation, "plain"),
        crm(Kind::Conversion, "latin"),
        crm(Kind::TextSearchParser, "plain"),
        crm(Kind::TextSearchTemplate, "simple"),
        crm(Kind::TextSearchDictionary, "words"),
        crm(Kind::TextSearchConfiguration, "plain"),
    ]
}

#[tokio::test]
async fn c8_c10_a_role_without_any_privilege_sees_the_same() {
    let (database, _) = database();
    let role = database.role();
    let requirements = by_name(every_kind());
    let as_owner = look(&database.url(), &requirements).await;
    let as_role = look(&database.url_as(&role.name, &role.password), &requirements).await;
    assert_eq!(as_role.catalog, as_owner.catalog);
    for id in every_kind() {
        assert!(as_owner.catalog.contains(&id), "{id}");
    }
}

#[tokio::test]
async fn c1_a_locked_table_delays_nothing() {
    let (database, _) = database();
    // By name: no definition is asked for, and nothing waits.
    let requirements = by_name(every_kind());
    let unlocked = look(&database.url(), &requirements).await;
    let _lock = database.lock("crm.leads");
    let locked = look(&database.url(), &requirements).await;
    assert_eq!(locked.catalog, unlocked.catalog);
}

#[tokio::test]
async fn k21_members_of_an_extension_are_as_present_as_others() {
    let (database, sql) = database();
    database.execute(
        "alter extension plpgsql add operator crm.@@ (int, crm.mood); \
         alter extension plpgsql add operator family crm.shared using btree; \
         alter extension plpgsql add cast (int as crm.mood); \
         alter extension plpgsql add aggregate crm.moods(crm.mood); \
         alter extension plpgsql add collation crm.plain; \
         alter extension plpgsql add text search dictionary crm.words; \
         alter extension plpgsql add foreign data wrapper w; \
         alter extension plpgsql add server s; \
         alter extension plpgsql add foreign table crm.remote",
    );
    let report = audit(&database, &require(&[("remaining_kinds.sql", &sql)])).await;
    assert_eq!(told(&report), [""; 0]);
}
