//! The order in which objects can be made: what an object needs comes before it.

use std::collections::{BTreeMap, BTreeSet};

use super::object::{Class, Node, Object, Text};
use super::print;
use super::row::Table;

/// Objects, and which needs which.
#[derive(Debug)]
pub struct Graph {
    objects: BTreeMap<Node, Object>,
    /// What each object, and each part of a table, needs.
    needs: BTreeMap<Node, BTreeSet<Node>>,
}

/// Objects in an order in which they can be made.
#[derive(Debug)]
pub struct Sorted {
    /// The objects.
    pub objects: Vec<Object>,
    /// By position: the positions of what each needs.
    pub needs: Vec<BTreeSet<usize>>,
    positions: BTreeMap<Node, usize>,
    /// The tables of the parts that stand inside of them.
    tables: BTreeMap<Node, Node>,
}

impl Graph {
    /// Joins both.
    pub fn new(objects: BTreeMap<Node, Object>, edges: Vec<(Node, Node)>) -> Self {
        let mut needs: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
        for (from, on) in edges {
            needs.entry(from).or_default().insert(on);
        }
        Self { objects, needs }
    }

    fn of(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        self.needs.get(&node).into_iter().flatten().copied()
    }

    /// Whether `from` needs `wanted`, directly or by way of others.
    fn reaches(&self, from: Node, wanted: Node) -> bool {
        let mut seen = BTreeSet::from([from]);
        let mut todo = vec![from];
        while let Some(node) = todo.pop() {
            if node == wanted {
                return true;
            }
            todo.extend(self.of(node).filter(|next| seen.insert(*next)));
        }
        false
    }
}

/// The defaults and constraints inside of a table: what they need, the table needs, unless that needs the table.
pub fn parts(table: &Table) -> impl Iterator<Item = Node> + '_ {
    let defaults = table.columns.iter().flatten().filter(|column| column.generated.is_empty());
    let defaults = defaults.filter_map(|column| Some(Node::new(Class::PgAttrdef, column.default_oid?)));
    let constraints = table.constraints.iter().flatten().filter(|constraint| !constraint.is_apart);
    defaults.chain(constraints.map(|constraint| Node::new(Class::PgConstraint, constraint.oid)))
}

/// Sorts; what could not be put in order is told in sentences.
pub fn order(mut graph: Graph) -> (Sorted, Vec<String>) {
    let tables = place_parts(&mut graph);
    let mut by_key: Vec<&Object> = graph.objects.values().collect();
    by_key.sort_by_cached_key(|object| sort_key(object));
    let place: BTreeMap<Node, usize> =
        by_key.iter().enumerate().map(|(place, object)| (object.node, place)).collect();
    let needs: Vec<BTreeSet<usize>> = by_key
        .iter()
        .map(|object| graph.of(object.node).filter_map(|node| place.get(&node).copied()).collect())
        .collect();
    let (sequence, cycles) = visit(&needs);
    let told = cycles.into_iter().map(|(from, on)| {
        let (from, on) = (by_key[from].label(), by_key[on].label());
        format!("{from} and {on} need each other; the SQL names one before it is made")
    });
    let told = told.collect();
    let mut position_of = vec![0; sequence.len()];
    for (position, place) in sequence.iter().enumerate() {
        position_of[*place] = position;
    }
    let sorted_needs = sequence
        .iter()
        .map(|place| needs[*place].iter().map(|place| position_of[*place]).collect())
        .collect();
    let nodes: Vec<Node> = sequence.iter().map(|place| by_key[*place].node).collect();
    let positions = nodes.iter().enumerate().map(|(position, node)| (*node, position)).collect();
    let Graph { mut objects, .. } = graph;
    let objects = nodes.iter().filter_map(|node| objects.remove(node)).collect();
    (Sorted { objects, needs: sorted_needs, positions, tables }, told)
}

/// By stage; in it by name, a table before what is on it.
fn sort_key(object: &Object) -> (super::object::Stage, String, bool, String, &'static str) {
    (object.stage, object.key.clone(), object.with.is_some(), object.name.clone(), object.words)
}

/// Puts each part into its table, or makes an object of it where the table would have to wait for itself.
fn place_parts(graph: &mut Graph) -> BTreeMap<Node, Node> {
    let mut inside = BTreeMap::new();
    let tables: Vec<Node> = graph
        .objects
        .values()
        .filter(|object| matches!(object.text, Text::Table(_)))
        .map(|object| object.node)
        .collect();
    for table in tables {
        let Some(Object { text: Text::Table(row), .. }) = graph.objects.get(&table) else { continue };
        let parts: Vec<Node> = parts(row).collect();
        for part in parts {
            let needs: BTreeSet<Node> = graph.of(part).filter(|node| *node != table).collect();
            if needs.iter().any(|node| graph.reaches(*node, table)) {
                set_apart(graph, table, part);
                graph.needs.entry(part).or_default().insert(table);
            } else {
                graph.needs.entry(table).or_default().extend(needs);
                inside.insert(part, table);
            }
        }
    }
    inside
}

fn set_apart(graph: &mut Graph, table: Node, part: Node) {
    let Some(Object { text: Text::Table(row), .. }) = graph.objects.get_mut(&table) else { return };
    let object = if part.class == Class::PgAttrdef {
        let column = row.columns.iter_mut().flatten().find(|column| column.default_oid == Some(part.oid));
        let Some(column) = column else { return };
        column.default_is_apart = true;
        let column = column.clone();
        let Some(expression) = &column.default else { return };
        print::table::default(row, &column, part.oid, expression)
    } else {
        let mut constraints = row.constraints.iter_mut().flatten();
        let Some(constraint) = constraints.find(|constraint| constraint.oid == part.oid) else { return };
        constraint.is_apart = true;
        let constraint = constraint.clone();
        print::table::constraint(row, &constraint)
    };
    let mut object = object;
    if let Some(table) = graph.objects.get_mut(&table) {
        // What is said of the part goes with it.
        let (of_part, of_table) =
            std::mem::take(&mut table.after).into_iter().partition(|(about, _)| *about == part);
        (object.after, table.after) = (of_part, of_table);
    }
    graph.objects.insert(part, object);
}

/// Depth first, without recursion: the order of visits' ends, and the needs that lead back.
fn visit(needs: &[BTreeSet<usize>]) -> (Vec<usize>, Vec<(usize, usize)>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; needs.len()];
    let (mut sequence, mut cycles) = (Vec::with_capacity(needs.len()), Vec::new());
    for start in 0..needs.len() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::Open;
        let mut path = vec![(start, needs[start].iter())];
        while let Some((node, rest)) = path.last_mut() {
            let node = *node;
            match rest.next() {
                Some(&next) if states[next] == State::New => {
                    states[next] = State::Open;
                    path.push((next, needs[next].iter()));
                }
                Some(&next) => {
                    if states[next] == State::Open {
                        cycles.push((node, next));
                    }
                }
                None => {
                    states[node] = State::Done;
                    sequence.push(node);
                    path.pop();
                }
            }
        }
    }
    (sequence, cycles)
}

impl Sorted {
    /// The object that prints this one: itself, or the table that it is a part of.
    pub fn holder(&self, node: Node) -> Node {
        self.tables.get(&node).copied().unwrap_or(node)
    }

    /// The name of the object that prints this one.
    pub fn label_of(&self, node: Node) -> Option<String> {
        let position = self.positions.get(&self.holder(node))?;
        Some(self.objects.get(*position)?.label())
    }
}
