//! Grants, comments and owners: what is said of objects, which the statements name by words that may mean several kinds.

use super::{Declared, Origin};
use crate::core::component::{ComponentId, ComponentName, Grantee, Shared};
use crate::core::kind::about::about;
use crate::core::kind::comment::Comment;
use crate::core::kind::function::RoutineSort;
use crate::core::kind::grant::{Grant, on_shared};
use crate::core::kind::owner::Owner;
use crate::core::kind::privilege::{Privilege, Privileges, Stance};
use crate::core::kind::{Kind, Shape};
use crate::core::name::Identifier;
use crate::core::sql::effect::grant::say;
use crate::core::sql::effect::{GrantChange, GrantTarget, GrantedRight};

impl Declared {
    /// GRANT and REVOKE. Who granted does not count, nor does CASCADE: those whom a grantee granted it on are named by
    /// statements of their own, if they are.
    pub(super) fn grant(&mut self, change: GrantChange, origin: &Origin) -> Vec<String> {
        let GrantChange { target, grantees, rights, stance } = change;
        if let GrantTarget::Shared { class, names } = target {
            for (name, grantee) in names.iter().flat_map(|name| grantees.iter().map(move |role| (name, role)))
            {
                let id = on_shared(class, name.clone(), grantee.clone());
                for right in &rights {
                    let all = Privilege::all_of_shared(class);
                    self.say_of_id(id.clone(), all, right.privilege, stance, origin);
                }
            }
            return Vec::new();
        }
        let (objects, notes) = self.granted_objects(target, stance);
        for object in &objects {
            for grantee in &grantees {
                for right in &rights {
                    self.grant_one(object, grantee, right, stance, origin);
                }
            }
        }
        notes
    }

    fn grant_one(
        &mut self,
        object: &ComponentId,
        grantee: &Grantee,
        right: &GrantedRight,
        stance: Stance,
        origin: &Origin,
    ) {
        if right.columns.is_empty() {
            self.say_of(object.clone(), grantee, right.privilege, stance, origin);
            if stance.held != Some(true) {
                self.revoke_from_columns(object, grantee, right.privilege, stance, origin);
            }
            return;
        }
        let ComponentName::InSchema(relation) = &object.name else { return };
        for column in &right.columns {
            let column = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
            self.say_of(column, grantee, right.privilege, stance, origin);
        }
    }

    fn say_of(
        &mut self,
        object: ComponentId,
        grantee: &Grantee,
        privilege: Option<Privilege>,
        stance: Stance,
        origin: &Origin,
    ) {
        let all = Privilege::all_of(object.kind);
        let id = about(Kind::Grant, object, Some(grantee.clone()));
        self.say_of_id(id, all, privilege, stance, origin);
    }

    fn say_of_id(
        &mut self,
        id: ComponentId,
        all: &[Privilege],
        privilege: Option<Privilege>,
        stance: Stance,
        origin: &Origin,
    ) {
        let mut privileges = Privileges::default();
        say(&mut privileges, privilege, all, stance);
        self.part_of(id, origin).change(Grant::declared(privileges).into());
    }

    /// What is taken from a table is taken from its columns too (`ExecGrant_Relation` in PostgreSQL's `aclchk.c`).
    fn revoke_from_columns(
        &mut self,
        object: &ComponentId,
        grantee: &Grantee,
        privilege: Option<Privilege>,
        stance: Stance,
        origin: &Origin,
    ) {
        let ComponentName::InSchema(relation) = &object.name else { return };
        for id in self.about_parts(relation) {
            let ComponentName::OnObject { object, grantee: Some(of) } = &id.name else { continue };
            let Some(Shape::Grant(declared)) = self.components.get(&id).map(|known| &known.shape) else {
                continue;
            };
            let taken = |of: &Privilege| privilege.is_none_or(|privilege| privilege == *of);
            let taken: Vec<Privilege> = declared.privileges.mentioned().filter(taken).collect();
            if id.kind == Kind::Grant && of == grantee && object.kind == Kind::Column && !taken.is_empty() {
                let change = Grant::declared(Privileges::of(taken, stance));
                self.part_of(id, origin).change(change.into());
            }
        }
    }

