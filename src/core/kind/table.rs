//! Tables: `pg_class` of relkind `r` and `p`.

use std::collections::BTreeMap;

use crate::core::catalog::Row;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::{Definition, Part};
use crate::core::kind::index_key::{KeyRow, KeyTarget, visit_expressions};
use crate::core::kind::letter::Letter;
use crate::core::kind::parameters::Parameters;
use crate::core::kind::partition::{self, Bound, DatumType, Partition, PartitionKey};
use crate::core::kind::{About, Comparison, DecodeError, Kind, Room, format_type};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::type_name::TypeName;

/// A table. Its columns and constraints are components of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Whether it survives a crash.
    pub persistence: Option<Persistence>,
    /// Whether it is partitioned (a parent, not a partition).
    pub partitioned: Option<bool>,
    /// How it is partitioned (`pg_partitioned_table`).
    pub partition_key: Option<PartitionKey>,
    /// Whether it is a partition, and of what. SQL that does not say leaves it open: a partition may be attached later.
    pub partition: Option<Partition>,
    /// Observed, of a partition: how values of its parent's key are compared.
    pub bound_types: Vec<DatumType>,
    /// The tables that it must, or must not, inherit from (`pg_inherits`); others are open.
    pub parents: BTreeMap<QualifiedName, bool>,
    /// OF: the composite type that gives its columns. SQL that does not say leaves it open.
    pub of_type: Option<TypeName>,
    /// The access method, where the SQL names one (`pg_class.relam`).
    pub access_method: Option<Identifier>,
    /// WITH (...): `fillfactor`, `autovacuum_enabled`, `toast.autovacuum_enabled`.
    pub parameters: Parameters,
    /// REPLICA IDENTITY, where the SQL says it (`pg_class.relreplident`).
    pub replica_identity: Option<ReplicaIdentity>,
    /// Whether row-level security is enabled. SQL that does not say leaves it open.
    pub row_security: Option<bool>,
    /// Whether row-level security holds for the owner too.
    pub force_row_security: Option<bool>,
}

/// What of the old row is sent to logical replication (`pg_class.relreplident`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaIdentity {
    /// DEFAULT: the primary key.
    Default,
    /// NOTHING.
    Nothing,
    /// FULL.
    Full,
    /// USING INDEX.
    Index(Identifier),
}

/// How the rows of a table are kept (`pg_class.relpersistence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// An ordinary table.
    Permanent,
    /// An unlogged table.
    Unlogged,
}

impl Letter for Persistence {
    const LETTERS: &'static [(Self, &'static str, &'static str)] =
        &[(Self::Permanent, "p", "logged"), (Self::Unlogged, "u", "unlogged")];
}

impl Room for Table {
    const ABOUT: About = About {
        declared_by: "`CREATE TABLE`, `CREATE TABLE AS`, `SELECT INTO`, `ALTER TABLE`.",
        compared: "Whether it is unlogged; whether it is partitioned and by which key; of which table it \
            is a partition and for which bound; the parents it inherits from that SQL names; the type of \
            `OF`; access method; storage parameters that SQL names; replica identity; row-level security \
            and whether it is forced. Columns, constraints, indexes, triggers, rules and policies are \
            components of their own.",
        not_compared: "A bound whose values are more than text can tell. Tablespaces, and rows (see seed rows).",
    };

