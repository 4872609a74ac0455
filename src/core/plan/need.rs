//! What a statement needs besides the components of the plan: rights, owners, extensions, roles.
//!
//! The rules are those of the commands' pages and of the checks in PostgreSQL's `commands/*.c`.

use pg_query::NodeEnum;
use pg_query::protobuf::{CreateExtensionStmt, CreatePublicationStmt, Node, ObjectType, RangeVar};

use crate::core::component::Shared;
use crate::core::kind::privilege::Privilege;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::Scope;
use crate::core::sql::parse;

mod role;
mod table;

/// Something that a statement needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// CREATE on a schema, which must be there.
    Schema(Identifier),
    /// CREATE on the database.
    Database,
    /// To be the owner of an object, or a member of the role that is. One that is not there needs no owner.
    Own(Object),
    /// To be the owner of an object, or to hold privileges on it that may be passed on.
    Grant(Object),
    /// To be allowed to pass privileges on, of something that all databases of the server share, which must be there.
    GrantShared {
        /// What it is.
        class: Shared,
        /// Its name.
        name: Identifier,
        /// The privileges.
        privileges: Vec<Privilege>,
    },
    /// A privilege on a table, and its name in SQL.
    Privilege(QualifiedName, &'static str),
    /// An extension that can be made.
    Extension {
        /// Its name.
        name: Identifier,
        /// The version, where the statement says one.
        version: Option<String>,
        /// Whether what it requires is made with it.
        cascade: bool,
    },
    /// That a role is there.
    Role(Identifier),
    /// To be a member of a role: what is made is to be its own.
    Member(Identifier),
    /// The right to make roles.
    CreateRole,
    /// To be a superuser, for this.
    Superuser(&'static str),
    /// CREATE on a tablespace, which must be there.
    Tablespace(Identifier),
    /// USAGE on a language, which must be there.
    Language(Identifier),
    /// Space on disk for an index of a table.
    Disk(QualifiedName),
}

/// What has an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    /// A table, a view, an index, a sequence.
    Relation(QualifiedName),
    /// A type or a domain.
    Type(QualifiedName),
    /// A function, by its name: any overload.
    Routine(QualifiedName),
    /// A schema.
    Schema(Identifier),
}

/// The needs of one statement, in the order in which they would fail.
pub(super) fn needs(statement: &NodeEnum, scope: &Scope) -> Vec<Need> {
    let mut needs = Needs { scope, list: Vec::new() };
    needs.statement(statement);
    needs.list
}

struct Needs<'a> {
    scope: &'a Scope,
    list: Vec<Need>,
}