    /// The objects that are meant, and what is to be said where there are none.
    fn granted_objects(&self, target: GrantTarget, stance: Stance) -> (Vec<ComponentId>, Vec<String>) {
        let (schemas, kinds, words, routines) = match target {
            GrantTarget::Objects(objects) => {
                return (objects.into_iter().map(|object| self.object_of(object)).collect(), Vec::new());
            }
            GrantTarget::AllInSchemas { schemas, kinds, words, routines } => {
                (schemas, kinds, words, routines)
            }
            GrantTarget::Shared { .. } => return (Vec::new(), Vec::new()),
        };
        let (mut objects, mut notes) = (Vec::new(), Vec::new());
        for schema in &schemas {
            let before = objects.len();
            for kind in kinds {
                objects.extend(self.all_in(schema, *kind, routines));
            }
            if objects.len() == before {
                let verb = if stance.held == Some(true) { "GRANT" } else { "REVOKE" };
                notes.push(format!(
                    "{verb} ON ALL {words} IN SCHEMA {schema}, in which none are declared here"
                ));
            }
        }
        (objects, notes)
    }

    fn all_in(
        &self,
        schema: &Identifier,
        kind: Kind,
        (functions, procedures): (bool, bool),
    ) -> Vec<ComponentId> {
        let is_meant = |shape: &Shape| match shape {
            Shape::Function(function) if function.sort == Some(RoutineSort::Procedure) => procedures,
            Shape::Function(_) => functions,
            _ => true,
        };
        let all = self
            .of_kind(kind)
            .filter(|(id, declaration)| id.schema() == Some(schema) && is_meant(&declaration.shape));
        all.map(|(id, _)| id.clone()).collect()
    }

    /// COMMENT ON. A column may be an attribute of a composite type.
    pub(super) fn comment(&mut self, object: ComponentId, text: Option<String>, origin: &Origin) {
        let id = about(Kind::Comment, self.object_of(object), None);
        match text {
            Some(text) => self.part_of(id, origin).change(Comment { text: Some(text) }.into()),
            None => {
                self.components.remove(&id);
            }
        }
    }

    /// OWNER TO. What the old owner may do becomes what the new one may do (`aclnewowner` in PostgreSQL's `acl.c`).
    pub(super) fn own(&mut self, object: ComponentId, role: Option<Identifier>, origin: &Origin) {
        let object = self.object_of(object);
        let id = about(Kind::Owner, object.clone(), None);
        let old = match self.components.remove(&id).map(|declaration| declaration.shape) {
            Some(Shape::Owner(owner)) => owner.role,
            _ => None,
        };
        let Some(new) = role else { return };
        if let Some(old) = old.filter(|old| *old != new) {
            let of =
                |role: &Identifier| about(Kind::Grant, object.clone(), Some(Grantee::Role(role.clone())));
            if let Some(declaration) = self.components.remove(&of(&old)) {
                self.part_of(of(&new), origin).change(declaration.shape);
            }
        }
        self.part_of(id, origin).change(Owner { role: Some(new) }.into());
    }

    /// DROP OWNED. Whoever runs the statement may own everything; any other role owns what is said to be its own. A policy
    /// for the role goes, or is for the others (`RemoveRoleFromObjectPolicy` in PostgreSQL's `policy.c`).
    pub(super) fn drop_owned(&mut self, roles: Option<&[Identifier]>, cascade: bool, origin: &Origin) {
        let words = origin.words("DROP OWNED");
        let Some(roles) = roles else {
            let all = self.ids(|id, _| !matches!(id.kind, Kind::Role | Kind::Membership));
            return self.mark(&all, &words);
        };
        for object in self.owned_by(roles) {
            if cascade {
                self.cascade(&object, origin);
            }
            self.drop(&object);
        }
        let is_theirs = |role: &Option<Identifier>| role.as_ref().is_some_and(|role| roles.contains(role));
        let may = |grantee: &Grantee| matches!(grantee, Grantee::Role(role) if roles.contains(role));
        let privileges = self.ids(|id, _| match &id.name {
            ComponentName::OnObject { grantee: Some(grantee), .. } => may(grantee),
            ComponentName::DefaultPrivilege { role, grantee, .. } => is_theirs(role) || may(grantee),
            ComponentName::OnShared { grantee, .. } => may(grantee),
            _ => false,
        });
        for id in privileges {
            self.remove(&id);
        }
        let policies = self.ids(|_, declaration| match &declaration.shape {
            Shape::Policy(policy) => {
                policy.roles.as_ref().is_some_and(|of| of.iter().any(|role| roles.contains(role)))
            }
            _ => false,
        });
        self.mark(&policies, &words);
    }

