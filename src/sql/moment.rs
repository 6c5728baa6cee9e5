//! From a moment that a user named to what a scan reads.
//!
//! A moment is a sequence or a time; commits map the one to the other. A *point* asks for one state and
//! must exist: a sequence after the last commit, or a moment before the first, is an error and never the
//! answer from another moment; a time after the last commit is the present. The bounds of a *range*
//! only cut a set of versions, so they clamp.
//!
//! ```text
//! commits         0       1           2
//! time     -------*-------*-----------*--------->
//!            ^        ^                    ^
//!            error    seq 0                seq 2, the present
//! ```

use super::clause::Clause;
use crate::error::{Code, Error, Result};
use crate::expr::parse_value;
use crate::types::{DataType, INFINITY, Seq, Snapshot, Value, Versions};

/// A moment whose expression has been evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    Seq(u64),
    Tag(String),
    /// Microseconds since 1970-01-01 00:00 UTC.
    Time(i64),
}

/// What is known of the commits.
pub trait Timeline {
    /// `None` while nothing was committed.
    fn last_seq(&self) -> Option<Seq>;
    /// The last commit at or before a time.
    fn seq_at_time(&self, time: i64) -> Option<Seq>;
    /// The commit that a tag names.
    fn tagged(&self, tag: &str) -> Option<Seq>;
}

/// The moment that a value names: an integer is a sequence, a timestamp or its text a time, and text may
/// also be `@seq:N` or `@tag:name`.
pub fn point_of_value(value: &Value, data_type: DataType) -> Result<Point> {
    match (value, data_type) {
        (Value::Null, _) => Err(Error::new(
            Code::InvalidParameterValue,
            "the moment of a query cannot be NULL",
        )),
        (Value::I64(seq), DataType::SmallInt | DataType::Integer | DataType::BigInt) => {
            let negative = || {
                Error::new(
                    Code::MomentBeforeFirst,
                    format!("there is no sequence {seq}"),
                )
                .with_hint("Sequences count from 0.")
            };
            u64::try_from(*seq).map(Point::Seq).map_err(|_| negative())
        }
        (Value::I64(days), DataType::Date) => Ok(Point::Time(days.saturating_mul(86_400_000_000))),
        (Value::I64(time), DataType::Timestamp | DataType::TimestampTz) => Ok(Point::Time(*time)),
        (Value::Text(text), _) => point_of_text(text),
        _ => Err(Error::new(
            Code::DatatypeMismatch,
            format!("a moment must be a sequence or a timestamp, not of type {data_type}"),
        )),
    }
}

fn point_of_text(text: &str) -> Result<Point> {
    if let Some(seq) = text.strip_prefix("@seq:") {
        let invalid = |_| Error::new(Code::InvalidText, format!("invalid sequence: \"{seq}\""));
        return seq.parse().map(Point::Seq).map_err(invalid);
    }
    if let Some(tag) = text.strip_prefix("@tag:") {
        return Ok(Point::Tag(tag.to_string()));
    }
    match parse_value(text, DataType::TimestampTz)? {
        Value::I64(time) => Ok(Point::Time(time)),
        _ => Err(Error::new(Code::InvalidDatetime, "not a timestamp")),
    }
}

/// The same as a sequence or a time.
fn settled(point: &Point, timeline: &dyn Timeline) -> Result<Point> {
    let Point::Tag(tag) = point else {
        return Ok(point.clone());
    };
    let undefined = || Error::new(Code::UndefinedTag, format!("tag \"{tag}\" does not exist"));
    let seq = timeline.tagged(tag).ok_or_else(undefined)?;
    Ok(Point::Seq(seq.0))
}

/// The state at a moment.
pub fn resolve_moment(point: &Point, timeline: &dyn Timeline) -> Result<Snapshot> {
    let Some(last) = timeline.last_seq() else {
        return Err(before_first("the database has no commit yet".to_string()));
    };
    let seq = match settled(point, timeline)? {
        Point::Seq(seq) if seq > last.0 => {
            return Err(Error::new(
                Code::MomentInFuture,
                format!("sequence {seq} has not been committed yet"),
            )
            .with_detail(format!("The last commit is {last}.")));
        }
        Point::Seq(seq) => Seq(seq),
        Point::Time(time) => timeline
            .seq_at_time(time)
            .ok_or_else(|| before_first("the moment is before the first commit".to_string()))?,
        Point::Tag(_) => return Err(Error::new(Code::Internal, "a tag that was not looked up")),
    };
    Ok(Snapshot::main(Some(seq)))
}

fn before_first(message: String) -> Error {
    Error::new(Code::MomentBeforeFirst, message)
}

/// The versions that a temporal clause over a range asks for, with its moments in order. `present` is the statement's
/// own snapshot, beyond which a range does not see.
pub fn resolve_range(
    clause: &Clause,
    points: &[Point],
    present: Snapshot,
    timeline: &dyn Timeline,
) -> Result<Versions> {
    // Sequences up to here started before the moment, or at it.
    let points: Vec<Point> = (points.iter())
        .map(|point| settled(point, timeline))
        .collect::<Result<_>>()?;
    let before = |point: &Point| first_at_or_after(point, timeline);
    let through = |point: &Point| first_after(point, timeline);
    let within =
        |start: std::ops::Range<u64>, end: std::ops::RangeInclusive<u64>| Versions::Within {
            snapshot: present,
            start,
            end,
        };
    Ok(match (clause, &points[..]) {
        (Clause::All, []) => Versions::all(present),
        (Clause::FromTo(..), [from, to]) => within(0..before(to), through(from)..=u64::MAX),
        (Clause::Between(..), [from, to]) => within(0..through(to), through(from)..=u64::MAX),
        (Clause::ContainedIn(..), [from, to]) => match through(to).checked_sub(1) {
            Some(end) => within(before(from)..u64::MAX, 0..=end),
            None => within(0..0, 0..=0),
        },
        _ => return Err(Error::new(Code::Internal, "a clause without its moments")),
    })
}

