//! Reads the versions of a table that a time says, block by block.

use super::{Context, Operator, Step};
use crate::error::Result;
use crate::expr::{self, BinaryOperator, EvalContext, Expr, ExprKind, Volatility};
use crate::plan::TimeSlot;
use crate::table::Fetch;
use crate::txn::{ScanUnit, ZoneFilter, ZoneRange};
use crate::types::{ColumnId, DataType, ScanColumn, TableId, Value, Versions};
use std::ops::Bound;

pub struct Scan {
    table: TableId,
    time: TimeSlot,
    columns: Vec<ScanColumn>,
    filter: Option<Expr>,
    opened: Option<Opened>,
}

/// Fixed when the scan starts, so that nothing that happens between two steps changes its answer.
struct Opened {
    versions: Versions,
    zone: ZoneFilter,
    units: std::vec::IntoIter<ScanUnit>,
}

impl Scan {
    pub fn new(
        table: TableId,
        time: TimeSlot,
        columns: Vec<ScanColumn>,
        filter: Option<Expr>,
    ) -> Scan {
        Scan {
            table,
            time,
            columns,
            filter,
            opened: None,
        }
    }

    fn open(&self, context: &Context) -> Opened {
        let (versions, with_writes) = context.versions(self.time);
        let units = context
            .view()
            .scan_units(self.table, &versions, with_writes);
        let filter = self.filter.as_ref();
        Opened {
            zone: filter.map_or_else(ZoneFilter::default, |filter| {
                zone_filter(filter, &self.columns, &context.eval())
            }),
            versions,
            units: units.into_iter(),
        }
    }
}

impl Operator for Scan {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let mut opened = match self.opened.take() {
            Some(opened) => opened,
            None => self.open(context),
        };
        let step = self.read(&mut opened, context);
        self.opened = Some(opened);
        step
    }
}

impl Scan {
    fn read(&self, opened: &mut Opened, context: &mut Context) -> Result<Step> {
        while let Some(&unit) = opened.units.as_slice().first() {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let view = context.view();
            let fetch = view.read_unit(unit, &opened.versions, &self.columns, &opened.zone)?;
            let chunk = match fetch {
                Fetch::Need(block) => return Ok(Step::Need(block)),
                Fetch::Ready(chunk) => chunk,
            };
            opened.units.next();
            let Some(mut chunk) = chunk else {
                context.spend(1);
                continue;
            };
            context.spend(chunk.rows);
            if let Some(filter) = &self.filter {
                chunk = expr::filter(filter, chunk, &context.eval())?;
            }
            if !chunk.is_empty() {
                return Ok(Step::Chunk(chunk));
            }
        }
        Ok(Step::Done)
    }
}

/// The parts of a filter that say between which values a column lies. A part whose other side cannot be
/// evaluated is left out: it raises its error when it is asked of a row.
fn zone_filter(filter: &Expr, columns: &[ScanColumn], context: &EvalContext) -> ZoneFilter {
    let parts = match &filter.kind {
        ExprKind::And(parts) => parts.as_slice(),
        _ => std::slice::from_ref(filter),
    };
    let ranges = (parts.iter()).filter_map(|part| zone_range(part, columns, context));
    ZoneFilter {
        ranges: ranges.collect(),
    }
}

fn zone_range(part: &Expr, columns: &[ScanColumn], context: &EvalContext) -> Option<ZoneRange> {
    let ExprKind::Binary {
        operator,
        left,
        right,
    } = &part.kind
    else {
        return None;
    };
    if let Some(column) = plain_column(left, columns) {
        return bounds(column, *operator, right, context);
    }
    let column = plain_column(right, columns)?;
    bounds(column, operator.commuted()?, left, context)
}

/// The table's column that an expression is, if its values compare as they are held.
fn plain_column(expression: &Expr, columns: &[ScanColumn]) -> Option<ColumnId> {
    use DataType::*;
    let held_as_compared = match expression.data_type {
        Boolean | SmallInt | Integer | BigInt | Real | Double | Numeric(_) | Text | Varchar(_)
        | Date | Time | Timestamp | TimestampTz | Uuid | Enum(_) => true,
        Unknown | Char(_) | Bytea | Json | Jsonb | Interval | Array(_) => false,
    };
    match expression.kind {
        ExprKind::Column(position) if held_as_compared => match columns[position] {
            ScanColumn::Column(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

fn bounds(
    column: ColumnId,
    operator: BinaryOperator,
    other: &Expr,
    context: &EvalContext,
) -> Option<ZoneRange> {
    use Bound::{Excluded, Included, Unbounded};
    if other.has_columns() || other.volatility() == Volatility::Volatile {
        return None;
    }
    let value = expr::evaluate_value(other, context).ok()?;
    if value == Value::Null {
        return None;
    }
    let (lower, upper) = match operator {
        BinaryOperator::Equal => (Included(value.clone()), Included(value)),
        BinaryOperator::Less => (Unbounded, Excluded(value)),
        BinaryOperator::LessOrEqual => (Unbounded, Included(value)),
        BinaryOperator::Greater => (Excluded(value), Unbounded),
        BinaryOperator::GreaterOrEqual => (Included(value), Unbounded),
        _ => return None,
    };
    Some(ZoneRange {
        column,
        lower,
        upper,
    })
}
