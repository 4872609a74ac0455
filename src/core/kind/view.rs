//! Views: `pg_class` of relkind `v`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Definition, Part};
use crate::core::kind::parameters::{Parameters, boolean};
use crate::core::kind::view_columns::ViewColumns;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::renaming::Renaming;

/// A view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The body as declared; observed, `None` until its text is read.
    pub body: Option<Definition>,
    /// The names of its columns: declared, as far as the list before AS and the query tell; observed, all.
    pub columns: Option<ViewColumns>,
    /// `security_invoker` (PostgreSQL 15). CREATE VIEW that does not say it means no (k27).
    pub security_invoker: Option<bool>,
    /// `security_barrier`, likewise.
    pub security_barrier: Option<bool>,
    /// WITH CHECK OPTION, likewise.
    pub check_option: Option<CheckOption>,
}

/// WITH CHECK OPTION (the storage parameter `check_option`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOption {
    /// None.
    No,
    /// LOCAL.
    Local,
    /// CASCADED.
    Cascaded,
}

impl Room for View {
    const ABOUT: About = About {
        declared_by: "`CREATE VIEW`, `ALTER VIEW`.",
        compared: "The names of its columns, the definition, `security_invoker`, `security_barrier` and the check \
            option.",
        not_compared: "The names of columns that only the tables tell (`*`) or the version of the server \
            (`extract`). Defaults of its columns.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("view.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let id = ComponentId::in_schema(Kind::View, row.qualified("schema", "name")?);
        let mut view = Self::with_options(&row.parameters("parameters")?);
        view.columns = Some(row.identifiers("columns")?);
        Ok((id, view))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { body, columns, security_invoker, security_barrier, check_option } = self;
        let mut comparison = Comparison::default();
        ViewColumns::compare(columns.as_ref(), observed.columns.as_ref(), &mut comparison);
        let words = ("of the invoker", "of the owner");
        comparison.either("rights", *security_invoker, observed.security_invoker, words);
        let words = ("a barrier", "no barrier");
        comparison.either("security barrier", *security_barrier, observed.security_barrier, words);
        let (expected, actual) = (check_option.as_ref(), observed.check_option.as_ref());
        comparison.part("check option", expected, actual, |option| option.words().to_owned());
        if body.is_some() {
            comparison.definition("definition", body.as_ref(), observed.body.as_ref());
        }
        comparison
    }

    /// What ALTER VIEW says of one part leaves the others.
    fn change(&mut self, change: Self) {
        let Self { body, columns, security_invoker, security_barrier, check_option } = change;
        self.body = body.or(self.body.take());
        self.columns = columns.or(self.columns.take());
        self.security_invoker = security_invoker.or(self.security_invoker);
        self.security_barrier = security_barrier.or(self.security_barrier);
        self.check_option = check_option.or(self.check_option);
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        if let (ComponentName::InSchema(name), Some(columns)) = (&id.name, &mut self.columns) {
            columns.rename(name, renaming);
        }
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        visit(Part::only("definition"), &mut self.body);
    }
}

impl View {
    /// The options of a view, all of them; one that is not among the parameters has its default.
    #[must_use]
    pub fn with_options(parameters: &Parameters) -> Self {
        let is_on = |name: &str| Some(parameters.get(name).is_some_and(|value| boolean(value) == Some(true)));
        Self {
            security_invoker: is_on("security_invoker"),
            security_barrier: is_on("security_barrier"),
            check_option: Some(CheckOption::of(parameters.get("check_option"))),
            ..Self::default()
        }
    }

    /// Those options that are said, set or reset; the others are open.
    #[must_use]
    pub fn with_options_said(parameters: &Parameters) -> Self {
        let Self { security_invoker, security_barrier, check_option, .. } = Self::with_options(parameters);
        let said = |name: &str| !parameters.is_open(name);
        Self {
            security_invoker: security_invoker.filter(|_| said("security_invoker")),
            security_barrier: security_barrier.filter(|_| said("security_barrier")),
            check_option: check_option.filter(|_| said("check_option")),
            ..Self::default()
        }
    }
}

impl CheckOption {
    fn of(value: Option<&str>) -> Self {
        match value.map(str::to_ascii_lowercase).as_deref() {
            Some("local") => Self::Local,
            Some("cascaded") => Self::Cascaded,
            _ => Self::No,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::No => "none",
            Self::Local => "local",
            Self::Cascaded => "cascaded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::kind::testing::told;

    #[test]
    fn a_body_is_not_compared_and_never_a_difference() {
        let declared = View { body: Some(Definition::observed("select 1".into())), ..View::default() };
        assert_eq!(told(&declared, &View::default()), ["not compared: definition"]);
        assert_eq!(told(&View::default(), &View::default()), Vec::<String>::new());
    }

    #[test]
    fn k27_options_are_a_part_of_a_view() {
        let with = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            View::with_options(&Parameters::stored(&entries, ""))
        };
        let safe = with(&["security_invoker=true", "security_barrier", "check_option=local"]);
        assert_eq!(told(&safe, &with(&["security_invoker=on", "check_option=LOCAL"])), Vec::<String>::new());
        let all = with(&["security_invoker=1", "security_barrier=on", "check_option=cascaded"]);
        assert_eq!(
            told(&all, &with(&[])),
            [
                "rights: of the invoker / of the owner",
                "security barrier: a barrier / no barrier",
                "check option: cascaded / none"
            ]
        );
        assert_eq!(told(&with(&[]), &all).len(), 3);
        assert_eq!(told(&View::default(), &all), Vec::<String>::new());
    }
}
