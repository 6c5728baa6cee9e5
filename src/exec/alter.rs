//! ALTER, step by step.

use super::definition::{check_index_room, define, number_by};
use super::past::has_written;
use super::write::{Restores, UpdateRows, Writer, check_rows, row_ids};
use super::{Context, Operator, Step, build::build};
use crate::column::Chunk;
use crate::error::Result;
use crate::plan::{AlterStep, Plan, Rules};
use crate::table::next_of;
use crate::txn::SequencePlace;
use crate::types::{IndexId, TableId, TableSchema};
use std::collections::HashSet;
use std::collections::VecDeque;

/// The steps that are left. One that reads rows goes on where it gave way.
pub struct Alteration {
    steps: VecDeque<AlterStep>,
    rows: Option<Box<dyn Operator>>,
}

impl Alteration {
    pub fn new(steps: &[AlterStep]) -> Alteration {
        Alteration {
            steps: steps.to_vec().into(),
            rows: None,
        }
    }

    /// What reads rows for a step; `None` if it was done at once.
    fn begin(step: &AlterStep, context: &mut Context) -> Result<Option<Box<dyn Operator>>> {
        if let AlterStep::Statement(plan) = step {
            return match &**plan {
                Plan::Restore(parts) => Ok(Some(Box::new(Restores::new(parts)))),
                plan => define(plan, context).map(|_| None),
            };
        }
        let catalog = context.view().catalog();
        if let AlterStep::AddIndex { table, .. } = step {
            check_index_room(*table, context)?;
        }
        let (transaction, store) = context.writer()?;
        match step {
            AlterStep::Table(schema) => {
                let schema = following(schema, catalog.require(schema.id)?);
                transaction.alter_table(store, schema)?;
            }
            AlterStep::AddIndex {
                table,
                index,
                primary,
            } => {
                let id = transaction.create_index(store, *table, index.clone())?;
                if *primary {
                    set_primary_key(*table, Some(id), context)?;
                }
            }
            AlterStep::DropIndex { table, index } => {
                if catalog.require(*table)?.primary_key == Some(*index) {
                    set_primary_key(*table, None, context)?;
                }
                let (transaction, store) = context.writer()?;
                transaction.drop_index(store, *table, *index)?;
            }
            AlterStep::Promote {
                table,
                index,
                primary,
            } => {
                let mut schema = TableSchema::clone(catalog.require(*table)?);
                let known = schema.indexes.iter_mut();
                if let Some(known) = known.into_iter().find(|known| known.id == index.id) {
                    known.clone_from(index);
                }
                if *primary {
                    schema.primary_key = Some(index.id);
                }
                transaction.alter_table(store, schema)?;
            }
            AlterStep::RenameIndex { table, from, to } => {
                let mut schema = TableSchema::clone(catalog.require(*table)?);
                let mut indexes = schema.indexes.iter_mut();
                if let Some(index) = indexes.find(|index| index.name == *from) {
                    index.name.clone_from(to);
                }
                transaction.alter_table(store, schema)?;
            }
            AlterStep::AddSequence {
                sequence,
                table,
                column,
            } => {
                let mut sequence = sequence.clone();
                if let Some(options) = &mut sequence.sequence {
                    options.owner = Some((*table, *column));
                }
                let id = transaction.create_table(store, sequence)?;
                let mut schema = TableSchema::clone(catalog.require(*table)?);
                let mut columns = schema.columns.iter_mut();
                let own = columns.find(|own| own.id == *column);
                if let Some(own) = own {
                    number_by(own, id);
                    transaction.alter_table(store, schema)?;
                }
            }
            AlterStep::Create(schema) => {
                transaction.create_table(store, schema.clone())?;
            }
            AlterStep::DropTable(table) => transaction.drop_table(store, *table)?,
            AlterStep::Redefine { schema, first } => redefine(schema, *first, context)?,
            AlterStep::Constraints(foreign, deferred) => {
                transaction.set_constraints(foreign.clone(), *deferred);
            }
            AlterStep::Tag { name, seq } => transaction.tag(name, *seq)?,
            AlterStep::Check { rows, .. } => return build(rows, None).map(Some),
            AlterStep::Restart { sequence, value } => restart(*sequence, *value, context)?,
            AlterStep::Update(update) => {
                let source = build(&update.source, None)?;
                let target = UpdateRows::new(update, HashSet::new());
                return Ok(Some(Box::new(Writer::new(source, Box::new(target), None))));
            }
            AlterStep::Refuse { rows, .. } => return build(rows, None).map(Some),
            AlterStep::Statement(_) => {}
        }
        Ok(None)
    }
}

