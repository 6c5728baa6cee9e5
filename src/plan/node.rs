//! The plan: what a statement does ([`Plan`]) and what produces rows ([`Node`]).
//!
//! Columns are positions everywhere. Each node states which columns it yields.

use super::{Aggregate, PastCall, WindowCall};
use crate::error::Error;
use crate::expr::{Check, Expr, SetCall};
use crate::sql::Modes;
use crate::types::{
    CatalogName, ColumnId, DataType, IndexId, IndexSchema, OnCommit, RelationKind, ScanColumn,
    TableId, TableSchema, Waits,
};
use std::ops::Bound;
use std::rc::Rc;

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    Query(Query),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    /// For each row of `source` what [`RowChange`] its second column says, or nothing: behind it comes the whole
    /// new row, of which an update writes `columns`. A row that would be changed twice is an error.
    Merge(Update),
    Truncate {
        tables: Vec<TableId>,
        /// Sequences that start anew.
        restart: Vec<TableId>,
    },
    /// What ALTER and DROP come to, in order.
    Alter {
        steps: Vec<AlterStep>,
        command: &'static str,
    },
    /// Ids are given when it is executed; the schema holds zeros for them.
    CreateTable {
        schema: TableSchema,
        /// The sequences of its columns, by position.
        sequences: Vec<(usize, TableSchema)>,
        if_not_exists: bool,
        /// Of a temporary table.
        on_commit: OnCommit,
    },
    CreateTableAs(Box<CreateTableAs>),
    DropTable {
        kind: RelationKind,
        names: Vec<CatalogName>,
        if_exists: bool,
        /// Foreign keys that lead to it go, too, and views that read it.
        cascade: bool,
    },
    CreateIndex {
        table: TableId,
        index: IndexSchema,
        if_not_exists: bool,
    },
    DropIndex {
        names: Vec<CatalogName>,
        if_exists: bool,
    },
    /// Table by table.
    Restore(Vec<Restore>),
    CreateTag {
        name: String,
        time: TimeSlot,
    },
    DropTag {
        name: String,
        if_exists: bool,
    },
    Begin(Modes),
    Commit,
    Rollback,
    Savepoint(String),
    ReleaseSavepoint(String),
    RollbackToSavepoint(String),
    /// Describes the plan; with `analyze` runs it and adds rows and times.
    Explain {
        analyze: bool,
        plan: Box<Plan>,
    },
}

/// One change of a schema, or of rows as they must be for it.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterStep {
    /// The table becomes this; its indexes, its primary key and the sequences of its identity columns stay as
    /// they are then.
    Table(TableSchema),
    /// An index gets its id and is made; it may be the primary key's.
    AddIndex {
        table: TableId,
        index: IndexSchema,
        primary: bool,
    },
    DropIndex {
        table: TableId,
        index: IndexId,
    },
    /// An index becomes that of a constraint, which it is named after.
    Promote {
        table: TableId,
        index: IndexSchema,
        primary: bool,
    },
    RenameIndex {
        table: TableId,
        from: CatalogName,
        to: CatalogName,
    },
    /// A sequence gets its id and is made; it may be that of an identity column.
    AddSequence {
        sequence: TableSchema,
        table: TableId,
        column: ColumnId,
    },
    /// A relation gets its id and is made.
    Create(TableSchema),
    DropTable(TableId),
    /// A relation becomes what it was, or is there again. The transaction must not have written to it before the statement, of
    /// which this is the first of such steps.
    Redefine {
        schema: TableSchema,
        first: bool,
    },
    /// When a constraint of a table, or each that may wait, is checked in the transaction.
    Constraints(Option<(TableId, Waits)>, bool),
    /// A state gets a name, or has none any more.
    Tag {
        name: String,
        seq: Option<crate::types::Seq>,
    },
    /// All rows must satisfy the rules, and lead somewhere.
    Check {
        rows: Node,
        table: Rc<TableSchema>,
        rules: Rc<Rules>,
    },
    /// A sequence goes on from there.
    Restart {
        sequence: TableId,
        value: i64,
    },
    Update(Update),
    /// A statement of its own: DROP TABLE, CREATE TABLE AS or RESTORE.
    Statement(Box<Plan>),
    /// There is an error if `rows` yields any.
    Refuse {
        rows: Node,
        error: Error,
    },
}

/// A statement that yields rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Uncorrelated subqueries, run once and before `root`, in order: one may use those before it.
    pub subplans: Vec<Node>,
    pub root: Node,
    /// Name and type of each column of `root`.
    pub output: Vec<OutputColumn>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    pub name: String,
    pub data_type: DataType,
}

