//! From answers to normal forms.
//!
//! A form only says something beside another one of the same statement's kind: the same search path, the same stub.
//! An observed text may be asked for under several search paths, because what is declared was, so that forms become
//! classes of what means the same, and a class is the normal form.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::ToSmolStr;

use super::Place;
use crate::core::audit::observation::Observation;
use crate::core::definition::{Definition, Normal};

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The feature's.
    Declared,
    /// The database's.
    Observed,
}

/// What the forms of one statement can be compared with: the search path, and what the columns come from.
pub type Context = (usize, usize);

/// All answers, as they come in.
#[derive(Debug, Default)]
pub struct Answers {
    /// The texts that take part: whose, and where.
    nodes: Vec<(Side, Arc<Place>)>,
    /// Their numbers, by place: of those declared, and of those observed.
    numbers: [BTreeMap<Arc<Place>, usize>; 2],
    /// The texts of what was observed, by number.
    texts: BTreeMap<usize, String>,
    /// The first node of each form, and the node that each node means the same as, towards a common one.
    forms: BTreeMap<(Context, String), usize>,
    same_as: Vec<usize>,
    answered: Vec<bool>,
    failed: BTreeMap<usize, Normal>,
    /// Which are compared, where the declared one depends on when its statement ran.
    momentary: Vec<(usize, usize)>,
}

/// What came of answers.
#[derive(Debug, Default)]
pub struct Settled {
    /// The normal forms of what is declared.
    pub normals: BTreeMap<Place, Normal>,
    /// What was observed, with its text and its normal form.
    pub definitions: Vec<(Place, Definition)>,
}

impl Settled {
    /// Puts it where the comparison finds it.
    pub fn record(self, observation: &mut Observation) {
        observation.normals.extend(self.normals);
        for ((id, part), definition) in self.definitions {
            observation.catalog.learn(&id, part, definition);
        }
    }
}

impl Answers {
    /// The number of a node.
    pub fn node(&mut self, side: Side, place: &Place) -> usize {
        let numbers = &mut self.numbers[side as usize];
        if let Some(number) = numbers.get(place) {
            return *number;
        }
        let number = self.nodes.len();
        let place = Arc::new(place.clone());
        numbers.insert(place.clone(), number);
        self.nodes.push((side, place));
        self.same_as.push(number);
        self.answered.push(false);
        number
    }

    /// Whose text a node is.
    #[must_use]
    pub fn side(&self, node: usize) -> Option<Side> {
        self.nodes.get(node).map(|(side, _)| *side)
    }

    /// Records the text of what was observed.
    pub fn text(&mut self, node: usize, text: &str) {
        self.texts.insert(node, text.to_owned());
    }

    /// Records that a declared text depends on the moment at which its statement ran: that another form proves nothing.
    pub fn momentary(&mut self, declared: usize, observed: usize) {
        self.momentary.push((declared, observed));
    }

    /// Records a form.
    pub fn form(&mut self, node: usize, context: Context, form: String) {
        let first = *self.forms.entry((context, form)).or_insert(node);
        self.same(node, first);
    }

    /// Records that two mean the same.
    pub fn same(&mut self, one: usize, other: usize) {
        self.answered[one] = true;
        self.answered[other] = true;
        let (one, other) = (self.class(one), self.class(other));
        self.same_as[one.max(other)] = one.min(other);
    }

    /// Records that a node has no form; this holds whatever other statements say.
    pub fn failed(&mut self, node: usize, why: Normal) {
        self.failed.entry(node).or_insert(why);
    }

    fn class(&self, mut node: usize) -> usize {
        while self.same_as[node] != node {
            node = self.same_as[node];
        }
        node
    }