/// The first sequence, committed or not, that is not before the moment.
fn first_at_or_after(point: &Point, timeline: &dyn Timeline) -> u64 {
    match *point {
        Point::Seq(seq) => seq,
        Point::Tag(_) => 0,
        Point::Time(INFINITY) => u64::MAX,
        Point::Time(time) => time
            .checked_sub(1)
            .and_then(|earlier| timeline.seq_at_time(earlier))
            .map_or(0, |seq| seq.0 + 1),
    }
}

/// The first sequence, committed or not, that is after the moment.
fn first_after(point: &Point, timeline: &dyn Timeline) -> u64 {
    match *point {
        Point::Seq(seq) => seq.saturating_add(1),
        Point::Tag(_) => 0,
        Point::Time(INFINITY) => u64::MAX,
        Point::Time(time) => timeline.seq_at_time(time).map_or(0, |seq| seq.0 + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::clause::Moment;
    use super::*;

    /// Commits at the times 100, 200, 300.
    struct Three;

    impl Timeline for Three {
        fn tagged(&self, _: &str) -> Option<Seq> {
            None
        }

        fn last_seq(&self) -> Option<Seq> {
            Some(Seq(2))
        }

        fn seq_at_time(&self, time: i64) -> Option<Seq> {
            [100, 200, 300]
                .iter()
                .rposition(|commit| *commit <= time)
                .map(|seq| Seq(seq as u64))
        }
    }

    struct Empty;

    impl Timeline for Empty {
        fn tagged(&self, _: &str) -> Option<Seq> {
            None
        }

        fn last_seq(&self) -> Option<Seq> {
            None
        }

        fn seq_at_time(&self, _: i64) -> Option<Seq> {
            None
        }
    }

    #[test]
    fn a_point_is_a_state_or_an_error() {
        let at = |point| resolve_moment(&point, &Three).map(|snapshot| snapshot.seq);
        assert_eq!(at(Point::Seq(2)), Ok(Some(Seq(2))));
        assert_eq!(at(Point::Seq(3)).unwrap_err().code(), Code::MomentInFuture);
        assert_eq!(at(Point::Time(199)), Ok(Some(Seq(0))));
        assert_eq!(at(Point::Time(200)), Ok(Some(Seq(1))));
        assert_eq!(at(Point::Time(i64::MAX)), Ok(Some(Seq(2))));
        assert_eq!(
            at(Point::Time(99)).unwrap_err().code(),
            Code::MomentBeforeFirst
        );
        for point in [Point::Seq(0), Point::Time(100)] {
            let error = resolve_moment(&point, &Empty).unwrap_err();
            assert_eq!(error.code(), Code::MomentBeforeFirst);
        }
    }

    /// Which versions, given as `(start, end)` sequences with times 100, 200, 300, a range of times holds.
    fn held(clause: Clause, from: i64, to: i64) -> Vec<(u64, u64)> {
        let points = [Point::Time(from), Point::Time(to)];
        let present = Snapshot::main(Some(Seq(2)));
        let versions = resolve_range(&clause, &points, present, &Three).unwrap();
        let Versions::Within { start, end, .. } = versions else {
            panic!("a range reads within");
        };
        let all = [(0, 1), (0, 2), (1, 2), (2, u64::MAX)];
        all.into_iter()
            .filter(|version| start.contains(&version.0) && end.contains(&version.1))
            .collect()
    }

    #[test]
    fn ranges_are_those_of_the_standard() {
        let moments = || (Moment::Parameter(0), Moment::Parameter(1));
        let (a, b) = moments();
        assert_eq!(held(Clause::FromTo(a, b), 200, 300), [(0, 2), (1, 2)]);
        let (a, b) = moments();
        assert_eq!(
            held(Clause::Between(a, b), 200, 300),
            [(0, 2), (1, 2), (2, u64::MAX)]
        );
        let (a, b) = moments();
        assert_eq!(held(Clause::ContainedIn(a, b), 100, 200), [(0, 1)]);
        let (a, b) = moments();
        assert_eq!(held(Clause::ContainedIn(a, b), 101, 300), [(1, 2)]);
        let (a, b) = moments();
        assert_eq!(held(Clause::ContainedIn(a, b), 10, 20), []);
    }

    #[test]
    fn values_name_moments() {
        let text = |text| point_of_value(&Value::text(text), DataType::Text);
        assert_eq!(text("@seq:7"), Ok(Point::Seq(7)));
        assert_eq!(text("@tag:x"), Ok(Point::Tag("x".to_string())));
        let unknown = resolve_moment(&Point::Tag("x".to_string()), &Three);
        assert_eq!(unknown.unwrap_err().code(), Code::UndefinedTag);
        assert_eq!(
            point_of_value(&Value::I64(3), DataType::Integer),
            Ok(Point::Seq(3))
        );
        assert_eq!(
            point_of_value(&Value::I64(-1), DataType::BigInt)
                .unwrap_err()
                .code(),
            Code::MomentBeforeFirst
        );
        assert_eq!(
            point_of_value(&Value::F64(1.0), DataType::Double)
                .unwrap_err()
                .code(),
            Code::DatatypeMismatch
        );
    }
}
