//! Definitions that are a set: the checks of a domain, the expressions of extended statistics.

use smol_str::SmolStr;

use crate::core::definition::{Definition, Normal};
use crate::core::kind::Comparison;

impl Comparison {
    /// Compares two sets of the same size: what means the same goes together, and what is left must be another one. As
    /// long as one of those is not known, none of them can be told; `another` says so in words.
    pub(super) fn definition_set(
        &mut self,
        part: &'static str,
        another: &str,
        declared: &[Option<Definition>],
        observed: &[Option<Definition>],
    ) {
        let mut left: Vec<&Option<Definition>> = observed.iter().collect();
        let mut alone = Vec::new();
        for one in declared {
            let same =
                form(one.as_ref()).and_then(|own| left.iter().position(|it| form(it.as_ref()) == Some(own)));
            match same {
                Some(position) => {
                    left.remove(position);
                    self.definitions_compared += 1;
                }
                None => alone.push(one),
            }
        }
        let unknown = alone.iter().chain(&left).any(|one| form(one.as_ref()).is_none());
        for (declared, observed) in alone.into_iter().zip(left) {
            let mut one = Self::default();
            one.definition(part, declared.as_ref(), observed.as_ref());
            if unknown && !one.differences.is_empty() {
                self.definitions_not_compared.push(another.to_owned());
                self.not_compared_because(part, another);
            } else {
                self.differences.extend(one.differences);
                self.not_compared.extend(one.not_compared);
                self.definitions_compared += one.definitions_compared;
                self.definitions_unseen += one.definitions_unseen;
                self.definitions_not_compared.extend(one.definitions_not_compared);
                self.unseen = self.unseen.take().or(one.unseen);
            }
        }
    }
}

fn form(definition: Option<&Definition>) -> Option<&SmolStr> {
    match definition?.normal.as_ref()? {
        Normal::Form(form) => Some(form),
        Normal::None(_) | Normal::Unseen(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(text: &str, form: Option<&str>) -> Definition {
        let mut definition = Definition::observed(text.into());
        definition.normal = form.map(|form| Normal::Form(form.into()));
        definition
    }

    fn told(declared: &[Option<Definition>], observed: &[Option<Definition>]) -> (usize, Vec<String>, usize) {
        let mut comparison = Comparison::default();
        comparison.definition_set("check", "another is not known", declared, observed);
        let differences = comparison.differences.iter().map(|it| format!("{} / {}", it.expected, it.actual));
        (comparison.definitions_compared, differences.collect(), comparison.not_compared.len())
    }

    #[test]
    fn nothing_in_a_set_is_called_different_while_one_is_not_known() {
        let a = Some(definition("a", Some("1")));
        let b = Some(definition("b", Some("2")));
        let c = Some(definition("c", Some("3")));
        let unknown = Some(definition("d", None));
        assert_eq!(told(&[a.clone(), b.clone()], &[b.clone(), a.clone()]), (2, vec![], 0));
        assert_eq!(told(&[a.clone(), b.clone()], &[c.clone(), a.clone()]), (2, vec!["b / c".into()], 0));
        assert_eq!(told(&[a.clone(), b.clone()], &[a.clone(), unknown.clone()]), (1, vec![], 1));
        assert_eq!(told(&[a, b], &[c, unknown]), (0, vec![], 2));
    }
}