    /// How many classes there can be.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing takes part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Gives the normal forms and the texts. The classes are numbered from `first`: those
    /// of answers that are settled one after the other are not the same.
    pub fn settle(mut self, first: usize, settled: &mut Settled) {
        for (declared, observed) in std::mem::take(&mut self.momentary) {
            if self.class(declared) != self.class(observed) {
                let why = "it depends on when its statement ran".to_owned();
                self.failed(declared, Normal::None(why));
            }
        }
        self.forms.clear();
        self.numbers = Default::default();
        for (number, (side, place)) in std::mem::take(&mut self.nodes).into_iter().enumerate() {
            let form =
                || self.answered[number].then(|| Normal::Form((first + self.class(number)).to_smolstr()));
            let normal = self.failed.get(&number).cloned().or_else(form);
            match side {
                Side::Declared => {
                    if let Some(normal) = normal {
                        settled.normals.insert(Arc::unwrap_or_clone(place), normal);
                    }
                }
                Side::Observed => {
                    let text = self.texts.remove(&number).unwrap_or_default();
                    let mut definition = Definition::observed(text);
                    definition.normal = normal;
                    settled.definitions.push((Arc::unwrap_or_clone(place), definition));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::component::ComponentId;
    use crate::core::definition::Part;
    use crate::core::kind::Kind;
    use crate::core::name::QualifiedName;

    fn place(name: &str) -> Place {
        let table = QualifiedName::new("app", "t");
        (ComponentId::on_relation(Kind::Constraint, table, name), Part::only("expression"))
    }

    /// The normal forms of these declared places.
    fn settled(answers: Answers, names: &[&str]) -> Vec<Normal> {
        let mut settled = Settled::default();
        answers.settle(0, &mut settled);
        names.iter().map(|name| settled.normals[&place(name)].clone()).collect()
    }

    #[test]
    fn the_same_form_in_the_same_context_means_the_same_even_by_way_of_another() {
        let mut answers = Answers::default();
        let [a, b, c] = ["a", "b", "c"].map(|name| answers.node(Side::Declared, &place(name)));
        let seen = answers.node(Side::Observed, &place("o"));
        answers.form(a, (0, 0), "x".into());
        answers.form(seen, (0, 0), "x".into());
        answers.form(seen, (1, 0), "y".into());
        answers.form(b, (1, 0), "y".into());
        answers.form(c, (1, 0), "x".into());
        let forms = settled(answers, &["a", "b", "c"]);
        assert_eq!(forms[0], forms[1]);
        assert_ne!(forms[0], forms[2]);
    }

    #[test]
    fn what_means_the_same_by_way_of_several_is_one_class_for_both_sides() {
        let mut answers = Answers::default();
        let [a, b, c] = ["a", "b", "c"].map(|name| answers.node(Side::Declared, &place(name)));
        let [seen, _] = ["o", "p"].map(|name| answers.node(Side::Observed, &place(name)));
        assert_eq!((answers.node(Side::Declared, &place("b")), answers.len()), (b, 5));
        answers.text(seen, "o's text");
        // Towards the first one, in steps.
        for (one, other) in [(c, seen), (b, c), (a, b)] {
            answers.same(one, other);
        }
        let form = |class: &str| Normal::Form(class.into());
        let mut settled = Settled::default();
        answers.settle(10, &mut settled);
        // No other answers have these classes.
        for name in ["a", "b", "c"] {
            assert_eq!(settled.normals[&place(name)], form("10"), "{name}");
        }
        let observed: Vec<_> =
            settled.definitions.iter().map(|(_, it)| (it.text.as_str(), it.normal.clone())).collect();
        // Of what nobody said anything, nothing is known.
        assert_eq!(observed, [("o's text", Some(form("10"))), ("", None)]);
    }

    #[test]
    fn what_failed_once_has_no_form_whatever_else_is_said() {
        let mut answers = Answers::default();
        let a = answers.node(Side::Declared, &place("a"));
        answers.form(a, (0, 0), "x".into());
        answers.failed(a, Normal::None("why".into()));
        answers.failed(a, Normal::None("something else".into()));
        assert_eq!(settled(answers, &["a"]), [Normal::None("why".into())]);
    }

    #[test]
    fn what_depends_on_when_it_ran_is_equal_or_not_compared() {
        for (form, decided) in [("x", true), ("y", false)] {
            let mut answers = Answers::default();
            let a = answers.node(Side::Declared, &place("a"));
            let seen = answers.node(Side::Observed, &place("a"));
            answers.form(a, (0, 0), "x".into());
            answers.form(seen, (0, 0), form.into());
            answers.momentary(a, seen);
            assert_eq!(matches!(settled(answers, &["a"])[0], Normal::Form(_)), decided);
        }
    }
}
