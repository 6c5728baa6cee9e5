//! Identifiers. Each is a newtype, so that a row number is never taken for a sequence.

use std::fmt;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
        )]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identifier! {
    /// The place of a commit in the one order of all commits: zero-based and without gaps. An empty
    /// database has no sequence, which is said as `Option<Seq>`.
    Seq(u64)
}
identifier! {
    /// A table, unique over the whole history: a name dropped and used again is two tables.
    TableId(u32)
}
identifier! {
    /// A column within its table, never reused, so that versions line up across schema changes.
    ColumnId(u32)
}
identifier! {
    /// An index, unique over the whole history.
    IndexId(u32)
}
identifier! {
    /// The surrogate of a row, unique in the database; it survives updates of the row's key.
    RowId(u64)
}
identifier! {
    /// A branch of history.
    BranchId(u32)
}

impl Seq {
    /// As the end of a version: still alive. Never the number of a commit.
    pub const MAX: Seq = Seq(u64::MAX);

    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl TableId {
    /// Temporary tables have ids from here on; others do not reach it.
    pub const FIRST_TEMPORARY: TableId = TableId(1 << 26);

    pub fn is_temporary(self) -> bool {
        self >= TableId::FIRST_TEMPORARY
    }

    /// The number that PostgreSQL's catalog has for objects: the even ones from the first that is not its own.
    pub fn oid(self) -> u32 {
        self.0.wrapping_mul(2).wrapping_add(16_384)
    }

    /// Of the type of arrays of a type with this id.
    pub fn array_oid(self) -> u32 {
        self.0.wrapping_add(1 << 29)
    }
}

impl BranchId {
    /// The branch that every database starts with.
    pub const MAIN: BranchId = BranchId(0);
}