/// Makes rows of a table what they were, as `call` finds them.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    pub table: Rc<TableSchema>,
    pub rules: Rc<Rules>,
    pub call: Rc<PastCall>,
    /// At most one, over the table's columns: only rows of which it is true now, or was then.
    pub condition: Vec<Expr>,
}

/// Makes a table and inserts the rows of a query, which has one column for each of its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateTableAs {
    pub schema: TableSchema,
    pub if_not_exists: bool,
    /// Of a temporary table.
    pub on_commit: OnCommit,
    /// It is there already, a materialized view, and gets these rows in place of those that it has.
    pub refresh: bool,
    pub query: Query,
}

/// Inserts the rows of `source`, which has one column for each column of the table, in its order, with
/// defaults filled in and types cast.
#[derive(Debug, Clone, PartialEq)]
pub struct Insert {
    pub table: Rc<TableSchema>,
    pub rules: Rc<Rules>,
    pub source: Node,
    pub conflict: Option<OnConflict>,
    pub subplans: Vec<Node>,
    pub returning: Option<Returning>,
}

/// What the rows of a table must satisfy besides NOT NULL and keys, and what follows from them. All
/// expressions are over all columns of the table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    /// By name.
    pub checks: Vec<Check>,
    /// The generated columns by position, and their values; these see no generated columns.
    pub generated: Vec<(usize, Expr)>,
    /// What each column gets by default; of a table that actions change.
    pub defaults: Vec<Expr>,
    /// Whether rows lead to others or others to them.
    pub has_foreign_keys: bool,
    pub related: Rc<Related>,
}

/// The rules of the tables that the actions of foreign keys may change.
pub type Related = Vec<(TableId, Rules)>;

/// ON CONFLICT: what becomes of a row that has a key of one of the `arbiters` that another row has already.
#[derive(Debug, Clone, PartialEq)]
pub struct OnConflict {
    pub arbiters: Vec<IndexId>,
    /// `None`: nothing.
    pub update: Option<ConflictUpdate>,
}

/// The other row gets new values of `columns`. The expressions are over its columns and then those of the
/// proposed row.
#[derive(Debug, Clone, PartialEq)]
pub struct ConflictUpdate {
    pub columns: Vec<ColumnId>,
    pub values: Vec<Expr>,
    pub condition: Option<Expr>,
}

/// `source` yields, for each row to change: its `RowId`, then the new values of `columns`, then (when
/// there is RETURNING or a CHECK) all columns of the table with their new values. A row that comes twice is
/// changed once.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    pub table: Rc<TableSchema>,
    pub rules: Rc<Rules>,
    pub columns: Vec<ColumnId>,
    pub source: Node,
    pub subplans: Vec<Node>,
    pub returning: Option<Returning>,
}

/// What is to become of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowChange {
    Delete,
    Update,
    Insert,
}

/// `source` yields, for each row to end: its `RowId`, then (when there is RETURNING) all columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    pub table: Rc<TableSchema>,
    pub rules: Rc<Rules>,
    pub source: Node,
    pub subplans: Vec<Node>,
    pub returning: Option<Returning>,
}

/// Expressions over all columns of the table, in its order, and those behind them that the source adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Returning {
    pub expressions: Vec<Expr>,
    pub output: Vec<OutputColumn>,
}

