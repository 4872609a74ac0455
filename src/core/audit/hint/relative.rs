//! What a missing component may be after all.

use serde::Deserialize;

use crate::core::name::QualifiedName;

/// The kind of a relative that is none: a missing extension that the server does not offer.
pub(super) const NOT_OFFERED: &str = "extension that is not offered";

/// Something of the database that a missing component may be, or what the server says of one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Relative {
    /// Its kind: the id of a [`Kind`](crate::core::kind::Kind), `foreign_table`, or [`NOT_OFFERED`].
    pub(super) kind: String,
    pub(super) schema: String,
    pub(super) name: String,
    /// The missing table of the same schema whose columns it has.
    pub(super) has_columns_of: Option<String>,
}

impl Relative {
    /// Reads the one column of a row of the answer. `None` when it is not as promised: a hint is not worth an error.
    #[must_use]
    pub fn read(row: &str) -> Option<Self> {
        serde_json::from_str(row).ok()
    }

    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.kind, QualifiedName::new(&*self.schema, &*self.name))
    }
}
