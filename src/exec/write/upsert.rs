//! INSERT … ON CONFLICT: row by row, since the row that is in the way may be one that the statement itself has
//! just inserted. Inside WITH they wait until everything has been read, as those of MERGE: what is to become of each.

use super::beside::{Beside, key_in};
use super::constraint::check_row;
use super::deferred::Pending;
use super::writer::{Target, Written};
use crate::column::{Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::exec::{Context, Step};
use crate::expr;
use crate::plan::{
    ConflictUpdate, Insert, Node, OnConflict, Plan, RowChange, Rules, TimeSlot, Update,
};
use crate::table::Fetch;
use crate::types::{ColumnId, IndexId, PhysicalType, RowId, ScanColumn, Value};
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
    beside: Beside,
    /// Inside WITH, the rows of `results` that there were before.
    waiting: Option<Vec<Option<RowId>>>,
}

/// The row that is in the way: its id and its columns, if it can be seen.
type Standing = Option<(RowId, Vec<Value>)>;

impl UpsertRows {
    /// `waits`: the statement is inside WITH.
    pub fn new(insert: &Insert, conflict: OnConflict, waits: bool) -> UpsertRows {
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
            beside: Beside::default(),
            waiting: waits.then(Vec::new),
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
                if self.waiting.is_some() {
                    return self.wait(None, proposed, context).map(Fetch::Ready);
                }
                let (transaction, store) = context.writer()?;
                let id = transaction.insert_row(store, table.id, &proposed)?;
                self.wrote(id, proposed);
            }
            (Some(_), None) => {}
            (Some(None), Some(_)) => return Err(twice()),
            (Some(Some(standing)), Some(update)) => {
                return self.update(standing, proposed, &update, context);
            }
        }
        Ok(Fetch::Ready(()))
    }

    fn wrote(&mut self, id: RowId, row: Vec<Value>) {
        self.written.insert(id);
        self.results.push(row);
    }

    /// A row is to be written, in place of one that there is or anew.
    fn wait(&mut self, was: Option<RowId>, row: Vec<Value>, context: &mut Context) -> Result<()> {
        let arbiters = (&*self.insert.table, &*self.conflict.arbiters);
        self.beside.add(arbiters, &row, was, context)?;
        context.claimed.extend(was);
        self.results.push(row);
        self.waiting.iter_mut().for_each(|rows| rows.push(was));
        Ok(())
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
        let view = context.view();
        let Some(key) = key_in(table, arbiter, proposed, context)? else {
            return Ok(Fetch::Ready(None));
        };
        if self.beside.has_key(arbiter, &key) {
            return Ok(Fetch::Ready(Some(None)));
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
            match self.beside.is_kept(id) {
                _ if self.beside.is_gone(id) => None,
                true => Some(None),
                false => Some(Some((id, values.collect()))),
            }
        }))
    }

    fn update(
        &mut self,
        (id, mut row): (RowId, Vec<Value>),
        proposed: Vec<Value>,
        update: &ConflictUpdate,
        context: &mut Context,
    ) -> Result<Fetch<()>> {
        if self.written.contains(&id) {
            return Err(twice());
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
        for (at, value) in &rules.generated {
            row[*at] = expr::evaluate_row(value, &row, &eval)?;
        }
        check_row((&table, rules), &row, &eval)?;
        if self.waiting.is_some() {
            return self.wait(Some(id), row, context).map(Fetch::Ready);
        }
        let columns = self.updated(update);
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

    /// The columns that an update writes.
    fn updated(&self, update: &ConflictUpdate) -> Vec<ColumnId> {
        let generated = self.insert.rules.generated.iter();
        let generated = generated.map(|(at, _)| self.insert.table.columns[*at].id);
        update.columns.iter().copied().chain(generated).collect()
    }

    /// The rows written since the last time; with their columns, if they are asked for. Those that wait are handed on.
    fn take_results(&mut self, context: &mut Context) -> Result<Chunk> {
        let rows = std::mem::take(&mut self.results);
        if self.insert.returning.is_none() && self.waiting.is_none() {
            return Ok(Chunk::new(Vec::new(), rows.len()));
        }
        let column = |(at, physical): (usize, &PhysicalType)| {
            Rc::new(Vector::from_values(
                *physical,
                rows.iter().map(|row| &row[at]),
            ))
        };
        let columns = self.types.iter().enumerate().map(column).collect();
        let chunk = Chunk::new(columns, rows.len());
        if let Some(waiting) = &mut self.waiting {
            let waiting = std::mem::take(waiting);
            self.hand_on(&waiting, &chunk, context)?;
        }
        Ok(chunk)
    }

    /// Leaves the writing of rows for when everything has been read.
    fn hand_on(
        &self,
        waiting: &[Option<RowId>],
        rows: &Chunk,
        context: &mut Context,
    ) -> Result<()> {
        let integers =
            |values: Vec<Value>| Rc::new(Vector::from_values(PhysicalType::I64, &values));
        let ids = waiting.iter().map(|was| match was {
            Some(RowId(id)) => Value::I64(*id as i64),
            None => Value::Null,
        });
        let kinds = waiting.iter().map(|was| match was {
            Some(_) => Value::I64(RowChange::Update as i64),
            None => Value::I64(RowChange::Insert as i64),
        });
        let first = [integers(ids.collect()), integers(kinds.collect())];
        let columns = first.into_iter().chain(rows.columns.iter().cloned());
        let chunk = Chunk::new(columns.collect(), rows.rows);
        context.meter.hold_chunk(&chunk)?;
        let update = self.conflict.update.as_ref();
        context.pending.push_back(Pending {
            plan: Plan::Merge(Update {
                table: self.insert.table.clone(),
                rules: self.insert.rules.clone(),
                columns: update.map_or(Vec::new(), |update| self.updated(update)),
                source: Node::empty(),
                subplans: Vec::new(),
                returning: None,
            }),
            chunks: [chunk].into(),
        });
        Ok(())
    }
}

fn twice() -> Error {
    let message = "ON CONFLICT DO UPDATE command cannot affect row a second time";
    Error::new(Code::CardinalityViolation, message).with_hint(
        "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
    )
}

impl Target for UpsertRows {
    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        let insert = &self.insert.table;
        while (self.beside).read_next((insert, &self.conflict.arbiters), context)? {
            if context.is_spent() {
                return Ok(Written::Later(Step::Yield));
            }
        }
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
        self.take_results(context).map(Written::Rows)
    }
}