/// What produces rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Rows of expressions without columns; no row but one without columns is `SELECT 1`'s source.
    Values {
        rows: Vec<Vec<Expr>>,
        types: Vec<DataType>,
    },
    /// The tuples of constants that are given at execution: those lifted out of an INSERT's VALUES, a
    /// column of this node for each constant in a tuple.
    Rows {
        types: Vec<DataType>,
    },
    /// Writes what an `Insert`, `Update` or `Delete` says when the whole statement has read all it reads;
    /// yields its RETURNING. Only as a subplan.
    Write(Box<Plan>),
    /// The rows of a subplan.
    Subplan {
        subplan: usize,
        types: Vec<DataType>,
    },
    /// The rows that the recursive query of that number found last; only within its step.
    WorkTable {
        table: usize,
        types: Vec<DataType>,
    },
    /// The rows of `first`, then those of `step` over them, then those of `step` over these, until there
    /// are none; `distinct` leaves out those found before.
    Recursive {
        table: usize,
        distinct: bool,
        first: Box<Node>,
        step: Box<Node>,
    },
    /// Reads the versions of a table that the time says, in no promised order. `filter` sees the
    /// scanned columns; it is a conjunction that may also skip whole blocks.
    Scan {
        table: Rc<TableSchema>,
        time: TimeSlot,
        columns: Vec<ScanColumn>,
        filter: Option<Expr>,
    },
    /// The same through an index, in key order (or backwards): those whose first key columns equal
    /// `prefix` and whose next one lies between the bounds. The expressions have no columns. A NULL
    /// among them yields nothing.
    IndexScan {
        table: Rc<TableSchema>,
        index: IndexId,
        time: TimeSlot,
        prefix: Vec<Expr>,
        lower: Bound<Expr>,
        upper: Bound<Expr>,
        backwards: bool,
        columns: Vec<ScanColumn>,
        filter: Option<Expr>,
    },
    Filter {
        input: Box<Node>,
        predicate: Expr,
    },
    /// Yields the expressions' values.
    Project {
        input: Box<Node>,
        expressions: Vec<Expr>,
    },
    /// Yields left's columns, then right's (Semi and Anti: left's only; Mark: left's and a boolean). `keys` are pairs of
    /// expressions over left and right that must be equal (the hash join's keys); `condition` sees both
    /// sides' columns. Without keys it is a nested loop.
    Join {
        kind: JoinKind,
        left: Box<Node>,
        right: Box<Node>,
        keys: Vec<(Expr, Expr)>,
        condition: Option<Expr>,
    },
    /// A dependent join: for each row of left runs right, in which the expressions of `outer`, over left's
    /// columns, are [`ExprKind::Outer`](crate::expr::ExprKind::Outer) of the slots beside them. What it
    /// yields is what a join of the kind would; Right and Full do not occur. Right is not run, and no row
    /// matches, where `guard`, over left's columns, is not true.
    Apply {
        kind: JoinKind,
        left: Box<Node>,
        right: Box<Node>,
        outer: Vec<(usize, Expr)>,
        guard: Option<Expr>,
        condition: Option<Expr>,
    },
    /// Yields the group expressions, then the aggregates. Without group expressions exactly one row.
    ///
    /// With `sets` the rows are grouped once for each of them, by the groups it names, of which the others are
    /// NULL then; the last group stands for the number of the set. A set without groups has exactly one row.
    Aggregate {
        input: Box<Node>,
        groups: Vec<Expr>,
        sets: Vec<Vec<usize>>,
        aggregates: Vec<Aggregate>,
    },
    /// The input's columns, then the value of each call. The input comes sorted by the partition's
    /// expressions and then by the order.
    Window {
        input: Box<Node>,
        partition: Vec<Expr>,
        order: Vec<SortKey>,
        calls: Vec<WindowCall>,
    },
    /// The rows of a function that tells about the past.
    Past {
        call: Rc<PastCall>,
        /// The values of the primary key, for the history of one.
        key: Vec<Expr>,
    },
    /// For each row of the input the rows of the calls side by side, NULLs where one has fewer than another:
    /// the input's columns, those of each call, and with `ordinality` the number of the row, from 1 on for
    /// each of the input.
    FunctionScan {
        input: Box<Node>,
        calls: Vec<SetCall>,
        ordinality: bool,
    },
    /// The rows of each input after those of the one before; all have the same types. One input at least.
    Append {
        inputs: Vec<Node>,
    },
    /// Keeps the first of equal rows.
    Distinct {
        input: Box<Node>,
    },
    /// Yields the input's columns and a bigint: the how manieth row it is of those with the same keys, from 1
    /// on, in the input's order. NULL is the same as NULL.
    Number {
        input: Box<Node>,
        keys: Vec<Expr>,
    },
    /// Sorts stably; with a limit keeps only the first `limit + offset` rows (LIMIT still follows).
    Sort {
        input: Box<Node>,
        keys: Vec<SortKey>,
    },
    /// The first rows of sorted ones, and those after them with the same keys as the last. The bounds are
    /// as those of `Limit`.
    Ties {
        input: Box<Node>,
        keys: Vec<Expr>,
        limit: Expr,
        offset: Option<Expr>,
    },
    /// Both without columns, of type bigint; NULL is no limit.
    Limit {
        input: Box<Node>,
        limit: Option<Expr>,
        offset: Option<Expr>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
    /// Left's rows with whether a row of right matches behind them: NULL if none does for certain but the
    /// condition is NULL of one. The condition alone decides that; keys that are NULL match nothing.
    Mark,
    /// As `Left`, and an error if more than one row matches: the row of a scalar subquery.
    Single,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

/// Which of the moments of a statement a scan reads: resolved before the statement was bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeSlot {
    /// The statement's own snapshot, with the transaction's private writes.
    Present,
    /// The n-th temporal clause of the statement.
    Clause(usize),
}
