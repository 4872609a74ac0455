//! Schemas of every kind, as small values that proptest can make and shrink. What refers to something refers to it by a
//! number, taken modulo what there is, so that every recipe is valid, however it was shrunk.

#![allow(clippy::struct_excessive_bools, reason = "each is a toss of a coin of its own")]

use proptest::collection::vec;
use proptest::prelude::*;

/// A schema.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub types: Vec<TypeRecipe>,
    pub tables: Vec<TableRecipe>,
    pub views: Vec<ViewRecipe>,
    pub functions: Vec<FunctionRecipe>,
    pub sequences: Vec<SequenceRecipe>,
    /// Which one of all possible changes is made.
    pub change: usize,
}

#[derive(Debug, Clone)]
pub enum TypeRecipe {
    Enum { labels: u8 },
    Domain { base: usize, check: bool, not_null: bool },
    Composite { attributes: Vec<usize> },
    Range,
}

#[derive(Debug, Clone)]
pub struct TableRecipe {
    pub name: usize,
    pub columns: Vec<ColumnRecipe>,
    pub key: Key,
    pub unlogged: bool,
    pub secured: bool,
    pub fillfactor: bool,
    pub commented: bool,
    pub granted: bool,
    pub partitioned: bool,
    pub foreign_key: Option<usize>,
    pub checks: Vec<usize>,
    pub indexes: Vec<IndexRecipe>,
    pub policies: Vec<usize>,
    pub triggers: Vec<usize>,
    pub statistics: bool,
    pub rule: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    None,
    Serial,
    Identity,
    Named,
}

#[derive(Debug, Clone)]
pub struct ColumnRecipe {
    pub name: usize,
    pub data_type: usize,
    pub not_null: bool,
    pub default: Option<usize>,
    pub unique: bool,
    pub check: Option<usize>,
    pub commented: bool,
}

#[derive(Debug, Clone)]
pub struct IndexRecipe {
    pub column: usize,
    pub expression: bool,
    pub unique: bool,
    pub descending: bool,
    pub partial: Option<usize>,
    pub include: bool,
    pub named: bool,
}

#[derive(Debug, Clone)]
pub struct ViewRecipe {
    pub form: usize,
    pub table: usize,
    pub materialized: bool,
}

#[derive(Debug, Clone)]
pub struct FunctionRecipe {
    pub form: usize,
    pub arguments: Vec<usize>,
    pub volatility: usize,
    pub strict: bool,
    pub definer: bool,
    pub revoked: bool,
}

#[derive(Debug, Clone)]
pub struct SequenceRecipe {
    pub increment: i8,
    pub cycle: bool,
    pub small: bool,
}

fn type_() -> impl Strategy<Value = TypeRecipe> {
    prop_oneof![
        (1u8..5).prop_map(|labels| TypeRecipe::Enum { labels }),
        (any::<usize>(), any::<bool>(), any::<bool>())
            .prop_map(|(base, check, not_null)| TypeRecipe::Domain { base, check, not_null }),
        vec(any::<usize>(), 1..4).prop_map(|attributes| TypeRecipe::Composite { attributes }),
        Just(TypeRecipe::Range),
    ]
}

fn column() -> impl Strategy<Value = ColumnRecipe> {
    (
        any::<usize>(),
        any::<usize>(),
        any::<bool>(),
        proptest::option::of(any::<usize>()),
        proptest::bool::weighted(0.15),
        proptest::option::weighted(0.25, any::<usize>()),
        proptest::bool::weighted(0.15),
    )
        .prop_map(|(name, data_type, not_null, default, unique, check, commented)| ColumnRecipe {
            name,
            data_type,
            not_null,
            default,
            unique,
            check,
            commented,
        })
}

fn index() -> impl Strategy<Value = IndexRecipe> {
    let flag = proptest::bool::weighted(0.3);
    (any::<usize>(), flag, flag, flag, proptest::option::weighted(0.3, any::<usize>()), flag, any::<bool>())
        .prop_map(|(column, expression, unique, descending, partial, include, named)| IndexRecipe {
            column,
            expression,
            unique,
            descending,
            partial,
            include,
            named,
        })
}

fn table() -> impl Strategy<Value = TableRecipe> {
    let rare = proptest::bool::weighted(0.2);
    let key = prop_oneof![Just(Key::None), Just(Key::Serial), Just(Key::Identity), Just(Key::Named)];
    let flags = (rare, rare, rare, rare, rare, rare, rare, rare);
    let parts = (
        proptest::option::weighted(0.4, any::<usize>()),
        vec(any::<usize>(), 0..3),
        vec(index(), 0..3),
        vec(any::<usize>(), 0..2),
        vec(any::<usize>(), 0..2),
    );
    (any::<usize>(), vec(column(), 1..6), key, flags, parts).prop_map(
        |(name, columns, key, flags, (foreign_key, checks, indexes, policies, triggers))| TableRecipe {
            name,
            columns,
            key,
            unlogged: flags.0,
            secured: flags.1,
            fillfactor: flags.2,
            commented: flags.3,
            granted: flags.4,
            partitioned: flags.5,
            statistics: flags.6,
            rule: flags.7,
            foreign_key,
            checks,
            indexes,
            policies,
            triggers,
        },
    )
}

fn view() -> impl Strategy<Value = ViewRecipe> {
    (any::<usize>(), any::<usize>(), proptest::bool::weighted(0.3))
        .prop_map(|(form, table, materialized)| ViewRecipe { form, table, materialized })
}

fn function() -> impl Strategy<Value = FunctionRecipe> {
    let rare = proptest::bool::weighted(0.25);
    (any::<usize>(), vec(any::<usize>(), 0..3), any::<usize>(), rare, rare, rare).prop_map(
        |(form, arguments, volatility, strict, definer, revoked)| FunctionRecipe {
            form,
            arguments,
            volatility,
            strict,
            definer,
            revoked,
        },
    )
}

fn sequence() -> impl Strategy<Value = SequenceRecipe> {
    (any::<i8>(), any::<bool>(), any::<bool>()).prop_map(|(increment, cycle, small)| SequenceRecipe {
        increment: if increment == 0 { 1 } else { increment },
        cycle,
        small,
    })
}

/// Any schema.
pub fn recipe() -> impl Strategy<Value = Recipe> {
    (
        vec(type_(), 0..3),
        vec(table(), 1..4),
        vec(view(), 0..3),
        vec(function(), 0..3),
        vec(sequence(), 0..2),
        any::<usize>(),
    )
        .prop_map(|(types, tables, views, functions, sequences, change)| Recipe {
            types,
            tables,
            views,
            functions,
            sequences,
            change,
        })
}
