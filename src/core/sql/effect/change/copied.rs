//! What a new table takes from another one.

/// What a new table takes from another one, besides columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the options of LIKE, each on its own")]
pub struct CopyOptions {
    /// Defaults.
    pub defaults: bool,
    /// Generation expressions.
    pub generated: bool,
    /// Identity, with a sequence of its own.
    pub identity: bool,
    /// Whether the new table stays a child of the other one, which takes part in what happens to its columns.
    pub inherits: bool,
    /// Whether the new table is a partition: since PostgreSQL 17 those share their parent's identity.
    pub partition: bool,
    /// CHECK constraints.
    pub checks: bool,
    /// Indexes, primary key, unique constraints.
    pub indexes: bool,
    /// Extended statistics.
    pub statistics: bool,
    /// How large values are kept.
    pub storage: bool,
    /// How large values are compressed.
    pub compression: bool,
    /// Comments on what is taken.
    pub comments: bool,
    /// Whether only names and types are taken, as a query gives them: CREATE TABLE AS SELECT *.
    pub query: bool,
}

impl CopyOptions {
    /// INHERITS or PARTITION OF. The checks that come along are not required of the child: one marked NO INHERIT
    /// would not, and the parent's stand for them.
    #[must_use]
    pub fn inherited(partition: bool) -> Self {
        Self { defaults: true, generated: true, inherits: true, partition, ..Self::default() }
    }

    /// LIKE, with the bits of `TableLikeOption` in PostgreSQL's `parsenodes.h`.
    #[must_use]
    pub fn like(bits: u32) -> Self {
        let has = |bit: u32| bits & (1 << bit) != 0;
        Self {
            checks: has(2),
            defaults: has(3),
            generated: has(4),
            identity: has(5),
            indexes: has(6),
            inherits: false,
            partition: false,
            comments: has(0),
            compression: has(1),
            statistics: has(7),
            storage: has(8),
            query: false,
        }
    }
}
