//! What a statement needs besides the components of the plan: rights, owners, extensions, roles.
//!
//! The rules are those of the commands' pages and of the checks in PostgreSQL's `commands/*.c`.

use pg_query::NodeEnum;
use pg_query::protobuf::{
    AlterDefaultPrivilegesStmt, AlterTableStmt, AlterTableType, ConstrType, CreateExtensionStmt,
    CreatePublicationStmt, CreateStmt, GrantStmt, Node, ObjectType, RangeVar, RenameStmt, RoleSpec,
    RoleSpecType,
};

use super::statement::is_constraint;
use crate::core::component::Shared;
use crate::core::kind::privilege::Privilege;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{Effect, GrantChange, GrantTarget, Scope, grant};
use crate::core::sql::parse;

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

    fn role(&mut self, role: Option<&RoleSpec>) {
        if let Some(name) = role_name(role) {
            self.add(Need::Role(name));
        }
    }

    fn roles(&mut self, nodes: &[Node]) {
        for node in nodes {
            if let Some(NodeEnum::RoleSpec(role)) = &node.node {
                self.role(Some(role));
            }
        }
    }

    fn member(&mut self, role: Option<&RoleSpec>) {
        self.role(role);
        if let Some(name) = role_name(role) {
            self.add(Need::Member(name));
        }
    }

    fn tablespace(&mut self, name: &str) {
        if !name.is_empty() {
            self.add(Need::Tablespace(Identifier::new(name)));
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table of what each statement needs")]
    fn statement(&mut self, statement: &NodeEnum) {
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
            NodeEnum::DefineStmt(define) => match define.kind() {
                ObjectType::ObjectTsparser => self.add(Need::Superuser("CREATE TEXT SEARCH PARSER")),
                ObjectType::ObjectTstemplate => self.add(Need::Superuser("CREATE TEXT SEARCH TEMPLATE")),
                ObjectType::ObjectType if !define.definition.is_empty() => {
                    self.add(Need::Superuser("CREATE TYPE of a base type"));
                }
                _ => self.schema_of(parse::qualified(&define.defnames, scope)),
            },
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
            NodeEnum::CreateEventTrigStmt(_) => self.add(Need::Superuser("CREATE EVENT TRIGGER")),
            NodeEnum::CreateAmStmt(_) => self.add(Need::Superuser("CREATE ACCESS METHOD")),
            NodeEnum::CreateFdwStmt(_) => self.add(Need::Superuser("CREATE FOREIGN DATA WRAPPER")),
            NodeEnum::CreatePlangStmt(_) => self.add(Need::Superuser("CREATE LANGUAGE")),
            NodeEnum::CreateOpClassStmt(_) => self.add(Need::Superuser("CREATE OPERATOR CLASS")),
            NodeEnum::CreateOpFamilyStmt(_) => self.add(Need::Superuser("CREATE OPERATOR FAMILY")),
            NodeEnum::CreateCastStmt(cast) if cast.func.is_none() && !cast.inout => {
                self.add(Need::Superuser("CREATE CAST ... WITHOUT FUNCTION"));
            }
            NodeEnum::CreatePublicationStmt(publication) => self.publication(publication),
            NodeEnum::InsertStmt(insert) => self.privilege(insert.relation.as_ref(), "INSERT"),
            NodeEnum::UpdateStmt(update) => self.privilege(update.relation.as_ref(), "UPDATE"),
            NodeEnum::DeleteStmt(delete) => self.privilege(delete.relation.as_ref(), "DELETE"),
            _ => {}
        }
    }

    /// A relation gets another name in its schema, which must allow it.
    fn rename(&mut self, rename: &RenameStmt) {
        self.own(rename.relation.as_ref());
        let is_relation = matches!(
            rename.rename_type(),
            ObjectType::ObjectTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectIndex
                | ObjectType::ObjectSequence
                | ObjectType::ObjectForeignTable
        );
        if is_relation {
            self.new_relation(rename.relation.as_ref());
        }
    }

    /// Who changes what later objects of a role carry must be a member of it.
    fn default_privileges(&mut self, defaults: &AlterDefaultPrivilegesStmt) {
        self.roles(defaults.action.as_ref().map_or(&[][..], |action| &action.grantees));
        for node in &defaults.options {
            if let Some(NodeEnum::DefElem(option)) = &node.node
                && option.defname == "roles"
                && let Some(Some(NodeEnum::List(list))) = option.arg.as_deref().map(|arg| &arg.node)
            {
                for node in &list.items {
                    if let Some(NodeEnum::RoleSpec(role)) = &node.node {
                        self.member(Some(role));
                    }
                }
            }
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

    /// GRANT and REVOKE on what all databases share. Without the right to, PostgreSQL only warns where the role holds any
    /// privilege itself (`restrict_and_check_grant` in `aclchk.c`), and nothing is granted.
    fn grant_shared(&mut self, statement: &GrantStmt) {
        for effect in grant::effects(statement, self.scope) {
            let Effect::Grant(GrantChange { target: GrantTarget::Shared { class, names }, rights, .. }) =
                effect
            else {
                continue;
            };
            let named: Option<Vec<Privilege>> = rights.iter().map(|right| right.privilege).collect();
            let privileges = named.unwrap_or_else(|| Privilege::all_of_shared(class).to_vec());
            for name in names {
                self.add(Need::GrantShared { class, name, privileges: privileges.clone() });
            }
        }
    }

    fn create_table(&mut self, create: &CreateStmt) {
        self.new_relation(create.relation.as_ref());
        for node in &create.inh_relations {
            if let Some(NodeEnum::RangeVar(parent)) = &node.node {
                self.own(Some(parent));
            }
        }
        for element in &create.table_elts {
            self.references(element);
        }
        self.tablespace(&create.tablespacename);
    }

    fn alter_table(&mut self, alter: &AlterTableStmt) {
        let name = alter.relation.as_ref();
        if alter.objtype() == ObjectType::ObjectType {
            if let Some(name) = name {
                self.add(Need::Own(Object::Type(parse::relation(name, self.scope))));
            }
            return;
        }
        self.own(name);
        for node in &alter.cmds {
            let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
            let def = command.def.as_deref();
            if let Some(def) = def {
                self.references(def);
                if makes_index(def) {
                    self.new_relation(name);
                    if let Some(name) = name {
                        self.add(Need::Disk(parse::relation(name, self.scope)));
                    }
                }
            }
            match (command.subtype(), def.and_then(|def| def.node.as_ref())) {
                (AlterTableType::AtChangeOwner, _) => self.member(command.newowner.as_ref()),
                (AlterTableType::AtSetTableSpace, _) => self.tablespace(&command.name),
                (AlterTableType::AtAttachPartition, Some(NodeEnum::PartitionCmd(partition))) => {
                    self.own(partition.name.as_ref());
                }
                _ => {}
            }
        }
    }

    /// The tables that foreign keys refer to.
    fn references(&mut self, node: &Node) {
        match &node.node {
            Some(NodeEnum::Constraint(constraint)) => {
                self.privilege(constraint.pktable.as_ref(), "REFERENCES");
                self.tablespace(&constraint.indexspace);
            }
            Some(NodeEnum::ColumnDef(column)) => {
                for constraint in &column.constraints {
                    self.references(constraint);
                }
            }
            _ => {}
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

    fn role_options(&mut self, options: &[Node]) {
        for node in options {
            let Some(NodeEnum::DefElem(option)) = &node.node else { continue };
            let is_on = match option.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
                Some(NodeEnum::Boolean(value)) => value.boolval,
                _ => true,
            };
            if option.defname == "superuser" && is_on {
                self.add(Need::Superuser("a role that is SUPERUSER"));
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

/// A role by its name; whoever runs the statement is there, and so is PUBLIC.
fn role_name(role: Option<&RoleSpec>) -> Option<Identifier> {
    let role = role.filter(|role| role.roletype() == RoleSpecType::RolespecCstring)?;
    Some(Identifier::new(&role.rolename))
}

/// Whether a column or a constraint of ALTER TABLE builds an index.
fn makes_index(node: &Node) -> bool {
    const WITH_INDEX: [ConstrType; 3] =
        [ConstrType::ConstrPrimary, ConstrType::ConstrUnique, ConstrType::ConstrExclusion];
    match &node.node {
        Some(NodeEnum::Constraint(constraint)) => {
            constraint.indexname.is_empty() && WITH_INDEX.iter().any(|form| is_constraint(node, *form))
        }
        Some(NodeEnum::ColumnDef(column)) => column.constraints.iter().any(makes_index),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> Vec<Need> {
        let tree = parse::parse(sql).unwrap();
        let node = tree.stmts[0].stmt.as_ref().unwrap().node.clone().unwrap();
        needs(&node, &Scope::of("public".into()))
    }

    fn relation(name: &str) -> Object {
        Object::Relation(QualifiedName::new("public", name))
    }

    #[test]
    fn each_statement_needs_what_postgresql_checks() {
        let schema = |name: &str| Need::Schema(name.into());
        let table = |name| QualifiedName::new("public", name);
        let shared = |class, name: &str, privileges: &[Privilege]| Need::GrantShared {
            class,
            name: name.into(),
            privileges: privileges.to_vec(),
        };
        for (sql, wanted) in [
            ("create table crm.a (x int)", vec![schema("crm")]),
            ("create temp table a (x int)", vec![]),
            (
                "create table a (x int references b, foreign key (x) references c) tablespace fast",
                vec![
                    schema("public"),
                    Need::Privilege(table("b"), "REFERENCES"),
                    Need::Privilege(table("c"), "REFERENCES"),
                    Need::Tablespace("fast".into()),
                ],
            ),
            ("create table p partition of a default", vec![schema("public"), Need::Own(relation("a"))]),
            ("alter table a add column y int", vec![Need::Own(relation("a"))]),
            (
                "alter table a add unique (y)",
                vec![Need::Own(relation("a")), schema("public"), Need::Disk(table("a"))],
            ),
            (
                "alter table a owner to boss",
                vec![Need::Own(relation("a")), Need::Role("boss".into()), Need::Member("boss".into())],
            ),
            ("create index on a (x)", vec![Need::Own(relation("a")), schema("public")]),
            (
                "create trigger t after insert on a execute function f()",
                vec![Need::Privilege(table("a"), "TRIGGER")],
            ),
            ("create policy p on a to boss", vec![Need::Own(relation("a")), Need::Role("boss".into())]),
            ("create policy p on a to public", vec![Need::Own(relation("a"))]),
            (
                "create or replace function f() returns int language plperl leakproof as ''",
                vec![
                    schema("public"),
                    Need::Own(Object::Routine(table("f"))),
                    Need::Language("plperl".into()),
                    Need::Superuser("LEAKPROOF"),
                ],
            ),
            (
                "create extension vector with schema ext version '0.5' cascade",
                vec![
                    schema("ext"),
                    Need::Extension { name: "vector".into(), version: Some("0.5".to_owned()), cascade: true },
                ],
            ),
            ("create role r superuser", vec![Need::CreateRole, Need::Superuser("a role that is SUPERUSER")]),
            ("create role r nosuperuser", vec![Need::CreateRole]),
            ("grant a to b", vec![Need::Role("b".into()), Need::Role("a".into())]),
            ("grant select on a to b, current_user, public", vec![Need::Role("b".into())]),
            (
                "revoke connect, temp on database d from b",
                vec![
                    Need::Role("b".into()),
                    shared(Shared::Database, "d", &[Privilege::Connect, Privilege::Temporary]),
                ],
            ),
            (
                "grant all on tablespace s, t to public",
                ["s", "t"].map(|name| shared(Shared::Tablespace, name, &[Privilege::Create])).to_vec(),
            ),
            (
                "grant alter system on parameter Work_Mem to public",
                vec![shared(Shared::Parameter, "work_mem", &[Privilege::AlterSystem])],
            ),
            (
                "alter default privileges for role a grant select on tables to b",
                vec![Need::Role("b".into()), Need::Role("a".into()), Need::Member("a".into())],
            ),
            ("create schema s", vec![Need::Database]),
            (
                "create event trigger e on ddl_command_end execute function f()",
                vec![Need::Superuser("CREATE EVENT TRIGGER")],
            ),
            ("insert into a values (1)", vec![Need::Privilege(table("a"), "INSERT")]),
            ("select 1", vec![]),
        ] {
            assert_eq!(of(sql), wanted, "{sql}");
        }
    }
}
