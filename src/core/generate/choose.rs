//! Which of the objects are printed: those that are selected, and those that these need.

use std::collections::{BTreeMap, BTreeSet};

use super::Selection;
use super::collect::Collector;
use super::object::{Class, Node, Object, Stage};
use super::row::RoleUse;

impl Collector {
    /// What is selected: an object by its own name, what is on a relation with it. Of a part of a database, schemas,
    /// extensions and the like come as they are needed, and what is in no schema and needs others comes where all of
    /// these do.
    pub(super) fn choose(&self, selection: &Selection) -> BTreeSet<Node> {
        let is_of_a_part = selection.is_of_a_part();
        let by_need = |object: &Object| match object.stage {
            Stage::Schema => !selection.include.is_empty(),
            Stage::Extension => is_of_a_part,
            _ => false,
        };
        let objects =
            self.objects.values().filter(|object| !object.is_empty() && object.stage != Stage::Role);
        let (followers, others): (Vec<&Object>, Vec<&Object>) =
            objects.partition(|object| is_of_a_part && follows(object));
        let wanted = others.iter().filter(|object| !by_need(object) && self.is_wanted(object, selection));
        let mut chosen: BTreeSet<Node> = wanted.map(|object| object.node).collect();
        self.add_needed(&mut chosen, by_need);
        let needs = self.needs_of(&followers);
        for object in followers {
            let asked_for = !selection.include.is_empty() && self.is_wanted(object, selection);
            let comes_along = !selection.excludes(object.schema.as_deref(), &object.name)
                && needs.get(&object.node).is_some_and(|needs| needs.is_subset(&chosen));
            if asked_for || comes_along {
                chosen.insert(object.node);
            }
        }
        self.add_needed(&mut chosen, by_need);
        chosen
    }

    fn is_wanted(&self, object: &Object, selection: &Selection) -> bool {
        let object = object.with.and_then(|relation| self.objects.get(&relation)).unwrap_or(object);
        let schema = object.schema.as_deref().filter(|_| object.stage != Stage::Schema);
        selection.wants(schema, &object.name)
    }

    /// Adds what is needed, and what that needs.
    fn add_needed(&self, chosen: &mut BTreeSet<Node>, by_need: impl Fn(&Object) -> bool) {
        loop {
            let of_chosen = self.depends.iter().filter(|(from, _)| chosen.contains(&self.resolve(*from)));
            let needed = of_chosen.map(|(_, on)| self.resolve(*on)).filter(|on| !chosen.contains(on));
            let needed: Vec<Node> = needed
                .filter(|on| self.objects.get(on).is_some_and(|object| by_need(object) && !object.is_empty()))
                .collect();
            if needed.is_empty() {
                return;
            }
            chosen.extend(needed);
        }
    }

    /// What each of some objects needs of those that can be chosen.
    fn needs_of(&self, objects: &[&Object]) -> BTreeMap<Node, BTreeSet<Node>> {
        let nodes: BTreeSet<Node> = objects.iter().map(|object| object.node).collect();
        let mut needs: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        for (from, on) in &self.depends {
            let (from, on) = (self.resolve(*from), self.resolve(*on));
            let counts = from != on && on.class != Class::Other && !self.built_in.contains(&on);
            if counts && nodes.contains(&from) {
                needs.entry(from).or_default().insert(on);
            }
        }
        needs
    }

    /// The roles that chosen objects name: in privileges and policies, and as owners where these are said.
    pub(super) fn roles_named(&self, chosen: &BTreeSet<Node>, owners: bool) -> Vec<(Node, &RoleUse)> {
        let uses = self.role_uses.iter().filter(|of| owners || !of.owns);
        let placed = uses.map(|of| (self.resolve(Node::new(of.class, of.oid)), of));
        placed.filter(|(node, _)| chosen.contains(node)).collect()
    }

    /// Adds the roles, and those that they are members of, with the statements that make them so.
    pub(super) fn choose_roles(&mut self, chosen: &mut BTreeSet<Node>, roles: &BTreeSet<Node>) {
        let mut todo: Vec<Node> = roles.iter().copied().collect();
        while let Some(role) = todo.pop() {
            if self.objects.contains_key(&role) && chosen.insert(role) {
                let of = self.memberships.iter().filter(|(member, ..)| *member == role);
                todo.extend(of.map(|(_, group, _)| *group));
            }
        }
        for (member, group, statement) in &self.memberships {
            if chosen.contains(member)
                && let Some(object) = self.objects.get_mut(member)
            {
                object.after.push((*group, statement.clone()));
            }
        }
    }

    /// What names a role needs it, and so does a member the role that it is a member of.
    pub(super) fn role_edges(&self, chosen: &BTreeSet<Node>) -> Vec<(Node, Node)> {
        let uses = self.role_uses.iter();
        let uses =
            uses.map(|of| (self.resolve(Node::new(of.class, of.oid)), Node::new(Class::PgAuthid, of.role)));
        let memberships = self.memberships.iter().map(|(member, group, _)| (*member, *group));
        let edges = uses.chain(memberships);
        edges.filter(|(from, on)| chosen.contains(from) && chosen.contains(on)).collect()
    }
}

/// Whether an object is in no schema, and says something of others.
const fn follows(object: &Object) -> bool {
    matches!(
        object.node.class,
        Class::PgCast | Class::PgPublication | Class::PgEventTrigger | Class::PgUserMapping
    )
}
