//! What makes a table partitioned, and a partition one of it: the key (`pg_partitioned_table`) and the bound
//! (`pg_class.relpartbound`).

use std::fmt;

use crate::core::kind::index_key::IndexKey;
use crate::core::kind::letter::Letter;
use crate::core::name::QualifiedName;
use crate::core::type_name::TypeName;

mod datum;

pub use datum::{Datum, DatumType};

/// PARTITION BY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionKey {
    /// RANGE, LIST or HASH.
    pub strategy: Strategy,
    /// Columns and expressions in order.
    pub keys: Vec<IndexKey>,
}

/// How rows find their partition (`pg_partitioned_table.partstrat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// RANGE.
    Range,
    /// LIST.
    List,
    /// HASH.
    Hash,
}

/// Whether a table is a partition (`pg_class.relispartition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Partition {
    /// A table of its own.
    No,
    /// PARTITION OF.
    Of {
        /// The partitioned table.
        parent: QualifiedName,
        /// FOR VALUES, or DEFAULT; `None` where it could not be read.
        bound: Option<Bound>,
    },
}

/// Which rows a partition takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// DEFAULT: what no other partition takes.
    Default,
    /// WITH (MODULUS, REMAINDER).
    Hash {
        /// MODULUS.
        modulus: i64,
        /// REMAINDER.
        remainder: i64,
    },
    /// IN (...).
    List(Vec<Datum>),
    /// FROM (...) TO (...).
    Range {
        /// The least values, which belong to it.
        from: Vec<Datum>,
        /// The values before which it ends.
        to: Vec<Datum>,
    },
}

impl Bound {
    /// Reads a bound as `pg_get_expr(relpartbound, 0)` prints it (`get_rule_expr` of `T_PartitionBoundSpec` in
    /// PostgreSQL's `ruleutils.c`). `None` for what it never prints.
    #[must_use]
    pub fn parse(printed: &str) -> Option<Self> {
        if printed == "DEFAULT" {
            return Some(Self::Default);
        }
        let rest = printed.strip_prefix("FOR VALUES ")?;
        if let Some(rest) = rest.strip_prefix("WITH (modulus ") {
            let (modulus, remainder) = rest.strip_suffix(')')?.split_once(", remainder ")?;
            return Some(Self::Hash { modulus: modulus.parse().ok()?, remainder: remainder.parse().ok()? });
        }
        if let Some(rest) = rest.strip_prefix("IN ") {
            return match datum::list(rest)? {
                (values, "") => Some(Self::List(values)),
                _ => None,
            };
        }
        let (from, rest) = datum::list(rest.strip_prefix("FROM ")?)?;
        match datum::list(rest.strip_prefix(" TO ")?)? {
            (to, "") => Some(Self::Range { from, to }),
            _ => None,
        }
    }

    /// Whether a declared bound is this observed one, over a key of these types; `None` where that cannot be decided.
    ///
    /// The server keeps the values after it cast them to the types of the key (`transformPartitionBoundValue` in
    /// PostgreSQL's `parse_utilcmd.c`), those of a list each once and in any order.
    #[must_use]
    pub fn is(&self, observed: &Self, types: &[DatumType]) -> Option<bool> {
        match (self, observed) {
            (Self::List(expected), Self::List(actual)) => datum::same_set(expected, actual, types.first()),
            (Self::Range { from, to }, Self::Range { from: actual_from, to: actual_to }) => {
                let from = datum::same_row(from, actual_from, types);
                let to = datum::same_row(to, actual_to, types);
                match (from, to) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            _ => Some(self == observed),
        }
    }
}

impl Letter for Strategy {
    const LETTERS: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Range, "r", "range"), (Self::List, "l", "list"), (Self::Hash, "h", "hash")];
}

/// As in PARTITION BY.
impl fmt::Display for PartitionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        write!(f, "{} ({})", self.strategy.words(), keys.join(", "))
    }
}

/// As in PARTITION OF.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[Datum]| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            format!("({})", values.join(", "))
        };
        match self {
            Self::Default => f.write_str("default"),
            Self::Hash { modulus, remainder } => write!(f, "with (modulus {modulus}, remainder {remainder})"),
            Self::List(values) => write!(f, "in {}", list(values)),
            Self::Range { from, to } => write!(f, "from {} to {}", list(from), list(to)),
        }
    }
}

/// The types of a partition key as the catalog gives them: each printed, with its `typtype`.
#[must_use]
pub fn datum_types(rows: &[Option<(String, String)>]) -> Vec<DatumType> {
    rows.iter()
        .map(|row| match row {
            Some((_, sort)) if sort == "e" => DatumType::Word,
            Some((printed, _)) => DatumType::of(&crate::core::kind::format_type::parse(printed)),
            None => DatumType::Other,
        })
        .collect()
}

