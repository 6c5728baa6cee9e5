//! RESTORE and UNDO: rows become what they were.

use super::constraint::check_rows;
use super::writer::{Target, Writer, Written, row_ids};
use crate::column::{Chunk, Data};
use crate::error::Result;
use crate::exec::past::{Past, Reversal};
use crate::exec::{Context, Operator, Step};
use crate::plan::{Restore, Rules};
use crate::table::Fetch;
use crate::types::{ColumnId, TableSchema};
use std::collections::VecDeque;
use std::rc::Rc;

/// Writes table after table.
pub struct Restores(VecDeque<Writer>);

impl Restores {
    pub fn new(parts: &[Restore]) -> Restores {
        let writer = |part: &Restore| {
            let rows = Past::new(&part.call, &part.condition);
            let target = RestoreRows {
                table: part.table.clone(),
                rules: part.rules.clone(),
                done: 0,
            };
            Writer::new(Box::new(rows), Box::new(target), None)
        };
        Restores(parts.iter().map(writer).collect())
    }
}

impl Operator for Restores {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        while let Some(writer) = self.0.front_mut() {
            match writer.step(context)? {
                Step::Done => drop(self.0.pop_front()),
                other => return Ok(other),
            }
        }
        Ok(Step::Done)
    }
}

/// Its input yields row ids, what is to become of the rows, and their values.
struct RestoreRows {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    /// How many kinds of reversal of the chunk at hand are done.
    done: usize,
}

impl Target for RestoreRows {
    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        let Data::I64(wanted) = &chunk.columns[1].data else {
            unreachable!("the second column says what to do");
        };
        let columns: Vec<ColumnId> = self.table.columns.iter().map(|c| c.id).collect();
        let rules = (&*self.table, &*self.rules);
        for reversal in [Reversal::Delete, Reversal::Update, Reversal::Insert] {
            if (reversal as usize) < self.done {
                continue;
            }
            let some =
                (0..chunk.rows as u32).filter(|row| wanted[*row as usize] == reversal as i64);
            let some: Vec<u32> = some.collect();
            if some.is_empty() {
                continue;
            }
            let part = chunk.clone().with_selection(some).compact();
            let (ids, values) = (row_ids(&part), &part.columns[2..]);
            if reversal != Reversal::Delete {
                check_rows(rules, values, part.rows, &context.eval())?;
            }
            let (transaction, store) = context.writer()?;
            match reversal {
                Reversal::Delete => transaction.delete(store, self.table.id, &ids)?,
                Reversal::Insert => transaction.insert_as(store, self.table.id, ids, values)?,
                Reversal::Update => {
                    let table = self.table.id;
                    if let Fetch::Need(block) =
                        transaction.update(store, table, &ids, &columns, values)?
                    {
                        self.done = reversal as usize;
                        return Ok(Written::Later(Step::Need(block)));
                    }
                }
            }
        }
        self.done = 0;
        Ok(Written::Rows(Chunk::new(Vec::new(), chunk.rows)))
    }
}