/// Makes a relation what it was.
fn redefine(schema: &TableSchema, first: bool, context: &mut Context) -> Result<()> {
    let table = schema.id;
    if first && context.view().has_writes(table) {
        return Err(has_written(schema));
    }
    let catalog = context.view().catalog();
    let is_known = |id| (catalog.table_by_id(table)).is_some_and(|now| now.index(id).is_some());
    if schema.indexes.iter().any(|index| !is_known(index.id)) {
        check_index_room(table, context)?;
    }
    let (transaction, store) = context.writer()?;
    transaction.redefine(store, schema)
}

/// Rows, and behind them their ids, satisfy the rules; where they lead is looked at when the statement ends.
fn check_all(
    (table, rules): (&TableSchema, &Rules),
    rows: &Chunk,
    context: &mut Context,
) -> Result<()> {
    let (values, ids) = rows.columns.split_at(table.columns.len());
    check_rows((table, rules), values, rows.rows, &context.eval())?;
    if !table.foreign_keys.is_empty() {
        let ids = Chunk::new(ids.to_vec(), rows.rows);
        context.writer()?.0.look_at(table.id, &row_ids(&ids));
    }
    Ok(())
}

/// Lets a sequence give a value next.
pub fn restart(sequence: TableId, value: i64, context: &mut Context) -> Result<()> {
    let (transaction, _) = context.writer()?;
    let place = SequencePlace {
        last_value: value,
        is_called: false,
    };
    transaction.move_sequence(sequence, place);
    Ok(())
}

/// The schema with the indexes and sequences that the table has now.
fn following(schema: &TableSchema, now: &TableSchema) -> TableSchema {
    let mut schema = schema.clone();
    let known = std::mem::replace(&mut schema.indexes, now.indexes.clone());
    for index in &mut schema.indexes {
        if let Some(known) = known.iter().find(|known| known.id == index.id) {
            index.computed.clone_from(&known.computed);
        }
    }
    schema.primary_key = now.primary_key;
    for column in &mut schema.columns {
        let mut known = now.columns.iter();
        let Some(known) = known.find(|known| known.name == column.name) else {
            continue;
        };
        if let (Some(identity), Some(known)) = (&mut column.identity, &known.identity) {
            identity.sequence = known.sequence;
        }
        if (column.default.iter()).any(|default| default.sql == next_of(TableId(u32::MAX))) {
            column.default.clone_from(&known.default);
        }
    }
    schema
}

fn set_primary_key(table: TableId, key: Option<IndexId>, context: &mut Context) -> Result<()> {
    let mut schema = TableSchema::clone(context.view().catalog().require(table)?);
    schema.primary_key = key;
    let (transaction, store) = context.writer()?;
    transaction.alter_table(store, schema)
}

impl Operator for Alteration {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        while let Some(next) = self.steps.front() {
            if self.rows.is_none() {
                self.rows = Alteration::begin(next, context)?;
            }
            if let Some(rows) = &mut self.rows {
                match (rows.step(context)?, next) {
                    (Step::Chunk(chunk), AlterStep::Refuse { error, .. }) if !chunk.is_empty() => {
                        return Err(error.clone());
                    }
                    (Step::Chunk(chunk), AlterStep::Check { table, rules, .. }) => {
                        check_all((table, rules), &chunk.compact(), context)?;
                        continue;
                    }
                    (Step::Chunk(_), _) => continue,
                    (Step::Done, AlterStep::Update(_)) => context.meter.affected_rows = 0,
                    (Step::Done, _) => {}
                    (other, _) => return Ok(other),
                }
                // What the next step sees of keys is settled.
                let (transaction, store) = context.writer()?;
                transaction.end_statement(store)?;
            }
            self.rows = None;
            self.steps.pop_front();
        }
        Ok(Step::Done)
    }
}
