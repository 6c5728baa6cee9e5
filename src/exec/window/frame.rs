//! Which rows a row's frame has.

use super::place::Place;
use crate::column::Vector;
use crate::error::{Code, Error, Result};
use crate::expr::{self, EvalContext};
use crate::plan::{Exclusion, Frame, FrameBound, FrameKey, FrameOffset, FrameUnits};
use crate::types::{Decimal, Interval, Value};
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

/// A frame whose offsets are known, moving over the rows of a partition.
pub struct Frames {
    start: Bound,
    end: Bound,
    units: FrameUnits,
    exclusion: Exclusion,
    key: Option<Key>,
    /// The frame of the row before, to go on from where a limit is looked for.
    last: Range<usize>,
}

enum Bound {
    Unbounded,
    /// So many rows or groups further; the current row is 0.
    Distance(i64),
    /// At the value of this column.
    Limit(usize),
}

/// What limits are compared with.
struct Key {
    column: usize,
    descending: bool,
    nulls_first: bool,
}

impl Frames {
    /// `place` gives the column of what is computed for each row.
    pub fn new(
        frame: &Frame,
        place: &dyn Fn(&expr::Expr) -> usize,
        eval: &EvalContext,
    ) -> Result<Frames> {
        let key = |key: &FrameKey| Key {
            column: place(&key.expr),
            descending: key.descending,
            nulls_first: key.nulls_first,
        };
        Ok(Frames {
            start: bound(frame, &frame.start, "starting", place, eval)?,
            end: bound(frame, &frame.end, "ending", place, eval)?,
            units: frame.units,
            exclusion: frame.exclusion,
            key: frame.key.as_ref().map(key),
            last: 0..0,
        })
    }

    /// The frame of a row, exclusions left in. Rows are asked for in their order.
    pub fn of(&mut self, place: &Place, values: &[Rc<Vector>]) -> Range<usize> {
        let (first, end) = (place.partition.start, place.partition.end);
        let start = match self.start {
            Bound::Unbounded => first,
            Bound::Distance(distance) => self.units_start(place, distance),
            Bound::Limit(limit) => {
                let from = self.last.start.max(first);
                self.advance(place, values, limit, from, Ordering::Less)
                    .unwrap_or(place.peers().start)
            }
        };
        let end = match self.end {
            Bound::Unbounded => end,
            Bound::Distance(distance) => self.units_end(place, distance),
            Bound::Limit(limit) => {
                let from = self.last.end.max(first);
                self.advance(place, values, limit, from, Ordering::Equal)
                    .unwrap_or(place.peers().end)
            }
        };
        self.last = start..end;
        start..end.max(start)
    }

    fn units_start(&self, place: &Place, distance: i64) -> usize {
        let partition = &place.partition;
        match self.units {
            FrameUnits::Rows => moved(place.row, distance, partition),
            FrameUnits::Range => place.peers().start,
            FrameUnits::Groups => {
                let group = moved(place.group, distance, &place.partition_groups);
                place.starts[group] as usize
            }
        }
    }

    fn units_end(&self, place: &Place, distance: i64) -> usize {
        let partition = &place.partition;
        match self.units {
            FrameUnits::Rows => moved(place.row, distance.saturating_add(1), partition),
            FrameUnits::Range => place.peers().end,
            FrameUnits::Groups => {
                let next = distance.saturating_add(1);
                let group = moved(place.group, next, &place.partition_groups);
                place.starts[group] as usize
            }
        }
    }