    const QUERY: Option<&'static str> = Some(include_str!("table.sql"));

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        let persistence = Some(row.letter("persistence")?);
        let partitioned = row.boolean("partitioned")?;
        let parents = parents(row)?;
        let partition = match parents.as_slice() {
            [parent] if row.boolean("is_partition")? => {
                Partition::Of { parent: parent.clone(), bound: row.optional("bound")?.and_then(Bound::parse) }
            }
            _ => Partition::No,
        };
        let table = Self {
            persistence,
            partitioned: Some(partitioned),
            partition_key: partition_key(row)?,
            bound_types: partition::datum_types(&row.json_or_default::<Vec<_>>("bound_types")?),
            parents: match partition {
                Partition::No => parents.into_iter().map(|parent| (parent, true)).collect(),
                Partition::Of { .. } => BTreeMap::new(),
            },
            partition: Some(partition),
            of_type: row.optional("of_type")?.map(format_type::parse),
            access_method: row.optional("access_method")?.map(Identifier::new),
            parameters: row
                .parameters("parameters")?
                .and(Parameters::stored(&row.json_or_default::<Vec<_>>("toast_parameters")?, "toast.")),
            replica_identity: Some(replica_identity(row)?),
            row_security: Some(row.boolean("row_security")?),
            force_row_security: Some(row.boolean("force_row_security")?),
        };
        Ok((ComponentId::in_schema(Kind::Table, row.qualified("schema", "name")?), table))
    }

    fn compare(&self, observed: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        comparison.letter("persistence", self.persistence, observed.persistence);
        self.compare_partitioning(observed, &mut comparison);
        self.compare_parents(observed, &mut comparison);
        if let Some(expected) = &self.of_type
            && !observed.of_type.as_ref().is_some_and(|actual| expected.is(actual))
        {
            let actual = observed.of_type.as_ref().map_or_else(|| "no type".into(), ToString::to_string);
            comparison.differs("type of the rows", expected.to_string(), actual);
        }
        let (expected, actual) = (self.access_method.as_ref(), observed.access_method.as_ref());
        comparison.part("access method", expected, actual, ToString::to_string);
        self.parameters.compare(&observed.parameters, &mut comparison);
        let (expected, actual) = (self.replica_identity.as_ref(), observed.replica_identity.as_ref());
        comparison.part("replica identity", expected, actual, ReplicaIdentity::words);
        let enabled = ("enabled", "disabled");
        comparison.either("row security", self.row_security, observed.row_security, enabled);
        comparison.either(
            "row security for the owner",
            self.force_row_security,
            observed.force_row_security,
            ("forced", "not forced"),
        );
        comparison
    }

    fn definitions(&mut self, visit: &mut dyn FnMut(Part, &mut Option<Definition>)) {
        let keys = self.partition_key.iter_mut().flat_map(|key| &mut key.keys);
        visit_expressions("partition key expression", keys, visit);
    }

    fn may_have_definitions(&self) -> bool {
        self.has_key_expression()
    }

    /// What ALTER TABLE says of one part leaves the others.
    fn change(&mut self, change: Self) {
        let Self {
            persistence,
            partitioned,
            partition_key,
            partition,
            bound_types: _,
            parents,
            of_type,
            access_method,
            parameters,
            replica_identity,
            row_security,
            force_row_security,
        } = change;
        self.persistence = persistence.or(self.persistence);
        self.partitioned = partitioned.or(self.partitioned);
        self.partition_key = partition_key.or(self.partition_key.take());
        self.partition = partition.or(self.partition.take());
        self.parents.extend(parents);
        self.of_type = of_type.or(self.of_type.take());
        self.access_method = access_method.or(self.access_method.take());
        self.parameters.change(parameters);
        self.replica_identity = replica_identity.or(self.replica_identity.take());
        self.row_security = row_security.or(self.row_security);
        self.force_row_security = force_row_security.or(self.force_row_security);
    }

    fn rename(&mut self, id: &ComponentId, renaming: &Renaming) {
        if let ComponentName::InSchema(name) = &id.name {
            let keys = self.partition_key.iter_mut().flat_map(|key| &mut key.keys);
            keys.for_each(|key| key.rename(name, renaming));
        }
        if let Some(Partition::Of { parent, .. }) = &mut self.partition {
            renaming.relation(parent);
        }
        let parents = std::mem::take(&mut self.parents).into_iter().map(|(mut parent, inherits)| {
            renaming.relation(&mut parent);
            (parent, inherits)
        });
        self.parents = parents.collect();
        if let Some(of_type) = &mut self.of_type {
            renaming.data_type(of_type);
        }
        if let (Some(ReplicaIdentity::Index(index)), ComponentName::InSchema(table)) =
            (&mut self.replica_identity, &id.name)
        {
            let mut name = QualifiedName { schema: table.schema.clone(), name: index.clone() };
            renaming.relation(&mut name);
            *index = name.name;
        }
    }
}

impl Table {
    /// Whether its partition key has an expression.
    #[must_use]
    pub fn has_key_expression(&self) -> bool {
        let mut keys = self.partition_key.iter().flat_map(|key| &key.keys);
        keys.any(|key| matches!(key.target, KeyTarget::Expression(_)))
    }

    /// The strategy, columns, operator classes and collations of the key, from raw rows; then whether it is a
    /// partition, and which rows it takes.
    fn compare_partitioning(&self, observed: &Self, comparison: &mut Comparison) {
        let words = ("partitioned", "not partitioned");
        comparison.either("partitioning", self.partitioned, observed.partitioned, words);
        if let (Some(expected), Some(actual)) = (&self.partition_key, &observed.partition_key) {
            compare_key(expected, actual, comparison);
        }
        let (Some(expected), Some(actual)) = (&self.partition, &observed.partition) else { return };
        let show = |partition: &Partition| match partition {
            Partition::No => "of no table".to_owned(),
            Partition::Of { parent, .. } => parent.to_string(),
        };
        match (expected, actual) {
            (Partition::No, Partition::No) => {}
            (
                Partition::Of { parent: expected, bound },
                Partition::Of { parent: actual, bound: actual_bound },
            ) if expected == actual => {
                compare_bound(bound.as_ref(), actual_bound.as_ref(), &observed.bound_types, comparison);
            }
            _ => comparison.differs("partition of", show(expected), show(actual)),
        }
    }

