//! Window functions in a plan: which there are, and which rows they see.
//!
//! A [`Node::Window`](super::Node::Window) reads its rows partition by partition, each in order. Rows of
//! a partition that the order does not tell apart are *peers*; the *frame* of a row is the run of rows of
//! its partition from one bound to another, perhaps without some around the row itself.

use super::Aggregate;
use crate::expr::Expr;
pub use crate::sql::Exclusion;
use crate::types::DataType;

/// A call of a window function.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowCall {
    pub function: WindowFunction,
    /// Those of an aggregate are the aggregate's own.
    pub arguments: Vec<Expr>,
    pub frame: Frame,
    pub data_type: DataType,
}

#[derive(Debug, Clone, PartialEq)]
pub enum WindowFunction {
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
    /// An aggregate over the rows of the frame.
    Aggregate(Aggregate),
}

/// Which rows of its partition a row's functions see.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub units: FrameUnits,
    pub start: FrameBound,
    pub end: FrameBound,
    pub exclusion: Exclusion,
    /// What the limits of [`FrameBound::Preceding`] and `Following` in units of RANGE are compared with:
    /// the one key of the order.
    pub key: Option<FrameKey>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FrameKey {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnits {
    Rows,
    /// Distances of the order's key.
    Range,
    /// Runs of peers.
    Groups,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// The partition's own start or end.
    Unbounded,
    CurrentRow,
    Preceding(FrameOffset),
    Following(FrameOffset),
}

#[derive(Debug, Clone, PartialEq)]
pub struct FrameOffset {
    /// Without columns; not NULL and not negative, or an error.
    pub value: Expr,
    /// In units of RANGE: how far from the row the key may lie, of the key's type.
    pub limit: Option<Expr>,
}

impl FrameBound {
    /// In units of RANGE with an offset.
    pub fn limit(&self) -> Option<&Expr> {
        match self {
            FrameBound::Preceding(offset) | FrameBound::Following(offset) => offset.limit.as_ref(),
            _ => None,
        }
    }
}

impl Default for Frame {
    /// From the partition's start to the last peer of the row.
    fn default() -> Frame {
        Frame {
            units: FrameUnits::Range,
            start: FrameBound::Unbounded,
            end: FrameBound::CurrentRow,
            exclusion: Exclusion::NoOthers,
            key: None,
        }
    }
}

impl Frame {
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all: Vec<&Expr> = self.key.iter().map(|key| &key.expr).collect();
        for bound in [&self.start, &self.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                all.push(&offset.value);
                all.extend(&offset.limit);
            }
        }
        all
    }

    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        let mut all: Vec<&mut Expr> = self.key.iter_mut().map(|key| &mut key.expr).collect();
        for bound in [&mut self.start, &mut self.end] {
            if let FrameBound::Preceding(offset) | FrameBound::Following(offset) = bound {
                all.push(&mut offset.value);
                all.extend(&mut offset.limit);
            }
        }
        all
    }
}

impl WindowCall {
    pub fn expressions(&self) -> Vec<&Expr> {
        let mut all = self.frame.expressions();
        all.extend(&self.arguments);
        if let WindowFunction::Aggregate(aggregate) = &self.function {
            all.extend(aggregate.expressions());
        }
        all
    }

    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        let mut all = self.frame.expressions_mut();
        all.extend(&mut self.arguments);
        if let WindowFunction::Aggregate(aggregate) = &mut self.function {
            all.extend(aggregate.expressions_mut());
        }
        all
    }
}