    /// REASSIGN OWNED, of what is said to be one of theirs.
    pub(super) fn reassign_owned(&mut self, from: &[Identifier], to: Option<&Identifier>, origin: &Origin) {
        for object in self.owned_by(from) {
            self.own(object, to.cloned(), origin);
        }
        let shared = self.shared_owners.iter().filter(|(_, owner)| from.contains(owner));
        for (class, name) in shared.map(|(shared, _)| shared.clone()).collect::<Vec<_>>() {
            self.own_shared(class, name, to.cloned(), origin);
        }
    }

    fn owned_by(&self, roles: &[Identifier]) -> Vec<ComponentId> {
        let owned = self.of_kind(Kind::Owner).filter_map(|(id, declaration)| {
            let (ComponentName::OnObject { object, .. }, Shape::Owner(owner)) =
                (&id.name, &declaration.shape)
            else {
                return None;
            };
            owner.role.as_ref().filter(|role| roles.contains(role)).map(|_| (**object).clone())
        });
        owned.collect()
    }

    /// OWNER TO, of what all databases share. What the old owner may do becomes what the new one may do.
    pub(super) fn own_shared(
        &mut self,
        class: Shared,
        name: Identifier,
        role: Option<Identifier>,
        origin: &Origin,
    ) {
        let grant = |role: &Identifier| on_shared(class, name.clone(), Grantee::Role(role.clone()));
        let old = self.shared_owners.remove(&(class, name.clone()));
        let theirs =
            old.filter(|old| role.as_ref() != Some(old)).and_then(|old| self.components.remove(&grant(&old)));
        if let (Some(theirs), Some(new)) = (theirs, &role) {
            self.part_of(grant(new), origin).change(theirs.shape);
        }
        if let Some(new) = role {
            self.shared_owners.insert((class, name), new);
        }
    }

    /// What all databases share goes, with what may be done with it, or gets another name.
    pub(super) fn change_shared(
        &mut self,
        class: Shared,
        name: &Identifier,
        to: Option<&Identifier>,
        origin: &Origin,
    ) {
        let owner = self.shared_owners.remove(&(class, name.clone()));
        if let (Some(owner), Some(to)) = (owner, to) {
            self.shared_owners.insert((class, to.clone()), owner);
        }
        let is_on_it = |id: &ComponentId| matches!(&id.name, ComponentName::OnShared { class: of, name: on, .. } if *of == class && on == name);
        for id in self.ids(|id, _| is_on_it(id)) {
            let grant = self.components.remove(&id);
            if let (Some(grant), Some(to), ComponentName::OnShared { grantee, .. }) = (grant, to, id.name) {
                let renamed = on_shared(class, to.clone(), *grantee);
                self.part_of(renamed, origin).change(grant.shape);
            }
        }
    }

    /// A role goes with its memberships.
    pub(super) fn drop_role(&mut self, name: &Identifier) {
        let memberships = self.ids(|id, _| {
            matches!(&id.name, ComponentName::Membership { role, member } if role == name || member == name)
        });
        for id in memberships {
            self.remove(&id);
        }
    }

    /// The object that a statement means: the declared one of that name.
    fn object_of(&self, object: ComponentId) -> ComponentId {
        match &object.name {
            ComponentName::InSchema(name) if object.kind.is_relation() => {
                let kind = self.relation_kind(name).unwrap_or(object.kind);
                ComponentId { kind, ..object }
            }
            ComponentName::Routine { .. } => self.as_declared(object),
            ComponentName::OnRelation { relation, .. } if object.kind == Kind::Column => {
                let composite = ComponentId::in_schema(Kind::Type, relation.clone());
                if self.components.contains_key(&composite) {
                    ComponentId { kind: Kind::Type, ..object }
                } else {
                    object
                }
            }
            _ => object,
        }
    }
}
