//! Doubts about definitions: a statement changed what their text rests on, so that the text, planned anew, may mean
//! something else than what the server keeps. Equal is still equal, but unequal proves nothing.

use super::{Declaration, Declared};
use crate::core::component::ComponentId;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::sql::column_reference;
use crate::core::sql::lex::is_whole;

/// The kinds whose definitions are whole queries: they may say `*`, which means the columns of the day.
const QUERIES: [Kind; 3] = [Kind::View, Kind::MaterializedView, Kind::Policy];

impl Declared {
    /// Records a doubt, in the words of the statement, about the definitions that it concerns: by the relation that they
    /// are on, and their text, which may be mended instead.
    pub(super) fn doubt(&mut self, words: &str, concerns: impl Fn(Place<'_>, &mut String) -> bool) {
        let may_change =
            |_: &ComponentId, declaration: &Declaration| declaration.shape.may_have_definitions();
        self.components.change_each(may_change, |id, declaration| {
            let table = match &declaration.shape {
                Shape::Index(index) => index.relation.clone(),
                Shape::Statistics(statistics) => statistics.relation.clone(),
                _ => None,
            };
            let place = Place { id, relation: table.as_ref().or_else(|| id.relation()) };
            declaration.shape.definitions(&mut |_, slot| {
                if let Some(definition) = slot
                    && concerns(place, &mut definition.text)
                    && definition.doubt.is_none()
                {
                    definition.doubt = Some(words.to_owned());
                }
            });
        });
    }

    /// What says the old name of what is renamed: expressions over the table of a column say the new one from then on.
    pub(super) fn doubt_what_says(&mut self, renaming: &Renaming, words: &str) {
        let Some(old) = renaming.old_name() else { return };
        match renaming {
            Renaming::Column { relations, from, to } => self.doubt(words, |place, text| {
                if !mentions(text, from) && !says_all_columns(text) {
                    return false;
                }
                if let Some(table) = place.only_table().filter(|table| relations.contains(table))
                    && let Some(renamed) = column_reference::renamed(text, &table.name, from, to)
                {
                    *text = renamed;
                    return false;
                }
                place.relation.is_some_and(|relation| relations.contains(relation))
                    || place.itself().is_some_and(|name| relations.contains(name))
                    || relations.iter().any(|relation| mentions(text, &relation.name))
            }),
            _ => self.doubt(words, |_, text| mentions(text, old)),
        }
        if let Renaming::Schema { from, to } = renaming {
            self.rename_in_search_paths(from, to);
        }
    }

    /// A table gets another column: whatever says `*` of it, or joins it by the names that both sides have, would mean
    /// the new column too.
    pub(super) fn doubt_queries_of(&mut self, relation: &QualifiedName, column: &Identifier, words: &str) {
        self.doubt(words, |place, text| {
            QUERIES.contains(&place.id.kind)
                && mentions(text, &relation.name)
                && (says_all_columns(text) || mentions(text, column))
        });
    }

    /// A column gets another type: the server writes what names it anew.
    pub(super) fn doubt_what_names_column(
        &mut self,
        relation: &QualifiedName,
        column: &Identifier,
        words: &str,
    ) {
        let own = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
        self.doubt(words, |place, text| {
            *place.id == own || place.relation == Some(relation) && mentions(text, column)
        });
    }

    /// What was looked up in a schema is now found under the schema's new name.
    fn rename_in_search_paths(&mut self, from: &Identifier, to: &Identifier) {
        let may_change =
            |_: &ComponentId, declaration: &Declaration| declaration.shape.may_have_definitions();
        self.components.change_each(may_change, |_, declaration| {
            declaration.shape.definitions(&mut |_, slot| {
                if let Some(definition) = slot
                    && definition.search_path.contains(from)
                {
                    let renamed =
                        |schema: &Identifier| if schema == from { to.clone() } else { schema.clone() };
                    definition.search_path = definition.search_path.iter().map(renamed).collect();
                }
            });
        });
    }
}

/// Where a definition stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The component that has it.
    pub id: &'a ComponentId,
    /// The relation that the component is on.
    pub relation: Option<&'a QualifiedName>,
}

impl<'a> Place<'a> {
    /// The one table that a definition which is no query speaks of.
    fn only_table(self) -> Option<&'a QualifiedName> {
        match self.id.kind {
            Kind::Table => self.itself(),
            kind if QUERIES.contains(&kind) && kind != Kind::Policy => None,
            _ => self.relation,
        }
    }

    /// The name of the component itself, where it is a view.
    fn itself(self) -> Option<&'a QualifiedName> {
        match &self.id.name {
            crate::core::component::ComponentName::InSchema(name) => Some(name),
            _ => None,
        }
    }
}

/// Whether a text says the columns of a table without naming them.
pub(super) fn says_all_columns(text: &str) -> bool {
    text.contains('*') || text.contains("NATURAL")
}

/// Whether a name stands in a text as a word of its own: also in a string, and in a name in quotes, of which it may be
/// a part only.
pub(super) fn mentions(text: &str, name: &Identifier) -> bool {
    // Inside of quotes, a quote is doubled.
    let name = name.as_str().replace('"', "\"\"");
    text.match_indices(&name).any(|(start, found)| is_whole(text, &(start..start + found.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_mentioned_where_the_lexer_ends_the_words_around_it() {
        for (text, is_mentioned) in [
            ("note", true),
            ("a.note+1", true),
            ("\"note\" = 'x'", true),
            ("nextval('app.note'::regclass)", true),
            ("\"note of\"", true),
            ("notes", false),
            ("a_note", false),
            ("note$1", false),
            ("2note", false),
            ("énote", false),
            // No letters, and parts of a name all the same: PostgreSQL takes every byte beyond ASCII for one.
            ("note–a", false),
            ("\u{a0}note", false),
            ("", false),
        ] {
            assert_eq!(mentions(text, &Identifier::new("note")), is_mentioned, "{text}");
        }
        assert!(mentions("\"a\"\"b\"", &Identifier::new("a\"b")));
    }
}
