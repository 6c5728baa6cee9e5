//! One statement being run.

use super::alter::{self, Alteration};
use super::build::{build, physical_types};
use super::explain::{self, Measure};
use super::row_buffer::RowBuffer;
use super::scan::Scan;
use super::write::{
    ChangeRows, CreateRows, DeleteRows, Found, InsertRows, Pending, Restores, Settling, Target,
    UpdateRows, UpsertRows, Writer, settle,
};
use super::{Access, Context, Operator, Step, definition};
use crate::error::{Code, Error, Result};
use crate::expr::SubplanRows;
use crate::plan::{AlterStep, Node, Plan, Related, Rules, TimeSlot};
use crate::table::Fetch;
use crate::types::{RowId, TableId};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

/// Runs a plan step by step: subplans first, each to its end, then the rest.
pub struct Execution {
    plan: Rc<Plan>,
    stage: Stage,
    subplans: Vec<SubplanRows>,
    /// What statements inside WITH are still to write, and the rows that they change.
    pending: VecDeque<Pending>,
    claimed: HashSet<RowId>,
    measure: Option<Measure>,
    /// What PostgreSQL would say as a warning.
    pub notice: Option<&'static str>,
}

enum Stage {
    Subplan {
        rows: RowBuffer,
        operator: Box<dyn Operator>,
    },
    /// All subplans have been run.
    Ready,
    Main(Box<dyn Operator>),
    /// Everything has been read: writing what statements inside WITH found.
    Pending(Option<Box<dyn Operator>>, Vec<Rc<Related>>),
    /// The tables to be truncated from this one on, and the counting of its rows.
    Truncate {
        tables: Vec<TableId>,
        counting: Option<Box<Scan>>,
    },
    /// All rows are written: what do foreign keys say?
    Settling(Settling),
    Done,
}

impl Execution {
    pub fn new(plan: Rc<Plan>) -> Execution {
        let analyze = matches!(&*plan, Plan::Explain { analyze: true, .. });
        Execution {
            plan,
            stage: Stage::Ready,
            subplans: Vec::new(),
            pending: VecDeque::new(),
            claimed: HashSet::new(),
            measure: analyze.then(Measure::default),
            notice: None,
        }
    }

    /// Gives the next rows of the result. At `Done` all writes are made and uniqueness is checked.
    pub fn step(&mut self, context: &mut Context) -> Result<Step> {
        self.exchange(context);
        let store = context.store;
        let step = store.guard(|| self.advance(context));
        self.exchange(context);
        step
    }

    /// Hands what is kept between steps to the context, or takes it back.
    fn exchange(&mut self, context: &mut Context) {
        std::mem::swap(&mut self.subplans, &mut context.subplans);
        std::mem::swap(&mut self.pending, &mut context.pending);
        std::mem::swap(&mut self.claimed, &mut context.claimed);
    }