    fn compare_parents(&self, observed: &Self, comparison: &mut Comparison) {
        for (parent, inherits) in &self.parents {
            let does = observed.parents.contains_key(parent);
            if does != *inherits {
                let words = |yes: bool| {
                    format!("{} {parent}", if yes { "inherits from" } else { "does not inherit from" })
                };
                comparison.differs("inheritance", words(*inherits), words(does));
            }
        }
    }
}

fn compare_bound(
    expected: Option<&Bound>,
    actual: Option<&Bound>,
    types: &[DatumType],
    comparison: &mut Comparison,
) {
    let (Some(expected), Some(actual)) = (expected, actual) else {
        return comparison.not_compared("partition bound");
    };
    match expected.is(actual, types) {
        Some(true) => {}
        Some(false) => comparison.differs("partition bound", expected.to_string(), actual.to_string()),
        None => comparison.not_compared_because(
            "partition bound",
            format!("whether {expected} is {actual} depends on more than the text of the values"),
        ),
    }
}

fn compare_key(expected: &PartitionKey, actual: &PartitionKey, comparison: &mut Comparison) {
    let same = expected.strategy == actual.strategy
        && expected.keys.len() == actual.keys.len()
        && expected.keys.iter().zip(&actual.keys).all(|(expected, actual)| expected.is(actual));
    if !same {
        return comparison.differs("partition key", expected.to_string(), actual.to_string());
    }
    for (expected, actual) in expected.keys.iter().zip(&actual.keys) {
        expected.compare_expression("partition key expression", actual, comparison);
    }
}

fn parents(row: &Row<'_>) -> Result<Vec<QualifiedName>, DecodeError> {
    let parents: Vec<(String, String)> = row.json_or_default("parents")?;
    Ok(parents.iter().map(|(schema, name)| QualifiedName::new(schema.as_str(), name.as_str())).collect())
}

fn partition_key(row: &Row<'_>) -> Result<Option<PartitionKey>, DecodeError> {
    let Some(strategy) = row.optional_letter("partition_strategy")? else { return Ok(None) };
    let keys: Vec<KeyRow> = row.json_or_default("partition_keys")?;
    Ok(Some(PartitionKey { strategy, keys: keys.into_iter().map(KeyRow::into_key).collect() }))
}

fn replica_identity(row: &Row<'_>) -> Result<ReplicaIdentity, DecodeError> {
    Ok(match (row.text("replica_identity")?, row.optional("replica_index")?) {
        ("d", _) => ReplicaIdentity::Default,
        // The index is gone: the same as nothing.
        ("n", _) | ("i", None) => ReplicaIdentity::Nothing,
        ("f", _) => ReplicaIdentity::Full,
        ("i", Some(index)) => ReplicaIdentity::Index(Identifier::new(index)),
        (other, _) => return Err(row.unknown_value("replica_identity", other)),
    })
}