impl DatumType {
    /// How values of a type are compared.
    fn of(data_type: &TypeName) -> Self {
        let built_in = data_type.schema.as_ref().is_some_and(|schema| schema.as_str() == "pg_catalog");
        if !built_in || data_type.array {
            return Self::Other;
        }
        match data_type.name.as_str() {
            "int2" | "int4" | "int8" | "numeric" | "float4" | "float8" | "oid" => Self::Number,
            "text" | "varchar" | "name" => Self::Word,
            "bpchar" => Self::Padded,
            "bool" => Self::Boolean,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::Instant,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The left-hand sides are what servers of 12 to 18 print.
    #[test]
    fn bounds_are_read_as_the_server_prints_them() {
        for (printed, shown) in [
            ("DEFAULT", Some("default")),
            ("FOR VALUES WITH (modulus 4, remainder 1)", Some("with (modulus 4, remainder 1)")),
            ("FOR VALUES IN ('a', 'b', NULL)", Some("in ('a', 'b', null)")),
            ("FOR VALUES IN (true)", Some("in ('true')")),
            ("FOR VALUES IN ('x''y, (z', E'a\\\\b')", Some("in ('x''y, (z', 'a\\b')")),
            (
                "FOR VALUES FROM (1.50, MINVALUE) TO ('10', MAXVALUE)",
                Some("from ('1.50', minvalue) to ('10', maxvalue)"),
            ),
            ("FOR VALUES IN (", None),
            ("FOR VALUES IN ('a'", None),
            ("something", None),
        ] {
            assert_eq!(Bound::parse(printed).map(|bound| bound.to_string()).as_deref(), shown, "{printed}");
        }
    }

    #[test]
    fn bounds_are_compared_by_the_values_of_their_type() {
        let types = |name: &str| datum_types(&[Some((name.to_owned(), "b".to_owned()))]);
        for (declared, observed, type_name, is) in [
            ("DEFAULT", "DEFAULT", "text", Some(true)),
            ("DEFAULT", "FOR VALUES IN ('a')", "text", Some(false)),
            (
                "FOR VALUES WITH (modulus 4, remainder 1)",
                "FOR VALUES WITH (modulus 4, remainder 2)",
                "text",
                Some(false),
            ),
            ("FOR VALUES IN ('b', 'a', 'a')", "FOR VALUES IN ('a', 'b')", "text", Some(true)),
            ("FOR VALUES IN ('b')", "FOR VALUES IN ('a', 'b')", "text", Some(false)),
            ("FOR VALUES IN ('b', 'c')", "FOR VALUES IN ('b')", "text", Some(false)),
            ("FOR VALUES IN ('b')", "FOR VALUES IN ('B')", "public.citext", None),
            ("FOR VALUES IN (NULL)", "FOR VALUES IN ('a')", "public.citext", Some(false)),
            ("FOR VALUES FROM ('01') TO (1e3)", "FOR VALUES FROM (1) TO (1000)", "bigint", Some(true)),
            ("FOR VALUES FROM (1) TO (10)", "FOR VALUES FROM (1) TO (11)", "bigint", Some(false)),
            ("FOR VALUES FROM (1) TO (10)", "FOR VALUES FROM (MINVALUE) TO (10)", "bigint", Some(false)),
            (
                "FOR VALUES FROM ('2024-1-1') TO ('20250101')",
                "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "date",
                Some(true),
            ),
            (
                "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01 00:00')",
                "FOR VALUES FROM ('2024-01-01 00:00:00') TO ('2025-01-01 00:00:00')",
                "timestamp without time zone",
                Some(true),
            ),
            (
                "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "FOR VALUES FROM ('2024-01-01 00:00:00') TO ('2025-02-01 00:00:00')",
                "timestamp without time zone",
                Some(false),
            ),
            (
                "FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01T02:00:00+02:00')",
                "FOR VALUES FROM ('2024-01-01 01:00:00+01') TO ('2025-01-01 00:00:00+00')",
                "timestamp with time zone",
                Some(true),
            ),
            (
                "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "FOR VALUES FROM ('2023-12-31 23:00:00+00') TO ('2024-12-31 23:00:00+00')",
                "timestamp with time zone",
                None,
            ),
            (
                "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "FOR VALUES FROM ('2024-01-01 00:00:00+01') TO ('2025-01-01 00:00:00+01')",
                "timestamp with time zone",
                Some(true),
            ),
            (
                "FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "FOR VALUES FROM ('2024-01-01 00:00:00+01') TO ('2026-01-01 00:00:00+01')",
                "timestamp with time zone",
                Some(false),
            ),
            ("FOR VALUES IN (true)", "FOR VALUES IN ('t')", "boolean", Some(true)),
            (
                "FOR VALUES IN ('{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}')",
                "FOR VALUES IN ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')",
                "uuid",
                Some(true),
            ),
        ] {
            let (declared_bound, observed_bound) =
                (Bound::parse(declared).unwrap(), Bound::parse(observed).unwrap());
            assert_eq!(declared_bound.is(&observed_bound, &types(type_name)), is, "{declared} {observed}");
        }
    }

    #[test]
    fn labels_of_an_enum_are_words() {
        let types = datum_types(&[Some(("public.mood".into(), "e".into())), None]);
        assert_eq!(types, [DatumType::Word, DatumType::Other]);
    }
}
