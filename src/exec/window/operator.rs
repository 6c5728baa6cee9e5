//! The window's operator: takes in all rows, then gives them with the values of the calls.

use super::call::Call;
use super::place::Boundaries;
use crate::column::{CHUNK_ROWS, Chunk, VectorBuilder, kernel};
use crate::error::Result;
use crate::exec::row_buffer::RowBuffer;
use crate::exec::{Context, Operator, Step};
use crate::expr::{self, Expr};
use crate::plan::{SortKey, WindowCall};
use crate::types::PhysicalType;
use std::rc::Rc;

/// A chunk is cut short once its values took so many rows to compute.
const WORK_MAX: usize = 1 << 15;

pub struct Window {
    input: Box<dyn Operator>,
    plan: Vec<WindowCall>,
    /// What is computed for each row: the partition's keys, then the order's, then what the calls need.
    expressions: Vec<Expr>,
    partition_keys: usize,
    order_keys: usize,
    rows: RowBuffer,
    values: RowBuffer,
    boundaries: Boundaries,
    giving: Option<Giving>,
}

/// The next row to be given, and the numbers of its partition and group.
struct Giving {
    calls: Vec<Call>,
    row: usize,
    partition: usize,
    group: usize,
}

impl Window {
    pub fn new(
        input: Box<dyn Operator>,
        types: Vec<PhysicalType>,
        partition: &[Expr],
        order: &[SortKey],
        calls: &[WindowCall],
    ) -> Result<Window> {
        let mut expressions: Vec<Expr> = partition.to_vec();
        expressions.extend(order.iter().map(|key| key.expr.clone()));
        for call in calls {
            for expr in Call::expressions(call)? {
                if !expressions.contains(&expr) {
                    expressions.push(expr);
                }
            }
        }
        Ok(Window {
            input,
            plan: calls.to_vec(),
            partition_keys: partition.len(),
            order_keys: order.len(),
            rows: RowBuffer::new(types),
            values: RowBuffer::new(expressions.iter().map(|expr| expr.data_type.physical())),
            expressions,
            boundaries: Boundaries::default(),
            giving: None,
        })
    }

    fn take_in(&mut self, chunk: &Chunk, context: &mut Context) -> Result<()> {
        let eval = context.eval();
        let columns = (self.expressions.iter())
            .map(|expr| expr::evaluate(expr, chunk, &eval))
            .collect::<Result<Vec<_>>>()?;
        context.meter.hold_chunk(chunk)?;
        let computed = Chunk {
            columns,
            ..chunk.clone()
        };
        context.meter.hold_chunk(&computed)?;
        let first = self.rows.len();
        self.rows.push_chunk(chunk);
        self.values.push_chunk(&computed);
        for row in first..self.rows.len() {
            self.compare_to_last(row);
        }
        Ok(())
    }

    /// Notes whether a row begins a partition or a group.
    fn compare_to_last(&mut self, row: usize) {
        let columns = self.values.columns();
        let (partition, rest) = columns.split_at(self.partition_keys);
        let order = &rest[..self.order_keys];
        let same = |keys| row > 0 && kernel::rows_equal(keys, row - 1, keys, row);
        let new_partition = !same(partition);
        if new_partition || !same(order) {
            self.boundaries.begin_group(row as u32, new_partition);
        }
    }

    fn end_input(&mut self, context: &Context) -> Result<()> {
        self.boundaries.end(self.rows.len() as u32);
        let place = |wanted: &Expr| {
            let mut all = self.expressions.iter();
            all.position(|expr| expr == wanted)
                .expect("every expression of a call is computed")
        };
        let eval = context.eval();
        let calls = (self.plan.iter())
            .map(|call| Call::new(call, &place, &eval))
            .collect::<Result<_>>()?;
        self.giving = Some(Giving {
            calls,
            row: 0,
            partition: 0,
            group: 0,
        });
        Ok(())
    }

    fn give(&mut self, context: &mut Context) -> Result<Step> {
        let giving = self.giving.as_mut().expect("the input has ended");
        let start = giving.row;
        if start == self.rows.len() {
            return Ok(Step::Done);
        }
        let mut builders: Vec<VectorBuilder> = (self.plan.iter())
            .map(|call| VectorBuilder::new(call.data_type.physical()))
            .collect();
        let (eval, values) = (context.eval(), self.values.columns());
        let end = self.rows.len().min(start + CHUNK_ROWS);
        let mut work = 0;
        while giving.row < end && work < WORK_MAX {
            let place = giving.advance(&self.boundaries);
            for (call, builder) in giving.calls.iter_mut().zip(&mut builders) {
                builder.push(&call.value(&place, values, &eval)?);
                work += call.take_work();
            }
            giving.row += 1;
        }
        let end = giving.row;
        let mut columns = self.rows.slice(start, end).columns;
        columns.extend((builders.into_iter()).map(|builder| Rc::new(builder.finish())));
        context.spend(work.max(end - start));
        Ok(Step::Chunk(Chunk::new(columns, end - start)))
    }
}

impl Giving {
    /// The place of the row that is to be given.
    fn advance<'b>(&mut self, boundaries: &'b Boundaries) -> super::place::Place<'b> {
        let place = boundaries.place(self.row, self.partition, self.group);
        if self.row == place.peers().end {
            self.group += 1;
        }
        if self.row == place.partition.end {
            self.partition += 1;
        }
        let place = boundaries.place(self.row, self.partition, self.group);
        if self.row == place.partition.start {
            self.calls.iter_mut().for_each(Call::begin_partition);
        }
        place
    }
}

impl Operator for Window {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            if self.giving.is_some() {
                return self.give(context);
            }
            match self.input.step(context)? {
                Step::Chunk(chunk) => {
                    self.take_in(&chunk, context)?;
                    context.spend(chunk.len());
                }
                Step::Done => self.end_input(context)?,
                other => return Ok(other),
            }
        }
    }
}
