//! Extensions: what a server must have, and who may make them.

use super::super::blocker::Blocker;
use super::super::hazard::{EXTENSION_NOT_CHECKED, Hazard, NOT_PRELOADED};
use super::super::need::Need;
use super::facts::{Available, Facts, Release, Server};
use super::judge::{blocker, database_privilege, of_role};
use crate::core::name::Identifier;

/// An extension that works only where its library is loaded when the server starts, and whether making it fails
/// without. From the extensions' own documentation.
const PRELOADED: [(&str, &str, bool); 12] = [
    ("citus", "citus", true),
    ("pg_cron", "pg_cron", true),
    ("pg_net", "pg_net", false),
    ("pg_qualstats", "pg_qualstats", false),
    ("pg_squeeze", "pg_squeeze", false),
    ("pg_stat_kcache", "pg_stat_kcache", false),
    ("pg_stat_statements", "pg_stat_statements", false),
    ("pg_tle", "pg_tle", true),
    ("pg_wait_sampling", "pg_wait_sampling", false),
    ("pgaudit", "pgaudit", true),
    ("pglogical", "pglogical", true),
    ("timescaledb", "timescaledb", true),
];

/// The Debian packages of extensions (`apt.postgresql.org`), with `{}` for the major version.
const PACKAGES: [(&str, &str); 12] = [
    ("citus", "postgresql-{}-citus"),
    ("hypopg", "postgresql-{}-hypopg"),
    ("pg_cron", "postgresql-{}-cron"),
    ("pg_partman", "postgresql-{}-partman"),
    ("pg_repack", "postgresql-{}-repack"),
    ("pgaudit", "postgresql-{}-pgaudit"),
    ("pglogical", "postgresql-{}-pglogical"),
    ("pgrouting", "postgresql-{}-pgrouting"),
    ("pgtap", "postgresql-{}-pgtap"),
    ("plpython3u", "postgresql-plpython3-{}"),
    ("postgis", "postgresql-{}-postgis-3"),
    ("vector", "postgresql-{}-pgvector"),
];

/// What stops CREATE EXTENSION. `made` are those that the plan makes before it.
pub(super) fn blockers(
    name: &Identifier,
    version: Option<&str>,
    cascade: bool,
    made: &[Identifier],
    facts: &Facts,
) -> Vec<Blocker> {
    let what = format!("extension {name}");
    let Available::Versions(all) = &facts.extensions else { return Vec::new() };
    let own: Vec<&Release> = all.iter().filter(|it| it.name == name.as_str()).collect();
    let wanted = own.iter().find(|it| version.map_or(it.is_default, |version| it.version == version));
    let mut blockers = Vec::new();
    let Some(wanted) = wanted else {
        blockers.push(match (own.is_empty(), version) {
            (false, Some(version)) => {
                let there: Vec<&str> = own.iter().map(|it| it.version.as_str()).collect();
                blocker(
                    "extension-version-unavailable",
                    format!("{what} in version {version}"),
                    format!("the server has {} only", there.join(", ")),
                    format!("install version {version} on the server, or change the statement"),
                )
            }
            _ => blocker(
                "extension-unavailable",
                what,
                "the server has no files of it".to_owned(),
                install_hint(name, &facts.server),
            ),
        });
        return blockers;
    };
    if !cascade {
        let is_there = |required: &Identifier| facts.installed.contains(required) || made.contains(required);
        for required in wanted.requires.iter().map(|name| Identifier::new(name)).filter(|it| !is_there(it)) {
            blockers.push(blocker(
                "extension-requires",
                what.clone(),
                format!("it requires the extension {required}, which is not there"),
                format!("CREATE EXTENSION {required};"),
            ));
        }
    }
    blockers.extend(right(&what, name, wanted, facts));
    blockers.extend(preload_blocker(&what, name, &facts.server));
    blockers
}

/// Who may make it (`CREATE EXTENSION`, since 13: trusted extensions).
fn right(what: &str, name: &Identifier, wanted: &Release, facts: &Facts) -> Option<Blocker> {
    let server = &facts.server;
    if server.superuser || !wanted.superuser {
        return None;
    }
    if wanted.trusted {
        return (!server.may_create).then(|| database_privilege(facts));
    }
    // What a provider's administrator may make is not in the catalog.
    (!server.provider_admin).then(|| {
        let role = Identifier::new(&server.role);
        of_role(
            "extension-needs-superuser",
            what.to_owned(),
            format!("it is not trusted: only a superuser may make it, and the role {role} is none"),
            format!(
                "as a superuser, in the database {}: CREATE EXTENSION {name};",
                Identifier::new(&server.database)
            ),
        )
    })
}

fn preload_of(name: &Identifier) -> Option<(&'static str, bool)> {
    let entry = PRELOADED.iter().find(|(extension, ..)| *extension == name.as_str())?;
    Some((entry.1, entry.2))
}

/// Whether a library is among those that the server loads when it starts; `None` where the role may not see it.
fn is_loaded(library: &str, server: &Server) -> Option<bool> {
    let list = server.preloaded.as_deref()?;
    let mut loaded = list.split(',').map(|entry| entry.trim().trim_matches('"'));
    Some(loaded.any(|entry| entry.rsplit('/').next() == Some(library)))
}

fn preload_remedy(library: &str, server: &Server) -> String {
    let before = server.preloaded.as_deref().map(str::trim).filter(|list| !list.is_empty());
    let list: Vec<String> = before
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(|entry| entry.trim().trim_matches('"'))
        .chain([library])
        .map(|entry| format!("'{}'", entry.replace('\'', "''")))
        .collect();
    format!("ALTER SYSTEM SET shared_preload_libraries = {}; then restart the server", list.join(", "))
}

fn preload_blocker(what: &str, name: &Identifier, server: &Server) -> Option<Blocker> {
    let (library, refuses) = preload_of(name)?;
    (refuses && is_loaded(library, server) == Some(false)).then(|| {
        blocker(
            "extension-not-preloaded",
            what.to_owned(),
            format!("it cannot be made while {library} is not in shared_preload_libraries"),
            preload_remedy(library, server),
        )
    })
}

/// An extension that can be made, but does not work, or may not.
pub(super) fn preload_hazard(need: &Need, server: &Server) -> Option<Hazard> {
    let Need::Extension { name, .. } = need else { return None };
    let (library, refuses) = preload_of(name)?;
    let detail = match is_loaded(library, server) {
        Some(true) => return None,
        Some(false) if refuses => return None,
        Some(false) => format!("{name} does not work before: {}", preload_remedy(library, server)),
        None => format!("the role may not see whether {library} is in shared_preload_libraries"),
    };
    Some(Hazard::new(&NOT_PRELOADED, Some(detail)))
}

/// An extension of which the server did not say whether it has it.
pub(super) fn unknown_hazard(need: &Need, facts: &Facts) -> Option<Hazard> {
    match (need, &facts.extensions) {
        (Need::Extension { name, .. }, Available::Unknown(reason)) => {
            Some(Hazard::new(&EXTENSION_NOT_CHECKED, Some(format!("{name}: {reason}"))))
        }
        _ => None,
    }
}

fn install_hint(name: &Identifier, server: &Server) -> String {
    let major = server.version / 10_000;
    match PACKAGES.iter().find(|(extension, _)| *extension == name.as_str()) {
        Some((_, package)) => {
            format!(
                "install it on the server; on Debian: apt-get install {}",
                package.replace("{}", &major.to_string())
            )
        }
        None => format!(
            "install it on the server; what PostgreSQL itself brings is in postgresql-contrib or postgresql-{major}"
        ),
    }
}