impl Needs<'_> {
    fn add(&mut self, need: Need) {
        if !self.list.contains(&need) {
            self.list.push(need);
        }
    }

    fn schema_of(&mut self, name: Option<QualifiedName>) {
        if let Some(name) = name {
            self.add(Need::Schema(name.schema));
        }
    }

    fn new_relation(&mut self, name: Option<&RangeVar>) {
        if let Some(name) = name.filter(|name| name.relpersistence != "t") {
            self.schema_of(Some(parse::new_relation(name, self.scope)));
        }
    }

    fn own(&mut self, name: Option<&RangeVar>) {
        if let Some(name) = name {
            self.add(Need::Own(Object::Relation(parse::relation(name, self.scope))));
        }
    }

    fn privilege(&mut self, name: Option<&RangeVar>, privilege: &'static str) {
        if let Some(name) = name {
            self.add(Need::Privilege(parse::relation(name, self.scope), privilege));
        }
    }

    fn tablespace(&mut self, name: &str) {
        if !name.is_empty() {
            self.add(Need::Tablespace(Identifier::new(name)));
        }
    }

    fn statement(&mut self, statement: &NodeEnum) {
        if let Some(command) = for_superusers(statement) {
            return self.add(Need::Superuser(command));
        }
        let scope = self.scope;
        match statement {
            NodeEnum::CreateStmt(create) => self.create_table(create),
            NodeEnum::CreateForeignTableStmt(create) => {
                if let Some(base) = &create.base_stmt {
                    self.create_table(base);
                }
            }
            NodeEnum::AlterTableStmt(alter) => self.alter_table(alter),
            NodeEnum::IndexStmt(index) => {
                self.own(index.relation.as_ref());
                self.new_relation(index.relation.as_ref());
                self.tablespace(&index.table_space);
            }
            NodeEnum::ViewStmt(view) => {
                self.new_relation(view.view.as_ref());
                if view.replace {
                    self.own(view.view.as_ref());
                }
            }
            NodeEnum::CreateTableAsStmt(create) => {
                let into = create.into.as_deref();
                self.new_relation(into.and_then(|into| into.rel.as_ref()));
                self.tablespace(into.map_or("", |into| &into.table_space_name));
            }
            NodeEnum::RefreshMatViewStmt(refresh) => self.own(refresh.relation.as_ref()),
            NodeEnum::CreateTrigStmt(trigger) => self.privilege(trigger.relation.as_ref(), "TRIGGER"),
            NodeEnum::CreatePolicyStmt(policy) => {
                self.own(policy.table.as_ref());
                self.roles(&policy.roles);
            }
            NodeEnum::AlterPolicyStmt(policy) => {
                self.own(policy.table.as_ref());
                self.roles(&policy.roles);
            }
            NodeEnum::RuleStmt(rule) => self.own(rule.relation.as_ref()),
            NodeEnum::CreateSeqStmt(sequence) => self.new_relation(sequence.sequence.as_ref()),
            NodeEnum::AlterSeqStmt(sequence) => self.own(sequence.sequence.as_ref()),
            NodeEnum::CreateStatsStmt(statistics) => {
                for node in &statistics.relations {
                    if let Some(NodeEnum::RangeVar(name)) = &node.node {
                        self.own(Some(name));
                    }
                }
                self.schema_of(parse::qualified(&statistics.defnames, scope));
            }
            NodeEnum::CreateFunctionStmt(function) => {
                let name = parse::qualified(&function.funcname, scope);
                self.schema_of(name.clone());
                if let Some(name) = name.filter(|_| function.replace) {
                    self.add(Need::Own(Object::Routine(name)));
                }
                self.function_options(&function.options);
            }
            NodeEnum::CompositeTypeStmt(create) => self.new_relation(create.typevar.as_ref()),
            NodeEnum::CreateEnumStmt(create) => self.schema_of(parse::qualified(&create.type_name, scope)),
            NodeEnum::CreateRangeStmt(create) => self.schema_of(parse::qualified(&create.type_name, scope)),
            NodeEnum::CreateDomainStmt(create) => self.schema_of(parse::qualified(&create.domainname, scope)),
            NodeEnum::AlterEnumStmt(alter) => self.own_type(&alter.type_name),
            NodeEnum::AlterDomainStmt(alter) => self.own_type(&alter.type_name),
            NodeEnum::DefineStmt(define) => self.schema_of(parse::qualified(&define.defnames, scope)),
            NodeEnum::RenameStmt(rename) => self.rename(rename),
            NodeEnum::CreateSchemaStmt(schema) => {
                self.add(Need::Database);
                self.member(schema.authrole.as_ref());
            }
            NodeEnum::CreateExtensionStmt(extension) => self.extension(extension),
            NodeEnum::CreateRoleStmt(role) => {
                self.add(Need::CreateRole);
                self.role_options(&role.options);
            }
            NodeEnum::AlterRoleStmt(role) => {
                self.role(role.role.as_ref());
                self.add(Need::CreateRole);
                self.role_options(&role.options);
            }
            NodeEnum::GrantRoleStmt(grant) => {
                self.roles(&grant.grantee_roles);
                for node in &grant.granted_roles {
                    if let Some(NodeEnum::AccessPriv(role)) = &node.node {
                        self.add(Need::Role(Identifier::new(&role.priv_name)));
                    }
                }
            }
            NodeEnum::GrantStmt(grant) => {
                self.roles(&grant.grantees);
                self.grant_shared(grant);
            }
            NodeEnum::AlterDefaultPrivilegesStmt(defaults) => self.default_privileges(defaults),
            NodeEnum::AlterOwnerStmt(owner) => self.member(owner.newowner.as_ref()),
            NodeEnum::CreatePublicationStmt(publication) => self.publication(publication),
            NodeEnum::InsertStmt(insert) => self.privilege(insert.relation.as_ref(), "INSERT"),
            NodeEnum::UpdateStmt(update) => self.privilege(update.relation.as_ref(), "UPDATE"),
            NodeEnum::DeleteStmt(delete) => self.privilege(delete.relation.as_ref(), "DELETE"),
            _ => {}
        }
    }

    /// Who publishes a table must own it.
    fn publication(&mut self, publication: &CreatePublicationStmt) {
        self.add(Need::Database);
        if publication.for_all_tables {
            self.add(Need::Superuser("CREATE PUBLICATION ... FOR ALL TABLES"));
        }
        for node in &publication.pubobjects {
            if let Some(NodeEnum::PublicationObjSpec(spec)) = &node.node
                && let Some(table) = &spec.pubtable
            {
                self.own(table.relation.as_ref());
            }
        }
    }

    fn own_type(&mut self, name: &[Node]) {
        if let Some(name) = parse::qualified(name, self.scope) {
            self.add(Need::Own(Object::Type(name)));
        }
    }

    fn function_options(&mut self, options: &[Node]) {
        for node in options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            let arg = option.arg.as_deref().and_then(|arg| arg.node.as_ref());
            match (option.defname.as_str(), arg) {
                ("language", Some(NodeEnum::String(language))) => {
                    self.add(Need::Language(Identifier::new(&language.sval)));
                }
                ("leakproof", Some(NodeEnum::Boolean(leakproof))) if leakproof.boolval => {
                    self.add(Need::Superuser("LEAKPROOF"));
                }
                _ => {}
            }
        }
    }

    fn extension(&mut self, extension: &CreateExtensionStmt) {
        let (mut version, mut cascade) = (None, false);
        for node in &extension.options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            let arg = option.arg.as_deref();
            match option.defname.as_str() {
                "new_version" => version = arg.and_then(parse::constant_or_string),
                "cascade" => cascade = true,
                "schema" => {
                    if let Some(schema) = arg.and_then(parse::constant_or_string) {
                        self.add(Need::Schema(Identifier::new(&schema)));
                    }
                }
                _ => {}
            }
        }
        self.add(Need::Extension { name: Identifier::new(&extension.extname), version, cascade });
    }
}

/// The command, where only superusers may run it.
fn for_superusers(statement: &NodeEnum) -> Option<&'static str> {
    Some(match statement {
        NodeEnum::CreateEventTrigStmt(_) => "CREATE EVENT TRIGGER",
        NodeEnum::CreateAmStmt(_) => "CREATE ACCESS METHOD",
        NodeEnum::CreateFdwStmt(_) => "CREATE FOREIGN DATA WRAPPER",
        NodeEnum::CreatePlangStmt(_) => "CREATE LANGUAGE",
        NodeEnum::CreateOpClassStmt(_) => "CREATE OPERATOR CLASS",
        NodeEnum::CreateOpFamilyStmt(_) => "CREATE OPERATOR FAMILY",
        NodeEnum::CreateCastStmt(cast) if cast.func.is_none() && !cast.inout => {
            "CREATE CAST ... WITHOUT FUNCTION"
        }
        NodeEnum::DefineStmt(define) => match define.kind() {
            ObjectType::ObjectTsparser => "CREATE TEXT SEARCH PARSER",
            ObjectType::ObjectTstemplate => "CREATE TEXT SEARCH TEMPLATE",
            ObjectType::ObjectType if !define.definition.is_empty() => "CREATE TYPE of a base type",
            _ => return None,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
