//! Sequences: where each stands is the one row of a table of its own.
//!
//! So it is versioned and logged as any row is, as a part of the commit that used it: what is rolled back was not
//! used, and no value is handed out twice. Within a statement the place is kept beside the row, which is written
//! once at the end of the statement however many values were taken.

use super::Transaction;
use super::private::Origin;
use super::undo::Undo;
use crate::error::{Code, Error, Result};
use crate::table::{Location, Rows, Store};
use crate::types::{ColumnId, RowId, TableId, Value};

/// Where a sequence stands: the last value it gave, or the first it will give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequencePlace {
    pub last_value: i64,
    pub is_called: bool,
}

/// The columns of a sequence that change.
const CHANGING: [ColumnId; 2] = [ColumnId(0), ColumnId(2)];

impl SequencePlace {
    /// The row that holds it: the last value, `log_cnt` (which is PostgreSQL's own affair), whether it was called.
    pub fn row(self) -> [Value; 3] {
        [
            Value::I64(self.last_value),
            Value::I64(0),
            Value::Bool(self.is_called),
        ]
    }

    fn of_row(rows: &Rows, row: usize) -> SequencePlace {
        SequencePlace {
            last_value: match rows.columns[0].value(row) {
                Value::I64(value) => value,
                _ => 0,
            },
            is_called: rows.columns[2].value(row) == Value::Bool(true),
        }
    }
}

impl Transaction {
    /// Where a sequence stands for this transaction.
    pub fn sequence_place(&self, store: &Store, sequence: TableId) -> Result<SequencePlace> {
        if let Some(place) = self.sequences.borrow().get(&sequence) {
            return Ok(*place);
        }
        let (_, location) = self.sequence_row(store, sequence)?;
        let rows = match location.block.private_index() {
            Some(number) => &self.blocks[number as usize].rows,
            // A single row that everything needs: it is not waited for.
            None => &store.blocks().get(location.block).rows,
        };
        Ok(SequencePlace::of_row(rows, location.row as usize))
    }

    /// Where a committed sequence stood last, even if it was dropped.
    pub fn last_place(&self, store: &Store, sequence: TableId) -> Option<SequencePlace> {
        let location = store.relation(sequence)?.last_row(store.blocks())?;
        let rows = &store.blocks().get(location.block).rows;
        Some(SequencePlace::of_row(rows, location.row as usize))
    }

    /// Moves a sequence; written at the end of the statement.
    pub fn move_sequence(&self, sequence: TableId, place: SequencePlace) {
        self.sequences.borrow_mut().insert(sequence, place);
    }

    fn sequence_row(&self, store: &Store, sequence: TableId) -> Result<(RowId, Location)> {
        let relation = store.relation(sequence);
        let private = self.tables.get(&sequence);
        let own = private.and_then(|private| private.rows.iter().next());
        let stored = || relation.and_then(|relation| relation.live_row());
        own.or_else(stored)
            .ok_or_else(|| Error::new(Code::Internal, format!("sequence {sequence} has no row")))
    }

    /// Writes the rows of the sequences that moved.
    pub(super) fn write_sequences(&mut self, store: &Store) -> Result<()> {
        for (sequence, place) in std::mem::take(self.sequences.get_mut()) {
            self.open_table(store, sequence)?;
            let (row, _) = self.sequence_row(store, sequence)?;
            let old = self.end_row(store, sequence, row)?;
            let private = self.tables.get_mut(&sequence).expect("opened above");
            let origin = match old.block.private_index() {
                Some(number) => {
                    let before = self.blocks[number as usize].origins[old.row as usize];
                    private.widen(before, &CHANGING)
                }
                None => Origin::Updated(private.change_set(&CHANGING)),
            };
            let number = private.open(&mut self.blocks);
            let block = &mut self.blocks[number as usize];
            block.rows.push_values(row, &place.row())?;
            block.added(origin, 1);
            self.undo.push(Undo::Put {
                table: sequence,
                block: number,
                rows: 1,
            });
            let at = self.blocks[number as usize].rows.len() - 1;
            private.link(&self.blocks, number, at);
        }
        Ok(())
    }
}