    fn advance(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            match &mut self.stage {
                Stage::Subplan { rows, operator } => {
                    let affected = context.meter.affected_rows;
                    let step = operator.step(context);
                    // What is written inside WITH is not counted.
                    context.meter.affected_rows = affected;
                    match step? {
                        Step::Chunk(chunk) => {
                            context.meter.hold_chunk(&chunk)?;
                            rows.push_chunk(&chunk);
                        }
                        Step::Done => {
                            let rows = std::mem::replace(rows, RowBuffer::new([]));
                            context.subplans.push(SubplanRows::new(rows.into_chunk()));
                            self.stage = Stage::Ready;
                        }
                        other => return Ok(other),
                    }
                }
                Stage::Ready => self.stage = self.next_stage(context)?,
                Stage::Main(operator) => match operator.step(context)? {
                    Step::Chunk(_) if self.measure.is_some() => {}
                    Step::Done => {
                        let related = related(inner(&self.plan));
                        self.stage = Stage::Pending(None, related);
                    }
                    other => return Ok(other),
                },
                Stage::Pending(writer, related) => {
                    if let Some(step) = write_pending(writer, related, context)? {
                        return Ok(step);
                    }
                    let acts = !brings_back(inner(&self.plan));
                    let settling = Settling::new(std::mem::take(related), acts);
                    // Keys first. Where rows are led on one by one, those of others may be taken for a while.
                    if let Access::Write(transaction) = &mut context.access {
                        transaction.end_statement(context.store)?;
                    }
                    self.stage = Stage::Settling(settling);
                }
                Stage::Settling(settling) => {
                    if let Fetch::Need(block) = settle(settling, context)? {
                        return Ok(Step::Need(block));
                    }
                    return self.end(context);
                }
                Stage::Truncate { tables, counting } => {
                    if let Some(step) = truncate(tables, counting, context)? {
                        return Ok(step);
                    }
                    if tables.is_empty() {
                        return self.end(context);
                    }
                }
                Stage::Done => return Ok(Step::Done),
            }
        }
    }

    /// What comes after the subplans that have been run so far.
    fn next_stage(&mut self, context: &mut Context) -> Result<Stage> {
        let plan = self.plan.clone();
        match inner(&plan) {
            Plan::Truncate { tables, restart } => {
                for sequence in restart {
                    let catalog = context.view().catalog();
                    let options = catalog.require(*sequence)?.sequence.as_ref();
                    if let Some(options) = options {
                        alter::restart(*sequence, options.start, context)?;
                    }
                }
                return Ok(Stage::Truncate {
                    tables: tables.clone(),
                    counting: None,
                });
            }
            Plan::Explain { .. } => return Ok(Stage::Main(Box::new(Nothing))),
            Plan::Alter { steps, .. } => {
                return Ok(Stage::Main(Box::new(Alteration::new(steps))));
            }
            inner if subplans(inner).is_none() => {
                self.notice = definition::define(inner, context)?;
                return Ok(Stage::Main(Box::new(Nothing)));
            }
            _ => {}
        }
        let (inner, measure) = (inner(&plan), self.measure.as_ref());
        let done = context.subplans.len();
        if let Some(node) = subplans(inner).and_then(|subplans| subplans.get(done)) {
            return Ok(Stage::Subplan {
                rows: RowBuffer::new(physical_types(node)),
                operator: build(node, measure)?,
            });
        }
        let claimed = std::mem::take(&mut context.claimed);
        Ok(Stage::Main(main_operator(inner, measure, claimed)?))
    }

    /// Ends the statement: EXPLAIN has its lines to give now.
    fn end(&mut self, context: &mut Context) -> Result<Step> {
        self.stage = Stage::Done;
        if let Access::Write(transaction) = &mut context.access {
            transaction.end_statement(context.store)?;
        }
        match &*self.plan {
            Plan::Explain { plan, .. } => {
                let lines = explain::lines(plan, self.measure.as_ref(), context.moments);
                Ok(Step::Chunk(explain::chunk(&lines)))
            }
            _ => Ok(Step::Done),
        }
    }
}

/// The plan that is run: that below EXPLAIN ANALYZE.
fn inner(plan: &Plan) -> &Plan {
    match plan {
        Plan::Explain {
            analyze: true,
            plan,
        } => plan,
        plan => plan,
    }
}

/// Whether it makes rows what they were: RESTORE, UNDO or REDO.
fn brings_back(plan: &Plan) -> bool {
    match plan {
        Plan::Restore(_) => true,
        Plan::Alter { steps, .. } => steps
            .iter()
            .any(|step| matches!(step, AlterStep::Statement(plan) if brings_back(plan))),
        _ => false,
    }
}

/// The tables that the actions of a statement's foreign keys may change.
fn related(plan: &Plan) -> Vec<Rc<Related>> {
    let of = |rules: &Rules| vec![rules.related.clone()];
    match plan {
        Plan::Insert(insert) => of(&insert.rules),
        Plan::Update(update) | Plan::Merge(update) => of(&update.rules),
        Plan::Delete(delete) => of(&delete.rules),
        Plan::Alter { steps, .. } => {
            let statements = steps.iter().filter_map(|step| match step {
                AlterStep::Statement(plan) => Some(related(plan)),
                _ => None,
            });
            statements.flatten().collect()
        }
        _ => Vec::new(),
    }
}

