//! EXPLAIN and EXPLAIN ANALYZE.

use super::{Context, Operator, Step};
use crate::column::{Chunk, Vector};
use crate::error::Result;
use crate::plan::{Node, Plan};
use crate::types::{PhysicalType, Snapshot, Value, Versions};
use std::cell::RefCell;
use std::rc::Rc;

/// What each operator did, in the order of EXPLAIN's lines.
#[derive(Clone, Default)]
pub struct Measure(Rc<RefCell<Vec<Counts>>>);

#[derive(Clone, Copy, Default)]
struct Counts {
    rows: u64,
    microseconds: i64,
    /// Index entries that it and those below it touched.
    entries: u64,
    blocks: u64,
}

impl Measure {
    /// The number of the next operator.
    pub fn enter(&self) -> usize {
        let mut counts = self.0.borrow_mut();
        counts.push(Counts::default());
        counts.len() - 1
    }
}

/// An operator that notes what the one inside it does.
pub struct Measured {
    inner: Box<dyn Operator>,
    measure: Measure,
    number: usize,
}

impl Measured {
    pub fn new(inner: Box<dyn Operator>, measure: Measure, number: usize) -> Measured {
        Measured {
            inner,
            measure,
            number,
        }
    }
}

impl Operator for Measured {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let (start, entries) = (context.clock.now(), entries_touched(context));
        let step = self.inner.step(context)?;
        let counts = &mut self.measure.0.borrow_mut()[self.number];
        counts.microseconds += (context.clock.now() - start).max(0);
        counts.entries += entries_touched(context) - entries;
        match &step {
            Step::Chunk(chunk) => counts.rows += chunk.len() as u64,
            Step::Need(_) => counts.blocks += 1,
            Step::Yield | Step::Done => {}
        }
        Ok(step)
    }
}

fn entries_touched(context: &Context) -> u64 {
    let stats = context.store.stats();
    stats.live_entries_touched + stats.closed_entries_touched
}

/// The lines of EXPLAIN, with what was measured behind those of operators.
pub fn lines(plan: &Plan, measure: Option<&Measure>, moments: &[Versions]) -> Vec<String> {
    let mut lines = plan.lines();
    for (number, versions) in moments.iter().enumerate().rev() {
        let slot = format!(" at moment {number}");
        let moment = match versions {
            Versions::AsOf(Snapshot { seq: Some(seq), .. }) => format!(" as of {}", seq.0),
            Versions::AsOf(_) => " before the first commit".to_string(),
            Versions::Within { .. } => " through time".to_string(),
        };
        for line in &mut lines {
            *line = line.replacen(&slot, &moment, 1);
        }
    }
    let Some(measure) = measure else {
        return lines;
    };
    let counts = measure.0.borrow();
    for (line, number) in lines.iter_mut().zip(operators_of_lines(plan)) {
        if let Some(counts) = number.and_then(|number| counts.get(number)) {
            line.push_str(&counts.to_string());
        }
    }
    lines
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = self.microseconds as f64 / 1000.0;
        write!(f, "  (rows {}, {milliseconds:.3} ms", self.rows)?;
        if self.entries > 0 {
            write!(f, ", {} index entries", self.entries)?;
        }
        if self.blocks > 0 {
            write!(f, ", {} blocks awaited", self.blocks)?;
        }
        f.write_str(")")
    }
}

/// For each line of a plan the number of the operator that it shows. Subplans run first and therefore
/// have the first numbers; their lines come last, each under a title.
fn operators_of_lines(plan: &Plan) -> Vec<Option<usize>> {
    let (root, subplans, has_title) = match plan {
        Plan::Query(query) => (&query.root, &query.subplans, false),
        Plan::Insert(insert) => (&insert.source, &insert.subplans, true),
        Plan::Update(update) | Plan::Merge(update) => (&update.source, &update.subplans, true),
        Plan::Delete(delete) => (&delete.source, &delete.subplans, true),
        _ => return Vec::new(),
    };
    let mut next = 0;
    let mut subplan_lines = Vec::new();
    for subplan in subplans {
        subplan_lines.push(None);
        subplan_lines.extend(numbers(subplan, &mut next));
    }
    let mut lines = Vec::new();
    lines.extend(has_title.then_some(None));
    lines.extend(numbers(root, &mut next));
    lines.extend(subplan_lines);
    lines
}

/// The right side of a dependent join and the step of a recursive query are many operators, one after the
/// other, which are not measured.
fn numbers(node: &Node, next: &mut usize) -> Vec<Option<usize>> {
    let mut all = vec![Some(*next)];
    *next += 1;
    for (place, input) in node.inputs().into_iter().enumerate() {
        match node {
            Node::Apply { .. } | Node::Recursive { .. } if place == 1 => {
                all.extend(vec![None; size(input)])
            }
            _ => all.extend(numbers(input, next)),
        }
    }
    all
}

/// How many nodes there are from here down.
fn size(node: &Node) -> usize {
    1 + node.inputs().into_iter().map(size).sum::<usize>()
}

/// The lines as rows of one column.
pub fn chunk(lines: &[String]) -> Chunk {
    let values: Vec<Value> = lines.iter().map(|line| Value::text(line)).collect();
    let column = Vector::from_values(PhysicalType::Text, &values);
    Chunk::new(vec![Rc::new(column)], lines.len())
}
