//! A host in Rust.

use driftdb::column::Chunk;
use driftdb::error::{Code, Error, Result};
use driftdb::expr::{Aggregator, Body, Scalar, States};
use driftdb::types::{DataType, Value};
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// How often it was asked, and for how many rows.
#[derive(Default)]
pub struct Asked {
    calls: Cell<usize>,
    pub rows: Cell<usize>,
}

impl Asked {
    fn count(&self, rows: usize) {
        self.calls.set(self.calls.get() + 1);
        self.rows.set(self.rows.get() + rows);
    }

    /// Since the last time.
    pub fn take(&self) -> (usize, usize) {
        (self.calls.take(), self.rows.take())
    }
}

pub fn row_of(chunk: &Chunk, at: usize) -> Vec<Value> {
    let columns = chunk.columns.iter();
    columns.map(|column| column.value(at)).collect()
}

struct Counted<F>(Rc<Asked>, F);

/// What answers for each row of a chunk.
pub fn scalar(asked: Rc<Asked>, call: impl Fn(&Chunk, usize) -> Result<Value> + 'static) -> Body {
    Body::Scalar(Box::new(Counted(asked, call)))
}

impl<F: Fn(&Chunk, usize) -> Result<Value>> Scalar for Counted<F> {
    fn call(&self, arguments: &Chunk, types: &[DataType], _: DataType) -> Result<Vec<Value>> {
        assert!(arguments.selection.is_none());
        assert_eq!(types.len(), arguments.columns.len());
        self.0.calls.set(self.0.calls.get() + 1);
        let rows = 0..arguments.rows;
        rows.map(|row| {
            self.0.rows.set(self.0.rows.get() + 1);
            (self.1)(arguments, row)
        })
        .collect()
    }
}

/// The longest of texts, the first of those that are as long, and of how many; `none` of none.
pub struct Longest(pub Rc<Asked>);

struct Groups {
    asked: Rc<Asked>,
    longest: Vec<(String, usize)>,
}

impl Aggregator for Longest {
    fn begin(&self, _: &[DataType], _: DataType) -> Result<Box<dyn States>> {
        Ok(Box::new(Groups {
            asked: self.0.clone(),
            longest: Vec::new(),
        }))
    }
}

impl States for Groups {
    fn step(&mut self, groups: &[u32], arguments: &Chunk) -> Result<()> {
        self.asked.count(arguments.rows);
        assert_eq!(groups.len(), arguments.rows);
        for (row, group) in groups.iter().enumerate() {
            let group = *group as usize;
            if self.longest.len() <= group {
                self.longest.resize(group + 1, Default::default());
            }
            let (longest, count) = &mut self.longest[group];
            *count += 1;
            match arguments.columns[0].value(row) {
                Value::Text(text) if &*text == "fail" => {
                    return Err(Error::new(Code::ExternalRoutine, "it failed"));
                }
                Value::Text(text) if text.len() > longest.len() => *longest = text.to_string(),
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>) -> Result<Vec<Value>> {
        let values = groups.map(|group| match self.longest.get(group) {
            Some((text, count)) if *count > 0 => Value::text(&format!("{text} of {count}")),
            _ => Value::text("none"),
        });
        Ok(values.collect())
    }
}
