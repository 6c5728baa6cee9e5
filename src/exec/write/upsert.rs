//! INSERT … ON CONFLICT: row by row, since the row that is in the way may be one that the statement itself has
//! just inserted.

use super::constraint::check_row;
use super::writer::{Target, Written};
use crate::column::{Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::exec::{Context, Step};
use crate::expr;
use crate::plan::{ConflictUpdate, Insert, OnConflict, Rules, TimeSlot};
use crate::table::Fetch;
use crate::types::{IndexId, PhysicalType, RowId, ScanColumn, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// Its input yields all columns of the table, in its order.
pub struct UpsertRows {
    insert: Insert,
    conflict: OnConflict,
    /// What a proposed row must keep; what views check, only a row that is inserted.
    proposed: Rc<Rules>,
    types: Vec<PhysicalType>,
    /// The next row of the chunk.
    next: usize,
    /// The rows that this statement has inserted or updated.
    written: HashSet<RowId>,
    /// Those of the chunk, as they are now.
    results: Vec<Vec<Value>>,
}

/// The row that is in the way: its id and its columns.
type Standing = (RowId, Vec<Value>);

impl UpsertRows {
    pub fn new(insert: &Insert, conflict: OnConflict) -> UpsertRows {
        let columns = insert.table.columns.iter();
        let mut proposed = insert.rules.clone();
        if proposed.checks.iter().any(|check| check.of_view) {
            let checks = &mut Rc::make_mut(&mut proposed).checks;
            checks.retain(|check| !check.of_view);
        }
        UpsertRows {
            proposed,
            types: columns.map(|column| column.data_type.physical()).collect(),
            insert: insert.clone(),
            conflict,
            next: 0,
            written: HashSet::new(),
            results: Vec::new(),
        }
    }

    /// Inserts a proposed row, or does with the one in its way what the clause says.
    fn write_row(&mut self, proposed: Vec<Value>, context: &mut Context) -> Result<Fetch<()>> {
        let table = self.insert.table.clone();
        check_row((&table, &self.proposed), &proposed, &context.eval())?;
        let standing = match self.find(&proposed, context)? {
            Fetch::Ready(standing) => standing,
            Fetch::Need(block) => return Ok(Fetch::Need(block)),
        };
        match (standing, self.conflict.update.clone()) {
            (None, _) => {
                let rules = &self.insert.rules;
                if !Rc::ptr_eq(rules, &self.proposed) {
                    check_row((&table, rules), &proposed, &context.eval())?;
                }
                let (transaction, store) = context.writer()?;
                let id = transaction.insert_row(store, table.id, &proposed)?;
                self.wrote(id, proposed);
            }
            (Some(_), None) => {}
            (Some(standing), Some(update)) => {
                return self.update(standing, proposed, &update, context);
            }
        }
        Ok(Fetch::Ready(()))
    }

    fn wrote(&mut self, id: RowId, row: Vec<Value>) {
        self.written.insert(id);
        self.results.push(row);
    }

    fn find(&self, proposed: &[Value], context: &Context) -> Result<Fetch<Option<Standing>>> {
        for arbiter in &self.conflict.arbiters {
            match self.find_by(*arbiter, proposed, context)? {
                Fetch::Ready(None) => {}
                found => return Ok(found),
            }
        }
        Ok(Fetch::Ready(None))
    }

    fn find_by(
        &self,
        arbiter: IndexId,
        proposed: &[Value],
        context: &Context,
    ) -> Result<Fetch<Option<Standing>>> {
        let table = &self.insert.table;
        let index = table.index(arbiter);
        let index = index.ok_or_else(|| Error::new(Code::Internal, "an arbiter without index"))?;
        let view = context.view();
        let key = match view.computed_key(table, arbiter, proposed) {
            Some(key) => match key? {
                Some(key) => key,
                None => return Ok(Fetch::Ready(None)),
            },
            None => {
                let positions = index.columns.iter().filter_map(|id| table.position(*id));
                positions.map(|at| proposed[at].clone()).collect()
            }
        };
        if !index.nulls_not_distinct && key.iter().any(Value::is_null) {
            return Ok(Fetch::Ready(None));
        }
        let (versions, with_writes) = context.versions(TimeSlot::Present);
        let found = view.get_unique(table.id, arbiter, &key, &versions, with_writes)?;
        let row = match found {
            Fetch::Ready(Some(row)) => row,
            Fetch::Ready(None) => return Ok(Fetch::Ready(None)),
            Fetch::Need(block) => return Ok(Fetch::Need(block)),
        };
        let columns = table.columns.iter();
        let columns = columns.map(|column| ScanColumn::Column(column.id));
        let columns: Vec<_> = std::iter::once(ScanColumn::RowId).chain(columns).collect();
        let read = view.read_rows(table.id, &[row], &columns)?;
        Ok(read.map(|chunk| {
            let id = match &chunk.columns[0].data {
                Data::I64(ids) => RowId(ids[0] as u64),
                _ => unreachable!("row ids are integers"),
            };
            let values = chunk.columns[1..].iter().map(|column| column.value(0));
            Some((id, values.collect()))
        }))
    }

    fn update(
        &mut self,
        (id, mut row): Standing,
        proposed: Vec<Value>,
        update: &ConflictUpdate,
        context: &mut Context,
    ) -> Result<Fetch<()>> {
        if self.written.contains(&id) {
            let message = "ON CONFLICT DO UPDATE command cannot affect row a second time";
            return Err(Error::new(Code::CardinalityViolation, message).with_hint(
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
            ));
        }
        let both: Vec<Value> = row.iter().cloned().chain(proposed).collect();
        let eval = context.eval();
        if let Some(condition) = &update.condition
            && expr::evaluate_row(condition, &both, &eval)? != Value::Bool(true)
        {
            return Ok(Fetch::Ready(()));
        }
        let table = self.insert.table.clone();
        let position = |id| table.position(id).expect("a column of the table");
        for (column, value) in update.columns.iter().zip(&update.values) {
            row[position(*column)] = expr::evaluate_row(value, &both, &eval)?;
        }
        let rules = &self.insert.rules;
        let mut columns = update.columns.clone();
        for (at, value) in &rules.generated {
            row[*at] = expr::evaluate_row(value, &row, &eval)?;
            columns.push(table.columns[*at].id);
        }
        check_row((&table, rules), &row, &eval)?;
        let vector = |id: &_| {
            let at = position(*id);
            Rc::new(Vector::from_values(self.types[at], [&row[at]]))
        };
        let values: Vec<Rc<Vector>> = columns.iter().map(vector).collect();
        let (transaction, store) = context.writer()?;
        let written = transaction.update(store, table.id, &[id], &columns, &values)?;
        if let Fetch::Ready(()) = written {
            self.wrote(id, row);
        }
        Ok(written)
    }

    /// The rows written since the last time; with their columns, if they are asked for.
    fn take_results(&mut self) -> Chunk {
        let rows = std::mem::take(&mut self.results);
        if self.insert.returning.is_none() {
            return Chunk::new(Vec::new(), rows.len());
        }
        let column = |(at, physical): (usize, &PhysicalType)| {
            Rc::new(Vector::from_values(
                *physical,
                rows.iter().map(|row| &row[at]),
            ))
        };
        let columns = self.types.iter().enumerate().map(column).collect();
        Chunk::new(columns, rows.len())
    }
}

impl Target for UpsertRows {
    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        while self.next < chunk.rows {
            if context.is_spent() {
                return Ok(Written::Later(Step::Yield));
            }
            let proposed = chunk.row(self.next);
            if let Fetch::Need(block) = self.write_row(proposed, context)? {
                return Ok(Written::Later(Step::Need(block)));
            }
            self.next += 1;
            context.spend(1);
        }
        self.next = 0;
        Ok(Written::Rows(self.take_results()))
    }
}
