//! Whether commits may have changed what a query answers, found without asking it again.
//!
//! A query answers the same at two moments if its plan is the same at both and so is all that its scans let through.
//! What the commits between changed is known row by row, so each of those rows is shown to the scan as it was and as it is:
//!
//! ```text
//!   SELECT name FROM t WHERE id = 7      scan of t: columns name, id = 7
//!
//!   row 3   (8, 'a') -> (8, 'b')         let through neither then nor now       as before
//!   row 2   (7, 'c', 1) -> (7, 'c', 2)   ('c') then, ('c') now                  as before
//!   row 2   (7, 'c') -> (7, 'd')         ('c') then, ('d') now                  another answer
//! ```
//!
//! It costs by what changed, not by what the query reads. The answer `true` is always allowed: it is given where many rows changed,
//! where the past is read, and where what a scan lets through depends on other rows or on the time.

use super::compile::{Scope, Values};
use super::database::{Database, Shared};
use super::session::Session;
use super::{AsOf, Parameter};
use crate::error::{Code, Error, Result};
use crate::expr::{self, EvalContext, Expr, ExprKind, Volatility};
use crate::plan::{Node, PastFunction, Plan, TimeSlot};
use crate::sql::{Scanned, Statements};
use crate::txn::View;
use crate::types::{
    DataType, IndexId, RowId, ScanColumn, Seq, Snapshot, TableId, TableSchema, Value, Versions,
};
use std::ops::Bound;
use std::rc::Rc;

/// Rows that are looked at for one scan; asking again is cheaper beyond.
const ROWS_MAX: usize = 256;

impl Database {
    /// Whether the query may answer something else at the moment (or now) than right after the commit `from` (`None`: before
    /// the first). Answers the moment's sequence, too, if it has one. What is wrong with the query, the query says itself.
    pub fn touched(
        &mut self,
        sql: &str,
        parameters: &[Parameter],
        from: Option<Seq>,
        as_of: Option<&AsOf>,
    ) -> (bool, Option<Seq>) {
        let to = match as_of.map(|moment| self.shared.resolve_as_of(moment)) {
            None => self.shared.present().seq,
            Some(Ok(snapshot)) => snapshot.seq,
            Some(Err(_)) => return (true, None),
        };
        // What a name means to whoever asks is not known where sessions look in other schemas.
        let looks_elsewhere = |session: &Session| session.settings.path().is_some();
        let touched = match (from, to) {
            (from, to) if from == to => false,
            _ if self.sessions.values().any(looks_elsewhere) => true,
            (Some(from), Some(to)) => {
                let between = [from.min(to), from.max(to)];
                self.shared
                    .differs(sql, parameters, between)
                    .unwrap_or(true)
            }
            _ => true,
        };
        // What could not be read looks like what is not there.
        (touched || self.shared.check_usable().is_err(), to)
    }
}

