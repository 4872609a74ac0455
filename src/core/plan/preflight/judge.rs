//! What the facts mean for a plan.

use super::super::blocker::Blocker;
use super::super::hazard::{EXTENSION_NOT_CHECKED, Hazard, INDEX_TAKES_DISK, NOT_PRELOADED, Rule};
use super::super::need::{Need, Object};
use super::super::size::{Size, spoken_bytes};
use super::super::{Plan, PlannedStatement};
use super::extension;
use super::facts::Facts;
use super::question::Question;
use crate::core::component::Shared;
use crate::core::kind::grant::PARAMETERS_SINCE;
use crate::core::kind::privilege::Privilege;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::problem::Position;

/// A table of this size makes an index that may fill a disk.
const LARGE_BYTES: u64 = 1 << 30;

/// Puts into a plan what the facts mean for it. `question` is that of the plan.
pub fn judge(plan: &mut Plan, question: &Question, facts: &Facts) {
    plan.blockers = blockers(plan, question, facts);
    plan.checks.clear();
    for statement in plan.segments.iter_mut().flat_map(|segment| &mut segment.statements) {
        weigh(statement, facts);
        for need in &statement.needs {
            statement.hazards.extend(extension::preload_hazard(need, &facts.server));
            statement.hazards.extend(extension::unknown_hazard(need, facts));
        }
    }
}

/// The rules of hazards that only facts show.
const FROM_FACTS: [&Rule; 3] = [&INDEX_TAKES_DISK, &NOT_PRELOADED, &EXTENSION_NOT_CHECKED];

/// Adds what is known of sizes, and takes the hazards away that need rows where there are none.
fn weigh(statement: &mut PlannedStatement, facts: &Facts) {
    // A plan may be judged again.
    statement.hazards.retain(|hazard| !FROM_FACTS.contains(&hazard.rule));
    for lock in &mut statement.locks {
        lock.size = size(&lock.relation, facts);
    }
    for hazard in &mut statement.hazards {
        hazard.size = hazard.relation.as_ref().and_then(|relation| size(relation, facts));
    }
    let is_empty = |hazard: &Hazard| hazard.relation.as_ref().is_some_and(|it| facts.empty.contains(it));
    statement.hazards.retain(|hazard| !(hazard.rule.needs_rows && is_empty(hazard)));
    let disks = statement.needs.iter().filter_map(|need| match need {
        Need::Disk(relation) => {
            let size = size(relation, facts).filter(|size| size.bytes >= LARGE_BYTES)?;
            let detail = format!("up to {} for each index of all columns", spoken_bytes(size.bytes));
            Some(Hazard {
                relation: Some(relation.clone()),
                size: Some(size),
                ..Hazard::new(&INDEX_TAKES_DISK, Some(detail))
            })
        }
        _ => None,
    });
    statement.hazards.extend(disks);
}

fn size(relation: &QualifiedName, facts: &Facts) -> Option<Size> {
    let found = facts.relations.get(relation)?;
    if facts.empty.contains(relation) {
        return Some(Size { rows: Some(0.0), bytes: 0 });
    }
    let rows = found.is_counted.then_some(found.rows);
    Some(Size { rows, bytes: found.pages.saturating_mul(facts.server.block_size) })
}

fn blockers(plan: &Plan, question: &Question, facts: &Facts) -> Vec<Blocker> {
    let mut found = Blockers { facts, list: Vec::new() };
    if plan.is_empty() {
        return found.list;
    }
    found.server();
    let mut made_extensions: Vec<Identifier> = Vec::new();
    for (at, statement) in plan.statements().enumerate() {
        let position = Some(statement.position.clone());
        // The rights of a role that the author changes to are not those of the one that looks.
        let as_other =
            ["role", "session_authorization"].iter().any(|name| statement.settings.contains_key(*name));
        for need in &statement.needs {
            if let Need::Extension { name, version, cascade } = need {
                let blockers =
                    extension::blockers(name, version.as_deref(), *cascade, &made_extensions, facts);
                for blocker in blockers {
                    found.add(Blocker { position: position.clone(), ..blocker });
                }
                made_extensions.push(name.clone());
                continue;
            }
            // It may make the language.
            let by_extension = matches!(need, Need::Language(_)) && !made_extensions.is_empty();
            if let Some(blocker) = found.of(need).filter(|it| !(it.rests_on_role && as_other || by_extension))
            {
                found.add(Blocker { position: position.clone(), ..blocker });
            }
        }
        found.references(at, position.as_ref(), question);
    }
    found.list
}