fn subplans(plan: &Plan) -> Option<&[Node]> {
    match plan {
        Plan::Query(query) => Some(&query.subplans),
        Plan::CreateTableAs(create) => Some(&create.query.subplans),
        Plan::Restore(_) => Some(&[]),
        Plan::Insert(insert) => Some(&insert.subplans),
        Plan::Update(update) | Plan::Merge(update) => Some(&update.subplans),
        Plan::Delete(delete) => Some(&delete.subplans),
        _ => None,
    }
}

/// Runs the pending writes to their end; `None` when there are no more. Their rows are not counted.
fn write_pending(
    writer: &mut Option<Box<dyn Operator>>,
    related_tables: &mut Vec<Rc<Related>>,
    context: &mut Context,
) -> Result<Option<Step>> {
    let affected = context.meter.affected_rows;
    loop {
        let Some(operator) = writer else {
            let Some(Pending { plan, chunks }) = context.pending.pop_front() else {
                return Ok(None);
            };
            related_tables.extend(related(&plan));
            *writer = Some(writer_of(&plan, Box::new(Found(chunks)), HashSet::new())?);
            continue;
        };
        let step = operator.step(context);
        context.meter.affected_rows = affected;
        match step? {
            Step::Chunk(_) => {}
            Step::Done => *writer = None,
            other => return Ok(Some(other)),
        }
    }
}

fn main_operator(
    plan: &Plan,
    measure: Option<&Measure>,
    claimed: HashSet<RowId>,
) -> Result<Box<dyn Operator>> {
    match (plan, plan.source()) {
        (Plan::Query(query), _) => build(&query.root, measure),
        (Plan::Restore(parts), _) => Ok(Box::new(Restores::new(parts))),
        (_, Some(source)) => writer_of(plan, build(source, measure)?, claimed),
        _ => Err(Error::new(Code::Internal, "a plan without operators")),
    }
}

/// Writes the rows of a source. Those that are claimed are left alone.
fn writer_of(
    plan: &Plan,
    source: Box<dyn Operator>,
    claimed: HashSet<RowId>,
) -> Result<Box<dyn Operator>> {
    let (target, returning): (Box<dyn Target>, _) = match plan {
        Plan::Insert(insert) => match insert.conflict.clone() {
            Some(conflict) => (
                Box::new(UpsertRows::new(insert, conflict, false)),
                &insert.returning,
            ),
            None => (Box::new(InsertRows::new(insert)), &insert.returning),
        },
        Plan::CreateTableAs(create) => (Box::new(CreateRows::new(create)), &None),
        Plan::Update(update) => (
            Box::new(UpdateRows::new(update, claimed)),
            &update.returning,
        ),
        Plan::Delete(delete) => (
            Box::new(DeleteRows::new(delete, claimed)),
            &delete.returning,
        ),
        Plan::Merge(merge) => (Box::new(ChangeRows::of_merge(merge)), &None),
        _ => return Err(Error::new(Code::Internal, "a plan without operators")),
    };
    Ok(Box::new(Writer::new(source, target, returning.clone())))
}

/// What is left to run of a statement that is done at once.
struct Nothing;

impl Operator for Nothing {
    fn step(&mut self, _context: &mut Context) -> Result<Step> {
        Ok(Step::Done)
    }
}

/// Counts the rows of the first table and truncates it; `None` when that is done.
fn truncate(
    tables: &mut Vec<TableId>,
    counting: &mut Option<Box<Scan>>,
    context: &mut Context,
) -> Result<Option<Step>> {
    let Some(&table) = tables.first() else {
        return Ok(None);
    };
    let scan = counting
        .get_or_insert_with(|| Box::new(Scan::new(table, TimeSlot::Present, Vec::new(), None)));
    match scan.step(context)? {
        Step::Chunk(chunk) => context.meter.affected_rows += chunk.len() as u64,
        Step::Done => {
            let (transaction, store) = context.writer()?;
            transaction.truncate(store, table)?;
            tables.remove(0);
            *counting = None;
        }
        other => return Ok(Some(other)),
    }
    Ok(None)
}