impl Shared {
    fn differs(&mut self, sql: &str, parameters: &[Parameter], between: [Seq; 2]) -> Result<bool> {
        let Some(scanned) = Statements::new(sql).next().transpose()? else {
            return Ok(true);
        };
        let [before, after] = between.map(|seq| self.values_at(&scanned, parameters, seq));
        let (before, after) = (before?, after?);
        let (was, is) = (&before.bound.plan, &after.bound.plan);
        let Plan::Query(query) = &**is else {
            return Ok(true);
        };
        if !Rc::ptr_eq(was, is)
            && (was != is || self.types_at(between[0]) != self.types_at(between[1]))
        {
            return Ok(true);
        }
        // A tag may have been moved, and a time is another commit where there are more.
        let mut clauses = before.moments.iter().zip(&after.moments);
        if !clauses.all(|(was, is)| asks_for_the_same(was, is)) {
            return Ok(true);
        }
        let now = self.now();
        let mut nodes: Vec<&Node> = query.subplans.iter().chain([&query.root]).collect();
        while let Some(node) = nodes.pop() {
            nodes.extend(node.inputs());
            if self.node_differs(node, &after.parameters, between, now)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The types that were defined at a commit: what their values look like may change with them.
    fn types_at(&self, seq: Seq) -> Vec<Rc<TableSchema>> {
        let catalog = self.store.catalog(Snapshot::main(Some(seq)));
        let types = catalog.tables().filter(|own| own.type_schema.is_some());
        types.cloned().collect()
    }

    fn values_at(&mut self, scanned: &Scanned, values: &[Parameter], seq: Seq) -> Result<Values> {
        let compiled = self.compile(scanned)?;
        let scope = Scope {
            present: Snapshot::main(Some(seq)),
            is_past: false,
            own_catalog: None,
            path: None,
            now: self.now(),
        };
        self.bind_values(&compiled, values, Some(&scanned.lifted), &scope)
    }

    fn node_differs(
        &mut self,
        node: &Node,
        parameters: &[Value],
        between: [Seq; 2],
        now: i64,
    ) -> Result<bool> {
        let (table, filter, rows) = match node {
            Node::Write(_) => return Ok(true),
            Node::Past { call, .. } => {
                let is_of_commits =
                    matches!(call.function, PastFunction::Commits | PastFunction::Tags);
                let mut differs = is_of_commits;
                for table in call.tables.iter().flatten() {
                    differs |= !self.changed(table.id, between)?.is_empty();
                }
                return Ok(differs);
            }
            Node::Scan { table, filter, .. } | Node::IndexScan { table, filter, .. } => {
                let rows = self.changed(table.id, between)?;
                if rows.is_empty() || rows.len() > ROWS_MAX {
                    return Ok(!rows.is_empty());
                }
                (table, filter, rows)
            }
            _ => return Ok(false),
        };
        let Some(gate) = Gate::of(node, table, filter.as_ref()) else {
            return Ok(true);
        };
        for row in rows {
            let mut seen = [None, None];
            for side in 0..2 {
                let view = Snapshot::main(Some(between[side]));
                let state = self
                    .store
                    .load_for(|store| View::at(store, view).state(table, row))?;
                let context = EvalContext {
                    parameters,
                    outer: &[],
                    subplans: &[],
                    now,
                    entropy: &*self.options.entropy,
                    clock: None,
                    sequences: None,
                    heap: &self.options.heap,
                };
                seen[side] = match state {
                    Some(values) => gate.lets_through(&values, &context)?,
                    None => None,
                };
            }
            let same = match &seen {
                [None, None] => true,
                [Some(before), Some(after)] => is_same_row(before, after),
                _ => false,
            };
            if !same {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn changed(&mut self, table: TableId, [from, to]: [Seq; 2]) -> Result<Vec<RowId>> {
        let to = Snapshot::main(Some(to));
        self.store
            .load_for(|store| View::at(store, to).changed_rows(table, Some(from)))
    }
}

/// What a scan asks of a row, and what it gives of it.
struct Gate<'a> {
    /// Positions in the table.
    columns: Vec<usize>,
    filter: Option<&'a Expr>,
    keys: Vec<KeyPart<'a>>,
}

/// A column of an index: its position in the table, and between which values it must lie.
type KeyPart<'a> = (usize, Bound<&'a Expr>, Bound<&'a Expr>);

impl<'a> Gate<'a> {
    /// `None` where it cannot be told from one row.
    fn of(node: &'a Node, table: &TableSchema, filter: Option<&'a Expr>) -> Option<Gate<'a>> {
        let (Node::Scan { columns, time, .. } | Node::IndexScan { columns, time, .. }) = node
        else {
            return None;
        };
        if *time != TimeSlot::Present || !filter.is_none_or(is_fixed) {
            return None;
        }
        let columns = columns.iter().map(|column| match column {
            ScanColumn::Column(id) => table.position(*id),
            _ => None,
        });
        Some(Gate {
            columns: columns.collect::<Option<_>>()?,
            filter,
            keys: match node {
                Node::IndexScan {
                    index,
                    prefix,
                    lower,
                    upper,
                    ..
                } => keys(table, *index, prefix, lower.as_ref(), upper.as_ref())?,
                _ => Vec::new(),
            },
        })
    }

    fn lets_through(&self, values: &[Value], context: &EvalContext) -> Result<Option<Vec<Value>>> {
        let short = || Error::new(Code::Internal, "a row without a column of its table");
        for (place, lower, upper) in &self.keys {
            let value = values.get(*place).ok_or_else(short)?;
            let holds = |bound: &Bound<&Expr>, wanted: std::cmp::Ordering| -> Result<bool> {
                let (Bound::Included(limit) | Bound::Excluded(limit)) = bound else {
                    return Ok(true);
                };
                let limit = expr::evaluate_value(limit, context)?;
                let order = value.cmp(&limit);
                let is_equal = order.is_eq() && matches!(bound, Bound::Included(_));
                Ok(!value.is_null() && !limit.is_null() && (is_equal || order == wanted))
            };
            if !holds(lower, std::cmp::Ordering::Greater)?
                || !holds(upper, std::cmp::Ordering::Less)?
            {
                return Ok(None);
            }
        }
        let columns = self.columns.iter();
        let row = columns.map(|place| values.get(*place).cloned().ok_or_else(short));
        let row = row.collect::<Result<Vec<Value>>>()?;
        Ok(match self.filter {
            Some(filter) => {
                let answer = expr::evaluate_row(filter, &row, context)?;
                (answer == Value::Bool(true)).then_some(row)
            }
            None => Some(row),
        })
    }
}

/// What the columns of an index must be for a scan of it.
fn keys<'a>(
    table: &TableSchema,
    index: IndexId,
    prefix: &'a [Expr],
    lower: Bound<&'a Expr>,
    upper: Bound<&'a Expr>,
) -> Option<Vec<KeyPart<'a>>> {
    let index = table.indexes.iter().find(|own| own.id == index)?;
    // What its keys are, and which rows it has, no column tells.
    if index.computed.is_some() {
        return None;
    }
    let equal = prefix.iter().map(Bound::Included);
    let wanted = equal.map(|value| (value, value)).chain([(lower, upper)]);
    let mut keys = Vec::new();
    for (at, (lower, upper)) in wanted.enumerate() {
        for bound in [lower, upper] {
            if let Bound::Included(limit) | Bound::Excluded(limit) = bound
                && !is_fixed(limit)
            {
                return None;
            }
        }
        match index.columns.get(at) {
            Some(column) => keys.push((table.position(*column)?, lower, upper)),
            None if (lower, upper) == (Bound::Unbounded, Bound::Unbounded) => {}
            None => return None,
        }
    }
    Some(keys)
}

/// Whether its value follows from the row and the parameters alone.
fn is_fixed(expr: &Expr) -> bool {
    !expr.any(&mut |expr| match &expr.kind {
        ExprKind::Outer(_)
        | ExprKind::ScalarSubplan(_)
        | ExprKind::ExistsSubplan { .. }
        | ExprKind::InSubplan { .. } => true,
        ExprKind::Call { function, .. } => function.volatility() != Volatility::Immutable,
        ExprKind::External { function, .. } => !function.deterministic,
        // 'now' and 'today' are texts, too.
        ExprKind::Cast { operand, .. } => {
            operand.data_type.is_text()
                && matches!(
                    expr.data_type,
                    DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz
                )
        }
        _ => false,
    })
}

/// Whether two readings of a clause differ in nothing but what was committed between them.
fn asks_for_the_same(was: &Versions, is: &Versions) -> bool {
    match (was, is) {
        (
            Versions::Within { start, end, .. },
            Versions::Within {
                start: first,
                end: last,
                ..
            },
        ) => start == first && end == last,
        _ => was == is,
    }
}

/// Whether nobody can tell them apart, unlike equal ones: `1.0` and `1.00` are not the same.
fn is_same_row(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| is_same(one, other))
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::F64(one), Value::F64(other)) => one.to_bits() == other.to_bits(),
        (Value::Decimal(a), Value::Decimal(b)) => a == b && a.scale() == b.scale(),
        (Value::Array(one), Value::Array(other)) => is_same_row(one, other),
        _ => one == other,
    }
}