impl ReplicaIdentity {
    fn words(&self) -> String {
        match self {
            Self::Default => "default".into(),
            Self::Nothing => "nothing".into(),
            Self::Full => "full".into(),
            Self::Index(index) => format!("using index {index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::catalog::testing::decode;
    use crate::core::kind::Shape;
    use crate::core::kind::testing::told;

    /// A row of the query: an ordinary table, but for these columns.
    fn row(changed: &[(&'static str, &'static str)]) -> Table {
        let mut columns: Vec<(&str, Option<&str>)> = vec![
            ("schema", Some("public")),
            ("name", Some("users")),
            ("persistence", Some("p")),
            ("partitioned", Some("f")),
            ("partition_strategy", None),
            ("partition_keys", None),
            ("parents", None),
            ("is_partition", Some("f")),
            ("bound", None),
            ("bound_types", None),
            ("of_type", None),
            ("access_method", Some("heap")),
            ("parameters", None),
            ("toast_parameters", None),
            ("replica_identity", Some("d")),
            ("replica_index", None),
            ("row_security", Some("f")),
            ("force_row_security", Some("f")),
        ];
        for (name, value) in changed {
            columns.iter_mut().find(|(column, _)| column == name).unwrap().1 = Some(value);
        }
        let (id, shape) = decode(Kind::Table, &columns).unwrap();
        assert_eq!(id.to_string(), "table/public.users");
        let Shape::Table(table) = shape else { panic!("a table") };
        *table
    }

    fn observed(
        persistence: &'static str,
        partitioned: &'static str,
        secured: &'static str,
        forced: &'static str,
    ) -> Table {
        row(&[
            ("persistence", persistence),
            ("partitioned", partitioned),
            ("row_security", secured),
            ("force_row_security", forced),
        ])
    }

    #[test]
    fn what_sql_does_not_say_of_a_table_is_open() {
        let everything = row(&[
            ("partition_strategy", "h"),
            ("partition_keys", r#"[{"column": ["a", true], "class": null, "collation": null}]"#),
            ("parents", r#"[["public", "p"]]"#),
            ("is_partition", "t"),
            ("bound", "DEFAULT"),
            ("of_type", "crm.pair"),
            ("parameters", r#"["fillfactor=70"]"#),
            ("replica_identity", "f"),
        ]);
        assert_eq!(told(&Table::default(), &everything), Vec::<String>::new());
        assert_eq!(told(&everything, &everything), Vec::<String>::new());
    }

    #[test]
    fn a_partition_is_told_by_its_parent_and_its_bound() {
        let of = |parent: &str, bound: &str| Table {
            partition: Some(Partition::Of {
                parent: QualifiedName::new("public", parent),
                bound: Bound::parse(bound),
            }),
            ..Table::default()
        };
        let observed = row(&[
            ("parents", r#"[["public", "p"]]"#),
            ("is_partition", "t"),
            ("bound", "FOR VALUES IN ('a')"),
            ("bound_types", r#"[["text", "b"]]"#),
        ]);
        for (declared, differences) in [
            (of("p", "FOR VALUES IN ('a')"), vec![]),
            (of("p", "FOR VALUES IN ('b')"), vec!["partition bound: in ('b') / in ('a')"]),
            (of("q", "FOR VALUES IN ('a')"), vec!["partition of: public.q / public.p"]),
            (
                Table { partition: Some(Partition::No), ..Table::default() },
                vec!["partition of: of no table / public.p"],
            ),
            (of("p", "?"), vec!["not compared: partition bound"]),
        ] {
            assert_eq!(told(&declared, &observed), differences);
        }
        assert_eq!(told(&of("p", "DEFAULT"), &row(&[])), ["partition of: public.p / of no table"]);
    }

    #[test]
    fn only_parents_that_are_named_are_compared() {
        let parent = |name: &str| QualifiedName::new("public", name);
        let observed = row(&[("parents", r#"[["public", "a"], ["public", "b"]]"#)]);
        let declared = Table { parents: [(parent("a"), true)].into(), ..Table::default() };
        assert_eq!(told(&declared, &observed), Vec::<String>::new());
        let declared =
            Table { parents: [(parent("b"), false), (parent("c"), true)].into(), ..Table::default() };
        assert_eq!(
            told(&declared, &observed),
            [
                "inheritance: does not inherit from public.b / inherits from public.b",
                "inheritance: inherits from public.c / does not inherit from public.c"
            ]
        );
    }

    #[test]
    fn other_parts_that_sql_states_are_compared() {
        let declared = Table {
            of_type: Some(TypeName { schema: None, ..TypeName::built_in("pair") }),
            access_method: Some("columnar".into()),
            replica_identity: Some(ReplicaIdentity::Index("i".into())),
            parameters: row(&[("toast_parameters", r#"["autovacuum_enabled=off"]"#)]).parameters,
            ..Table::default()
        };
        assert_eq!(
            told(&declared, &row(&[])),
            [
                "type of the rows: pair / no type",
                "access method: columnar / heap",
                "storage parameters: toast.autovacuum_enabled=off / toast.autovacuum_enabled not set",
                "replica identity: using index i / default",
            ]
        );
    }

    #[test]
    fn a_change_leaves_what_it_does_not_say() {
        let mut table = row(&[("parameters", r#"["fillfactor=70"]"#)]);
        let before = table.clone();
        table.change(Table { replica_identity: Some(ReplicaIdentity::Full), ..Table::default() });
        assert_eq!(table, Table { replica_identity: Some(ReplicaIdentity::Full), ..before });
    }

    #[test]
    fn each_part_of_a_table_is_compared_and_open_parts_are_not() {
        let open = Table::default();
        let permanent = Table { persistence: Some(Persistence::Permanent), ..open.clone() };
        let secured = Table { row_security: Some(true), force_row_security: Some(true), ..open.clone() };
        let partitioned = Table { partitioned: Some(true), ..open.clone() };
        for (declared, observed, differences) in [
            (&open, observed("u", "t", "t", "t"), vec![]),
            (&permanent, observed("p", "f", "f", "f"), vec![]),
            (&permanent, observed("u", "f", "f", "f"), vec!["persistence: logged / unlogged"]),
            (&partitioned, observed("p", "f", "f", "f"), vec!["partitioning: partitioned / not partitioned"]),
            (&secured, observed("p", "f", "t", "t"), vec![]),
            (
                &secured,
                observed("p", "f", "f", "f"),
                vec!["row security: enabled / disabled", "row security for the owner: forced / not forced"],
            ),
        ] {
            assert_eq!(told(declared, &observed), differences);
        }
    }
}