struct Blockers<'f> {
    facts: &'f Facts,
    list: Vec<Blocker>,
}

/// A blocker; whoever knows says where.
pub(super) fn blocker(name: &'static str, what: String, why: String, remedy: String) -> Blocker {
    Blocker { name, what, why, remedy, position: None, rests_on_role: false }
}

/// One that is about the role.
pub(super) fn of_role(name: &'static str, what: String, why: String, remedy: String) -> Blocker {
    Blocker { rests_on_role: true, ..blocker(name, what, why, remedy) }
}

/// What is not there, and cannot be known to be made by a plan.
fn missing(name: &'static str, what: String, remedy: String) -> Blocker {
    blocker(name, what, "it is not there".to_owned(), remedy)
}

fn tablespace_missing(name: &Identifier) -> Blocker {
    let remedy = format!("CREATE TABLESPACE {name} LOCATION '...';");
    missing("tablespace-missing", format!("tablespace {name}"), remedy)
}

impl Blockers<'_> {
    /// The same thing stops many statements: it is said once, with the first.
    fn add(&mut self, blocker: Blocker) {
        let is_said = |it: &Blocker| it.name == blocker.name && it.what == blocker.what;
        if !self.list.iter().any(is_said) {
            self.list.push(blocker);
        }
    }

    fn server(&mut self) {
        let server = &self.facts.server;
        let database = format!("database {}", Identifier::new(&server.database));
        if server.in_recovery {
            self.add(blocker(
                "server-is-standby",
                database,
                "the server is a standby, on which nothing can be written".to_owned(),
                "connect to the primary".to_owned(),
            ));
        } else if server.read_only {
            let role = Identifier::new(&server.role);
            self.add(of_role(
                "session-is-read-only",
                database,
                "default_transaction_read_only is on for the role, the database or the server".to_owned(),
                format!("ALTER ROLE {role} SET default_transaction_read_only = off;"),
            ));
        }
    }

    fn of(&self, need: &Need) -> Option<Blocker> {
        let Facts { server, schemas, roles, places, .. } = self.facts;
        let role = Identifier::new(&server.role);
        match need {
            Need::Schema(name) if name.as_str().starts_with("pg_temp") => None,
            Need::Schema(name) => match schemas.get(name) {
                None => Some(blocker(
                    "schema-missing",
                    format!("schema {name}"),
                    "it is not there, and the plan does not make it".to_owned(),
                    format!("CREATE SCHEMA {name};"),
                )),
                Some(schema) if schema.may_create => None,
                Some(_) => Some(of_role(
                    "schema-privilege",
                    format!("schema {name}"),
                    format!("the role {role} may not create anything in it"),
                    format!("GRANT CREATE ON SCHEMA {name} TO {role};"),
                )),
            },
            Need::Database => (!server.may_create).then(|| database_privilege(self.facts)),
            Need::Own(object) => self.ownership(object, false),
            Need::Grant(object) => self.ownership(object, true),
            Need::GrantShared { class, name, privileges } => self.grant_shared(*class, name, privileges),
            Need::Privilege(relation, privilege) => self.privilege(relation, privilege),
            Need::Role(name) => (!roles.contains_key(name)).then(|| {
                blocker(
                    "role-missing",
                    format!("role {name}"),
                    "it is not there, and the plan does not make it".to_owned(),
                    format!("CREATE ROLE {name};"),
                )
            }),
            Need::Member(name) => (roles.get(name) == Some(&false)).then(|| {
                of_role(
                    "not-a-member",
                    format!("role {name}"),
                    format!(
                        "the role {role} is not a member of it, and cannot act for it or give it objects"
                    ),
                    format!("GRANT {name} TO {role};"),
                )
            }),
            Need::CreateRole => (!server.create_role && !server.superuser).then(|| {
                of_role(
                    "may-not-create-roles",
                    format!("role {role}"),
                    "it may not make or change roles".to_owned(),
                    format!("ALTER ROLE {role} CREATEROLE;"),
                )
            }),
            // What a provider's administrator may do is not in the catalog.
            Need::Superuser(what) => (!server.superuser && !server.provider_admin).then(|| {
                of_role(
                    "superuser-needed",
                    (*what).to_owned(),
                    format!("only a superuser may do this, and the role {role} is none"),
                    "run the plan as a superuser".to_owned(),
                )
            }),
            Need::Tablespace(name) => match places.get(&("tablespace".to_owned(), name.clone())) {
                None => Some(tablespace_missing(name)),
                Some(place) => (!place.allowed).then(|| {
                    of_role(
                        "tablespace-privilege",
                        format!("tablespace {name}"),
                        format!("the role {role} may not create anything in it"),
                        format!("GRANT CREATE ON TABLESPACE {name} TO {role};"),
                    )
                }),
            },
            Need::Language(name) => self.language(name),
            Need::Extension { .. } | Need::Disk(_) => None,
        }
    }

    fn language(&self, name: &Identifier) -> Option<Blocker> {
        let Facts { server, places, .. } = self.facts;
        let role = Identifier::new(&server.role);
        match places.get(&("language".to_owned(), name.clone())) {
            None => Some(blocker(
                "language-missing",
                format!("language {name}"),
                "it is not there, and the plan does not make it".to_owned(),
                format!("CREATE EXTENSION {name};"),
            )),
            Some(_) if server.superuser => None,
            Some(place) if !place.trusted => Some(of_role(
                "superuser-needed",
                format!("language {name}"),
                format!("only a superuser may make functions in it, and the role {role} is none"),
                "run the plan as a superuser".to_owned(),
            )),
            Some(place) => (!place.allowed).then(|| {
                of_role(
                    "language-privilege",
                    format!("language {name}"),
                    format!("the role {role} may not use it"),
                    format!("GRANT USAGE ON LANGUAGE {name} TO {role};"),
                )
            }),
        }
    }

    fn ownership(&self, object: &Object, to_grant: bool) -> Option<Blocker> {
        let found = self.facts.ownership(object)?;
        if found.owned || self.facts.server.superuser || (to_grant && found.may_grant) {
            return None;
        }
        let role = Identifier::new(&self.facts.server.role);
        let owner = Identifier::new(found.owner);
        let (word, alter, name) = match object {
            Object::Relation(name) => ("table", "TABLE", name.to_string()),
            Object::Type(name) => ("type", "TYPE", name.to_string()),
            Object::Routine(name) => ("function", "ROUTINE", name.to_string()),
            Object::Schema(name) => ("schema", "SCHEMA", name.to_string()),
        };
        // Nobody should become a member of a superuser for this.
        let remedy = if found.owner_is_superuser {
            format!("ALTER {alter} {name} OWNER TO {role};")
        } else {
            format!("GRANT {owner} TO {role};")
        };
        let why = format!("it belongs to the role {owner}, of which the role {role} is not a member");
        Some(of_role("not-the-owner", format!("{word} {name}"), why, remedy))
    }

    /// Whether privileges on what all databases share can be granted, or revoked.
    fn grant_shared(&self, class: Shared, name: &Identifier, privileges: &[Privilege]) -> Option<Blocker> {
        let server = &self.facts.server;
        let (what, is_parameter) = (format!("{} {name}", class.id()), class == Shared::Parameter);
        if is_parameter && server.major() < PARAMETERS_SINCE {
            return Some(blocker(
                "parameter-privileges-unsupported",
                what,
                format!(
                    "PostgreSQL {} has no privileges on parameters, which came with {PARAMETERS_SINCE}",
                    server.major()
                ),
                format!("run it on PostgreSQL {PARAMETERS_SINCE} or later, or leave the statement out"),
            ));
        }
        let Some(grantable) = self.facts.shared.get(&(class.id().to_owned(), name.clone())) else {
            return match class {
                Shared::Database => {
                    Some(missing("database-missing", what, format!("CREATE DATABASE {name};")))
                }
                Shared::Tablespace => Some(tablespace_missing(name)),
                Shared::Parameter => None,
            };
        };
        let is_lacking = |word: &&str| !grantable.iter().any(|granted| granted == word);
        let lacking: Vec<String> =
            privileges.iter().map(|it| it.word()).filter(is_lacking).map(str::to_uppercase).collect();
        let role = Identifier::new(&server.role);
        (!lacking.is_empty()).then(|| {
            let (lacking, on) = (lacking.join(", "), class.id().to_uppercase());
            of_role(
                "grant-option",
                format!("{lacking} on {what}"),
                format!("the role {role} may not pass this privilege on"),
                format!("GRANT {lacking} ON {on} {name} TO {role} WITH GRANT OPTION;"),
            )
        })
    }

    fn privilege(&self, relation: &QualifiedName, privilege: &'static str) -> Option<Blocker> {
        let found = self.facts.relations.get(relation)?;
        let is_held = match privilege {
            "REFERENCES" => found.may_reference || found.may_reference_columns,
            "TRIGGER" => found.may_trigger,
            "INSERT" => found.may_insert,
            "UPDATE" => found.may_update,
            "DELETE" => found.may_delete,
            _ => true,
        };
        let role = Identifier::new(&self.facts.server.role);
        (!is_held).then(|| {
            of_role(
                "table-privilege",
                format!("{privilege} on table {relation}"),
                format!("the role {role} does not have this privilege"),
                format!("GRANT {privilege} ON {relation} TO {role};"),
            )
        })
    }

    /// What a statement names that neither the database nor the plan has.
    fn references(&mut self, at: usize, position: Option<&Position>, question: &Question) {
        for reference in question.references.iter().filter(|reference| reference.statement == at) {
            let Some(name) = reference.written.last() else { continue };
            let is_there = |schema: &String| {
                let key = (reference.form.to_owned(), schema.clone(), name.clone());
                self.facts.names.contains(&key)
            };
            if reference.schemas.iter().any(is_there) {
                continue;
            }
            let written: Vec<String> =
                reference.written.iter().map(|part| Identifier::new(part).to_string()).collect();
            let written = written.join(".");
            let (rule, place) = match reference.form {
                "relation" => ("relation-missing", "table"),
                "type" => ("type-missing", "type"),
                _ => ("function-missing", "function"),
            };
            let why = match reference.schemas.as_slice() {
                [_] => "neither the database nor the plan has it".to_owned(),
                path => {
                    format!("neither the plan nor any schema of the search path has it: {}", path.join(", "))
                }
            };
            self.add(Blocker {
                position: position.cloned(),
                ..blocker(
                    rule,
                    format!("{place} {written}"),
                    why,
                    format!("make the {place} first, or add the feature that makes it"),
                )
            });
        }
    }
}

pub(super) fn database_privilege(facts: &Facts) -> Blocker {
    let role = Identifier::new(&facts.server.role);
    let database = Identifier::new(&facts.server.database);
    of_role(
        "database-privilege",
        format!("database {database}"),
        format!("the role {role} may not create schemas, publications or trusted extensions in it"),
        format!("GRANT CREATE ON DATABASE {database} TO {role};"),
    )
}
