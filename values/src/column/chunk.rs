//! Vectors of equal length and the rows of them that are meant.

use super::{Selection, Vector};
use crate::types::Value;
use std::rc::Rc;

/// Rows that an operator hands on at a time; also the rows of a table's block.
pub const CHUNK_ROWS: usize = 2048;

#[derive(Debug, Clone)]
pub struct Chunk {
    /// A chunk may have rows and no columns (`SELECT count(*)`).
    pub columns: Vec<Rc<Vector>>,
    /// The length of every vector.
    pub rows: usize,
    /// The rows that are meant, or all of them.
    pub selection: Option<Rc<Selection>>,
}

impl Chunk {
    pub fn new(columns: Vec<Rc<Vector>>, rows: usize) -> Self {
        debug_assert!(columns.iter().all(|column| column.len() == rows));
        Chunk {
            columns,
            rows,
            selection: None,
        }
    }

    /// How many rows are meant.
    pub fn len(&self) -> usize {
        self.selection
            .as_ref()
            .map_or(self.rows, |selection| selection.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The selection as ascending positions.
    pub fn selected(&self) -> Option<&[u32]> {
        self.selection.as_deref().map(Selection::positions)
    }

    /// The same columns with other rows meant.
    pub fn with_selection(&self, selection: Vec<u32>) -> Chunk {
        Chunk {
            columns: self.columns.clone(),
            rows: self.rows,
            selection: Some(Rc::new(selection.into())),
        }
    }

    /// The positions in the vectors of the rows that are meant.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).map(|index| self.position(index))
    }

    /// The position in the vectors of the `index`-th row that is meant.
    pub fn position(&self, index: usize) -> usize {
        self.selection
            .as_ref()
            .map_or(index, |selection| selection.positions()[index] as usize)
    }

    pub fn value(&self, column: usize, index: usize) -> Value {
        self.columns[column].value(self.position(index))
    }

    /// The `index`-th row that is meant.
    pub fn row(&self, index: usize) -> Vec<Value> {
        let position = self.position(index);
        self.columns
            .iter()
            .map(|column| column.value(position))
            .collect()
    }

    /// Copies the rows that are meant together, so that no selection is left.
    pub fn compact(self) -> Chunk {
        match &self.selection {
            None => self,
            Some(selection) => Chunk {
                columns: self
                    .columns
                    .iter()
                    .map(|c| Rc::new(c.gather(selection.positions())))
                    .collect(),
                rows: selection.len(),
                selection: None,
            },
        }
    }
}