    /// The first row from `from` on whose key comes neither before the limit nor, if those pass, where it
    /// is equal. `None` if the row's own key is NULL: it is as far from its peers only.
    fn advance(
        &self,
        place: &Place,
        values: &[Rc<Vector>],
        limit: usize,
        from: usize,
        passes: Ordering,
    ) -> Option<usize> {
        let key = self.key.as_ref().expect("a frame with limits has a key");
        let (keys, limits) = (&values[key.column], &values[limit]);
        if keys.is_null(place.row) {
            return None;
        }
        let limit = limits.value(place.row);
        // Infinity less infinity: as in PostgreSQL, every number is near enough.
        let is_anywhere = is_nan(&limit) && !is_nan(&keys.value(place.row));
        let is_before = |row: &usize| {
            if keys.is_null(*row) {
                return key.nulls_first;
            }
            let order = match keys.value(*row) {
                value if is_anywhere && !is_nan(&value) => Ordering::Equal,
                value if is_anywhere => value.cmp(&keys.value(place.row)),
                value => value.cmp(&limit),
            };
            let order = if key.descending {
                order.reverse()
            } else {
                order
            };
            order <= passes
        };
        Some(
            (from..place.partition.end)
                .find(|row| !is_before(row))
                .unwrap_or(place.partition.end),
        )
    }

    /// The runs of rows of a frame that are left without what it excludes, in order.
    pub fn pieces(&self, frame: &Range<usize>, place: &Place) -> [Range<usize>; 3] {
        let row = place.row..place.row + 1;
        let out = match self.exclusion {
            Exclusion::NoOthers => return [frame.clone(), 0..0, 0..0],
            Exclusion::CurrentRow => row.clone(),
            Exclusion::Group | Exclusion::Ties => place.peers(),
        };
        let within = |start: usize, end: usize| {
            let (start, end) = (start.max(frame.start), end.min(frame.end));
            start..end.max(start)
        };
        let middle = match self.exclusion {
            Exclusion::Ties => within(row.start, row.end),
            _ => 0..0,
        };
        [within(0, out.start), middle, within(out.end, usize::MAX)]
    }

    pub fn excludes(&self) -> bool {
        self.exclusion != Exclusion::NoOthers
    }
}

/// A place so far away, or the nearest within the range or at its end.
fn moved(from: usize, distance: i64, range: &Range<usize>) -> usize {
    let to = (from as i64).saturating_add(distance);
    to.clamp(range.start as i64, range.end as i64) as usize
}

fn is_nan(value: &Value) -> bool {
    match value {
        Value::F64(value) => value.is_nan(),
        Value::Decimal(Decimal::NaN) => true,
        _ => false,
    }
}

fn bound(
    frame: &Frame,
    bound: &FrameBound,
    which: &str,
    place: &dyn Fn(&expr::Expr) -> usize,
    eval: &EvalContext,
) -> Result<Bound> {
    let (offset, sign) = match bound {
        FrameBound::Unbounded => return Ok(Bound::Unbounded),
        FrameBound::CurrentRow => return Ok(Bound::Distance(0)),
        FrameBound::Preceding(offset) => (offset, -1),
        FrameBound::Following(offset) => (offset, 1),
    };
    let value = checked(frame, offset, which, eval)?;
    Ok(match (&offset.limit, value) {
        (Some(limit), _) => Bound::Limit(place(limit)),
        (None, Value::I64(distance)) => Bound::Distance(sign * distance),
        (None, _) => return Err(Error::new(Code::Internal, "an offset is no number")),
    })
}

/// The offset's value: neither NULL nor negative.
fn checked(frame: &Frame, offset: &FrameOffset, which: &str, eval: &EvalContext) -> Result<Value> {
    let value = expr::evaluate_value(&offset.value, eval)?;
    let is_negative = match &value {
        Value::Null => {
            let message = format!("frame {which} offset must not be null");
            return Err(Error::new(Code::NullNotAllowed, message));
        }
        Value::I64(value) => *value < 0,
        Value::F64(value) => value.is_nan() || *value < 0.0,
        Value::Decimal(value) => is_nan(&Value::Decimal(value.clone())) || *value < Decimal::ZERO,
        Value::Uuid(bits) => Interval::from_bits(*bits).span() < 0,
        _ => false,
    };
    match is_negative {
        false => Ok(value),
        true if frame.units == FrameUnits::Range => {
            let message = "invalid preceding or following size in window function";
            Err(Error::new(Code::InvalidFrameOffset, message))
        }
        true => {
            let message = format!("frame {which} offset must not be negative");
            Err(Error::new(Code::InvalidFrameOffset, message))
        }
    }
}
