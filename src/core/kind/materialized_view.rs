//! Materialized views: `pg_class` of relkind `m`.

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Definition, Part};
use crate::core::kind::parameters::Parameters;
use crate::core::kind::view_columns::ViewColumns;
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room};
use crate::core::name::Identifier;
use crate::core::renaming::Renaming;

/// A materialized view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaterializedView {
    /// The body as declared; observed, `None` until its text is read.
    pub body: Option<Definition>,
    /// Whether it holds data (WITH DATA); a query of one that does not fails.
    pub populated: Option<bool>,
    /// The names of its columns: declared, as far as the list before AS and the query tell; observed, all.
    pub columns: Option<ViewColumns>,
    /// The access method, where the SQL names one.
    pub access_method: Option<Identifier>,
    /// WITH (...): storage parameters.
    pub parameters: Parameters,
}

impl Room for MaterializedView {
    const ABOUT: About = About {
        declared_by: "`CREATE MATERIALIZED VIEW`.",
        compared: "The names of its columns, the definition, the access method and the storage parameters \
            that SQL names.",
        not_compared: "The names of columns that only the tables tell (`*`) or the version of the server \
            (`extract`). Whether it is populated, which changes at run time, and its data.",
    };

    const QUERY: Option<&'static str> = Some(include_str!("materialized_view.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let id = ComponentId::in_schema(Kind::MaterializedView, row.qualified("schema", "name")?);
        let view = Self {
            body: None,
            populated: Some(row.boolean("populated")?),
            columns: Some(row.identifiers("columns")?),
            access_method: row.optional("access_method")?.map(Identifier::new),
            parameters: row.parameters("parameters")?,
        };
        Ok((id, view))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let Self { body, populated, columns, access_method, parameters } = self;
        let mut comparison = Comparison::default();
        comparison.either("data", *populated, observed.populated, ("populated", "not populated"));
        ViewColumns::compare(columns.as_ref(), observed.columns.as_ref(), &mut comparison);
        let (expected, actual) = (access_method.as_ref(), observed.access_method.as_ref());
        comparison.part("access method", expected, actual, ToString::to_string);
        parameters.compare(&observed.parameters, &mut comparison);
        if body.is_some() {
            comparison.definition("definition", body.as_ref(), observed.body.as_ref());
        }
        comparison
    }

    /// What ALTER MATERIALIZED VIEW says of one part leaves the others.
    fn change(&mut self, change: Self) {
        let Self { body, populated, columns, access_method, parameters } = change;
        self.body = body.or(self.body.take());
        self.populated = populated.or(self.populated);
        self.columns = columns.or(self.columns.take());
        self.access_method = access_method.or(self.access_method.take());
        self.parameters.change(parameters);
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
