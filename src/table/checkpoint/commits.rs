//! What is kept of commits besides their changes, column by column.
//!
//! ```text
//!   varint count · zigzag first time · zigzag last time
//!   and, without their repetitions (see lz): packed integers: times, lags of the clock, affected rows
//!   a column of statements · a column of metadata · a column of requests (uuid) · packed integers (ordinals)
//!   packed integers: how many tables each changed, and all of these
//! ```

use crate::column::{Data, Vector};
use crate::encoding::integers::{pack, unpack};
use crate::encoding::limit::FRAME_ROWS_MAX;
use crate::encoding::lz;
use crate::encoding::vector::{self, Budget};
use crate::encoding::wire::{Decoded, Reader, Write, invalid};
use crate::table::CommitInfo;
use crate::table::commits::Stretch;
use crate::table::memory::Mark;
use crate::table::waiting::Bytes;
use crate::types::{PhysicalType, TableId, Value};
use std::cell::OnceCell;

/// Changed by the commits of one part.
const TABLES_MAX: usize = 1 << 24;

pub fn write(part: &mut Vec<u8>, commits: &[&CommitInfo]) {
    part.varint(commits.len() as u64);
    part.zigzag(commits[0].time);
    part.zigzag(commits[commits.len() - 1].time);
    let out = &mut Vec::new();
    let commits = || commits.iter().copied();
    let integers = |of: &dyn Fn(&CommitInfo) -> i64| commits().map(of).collect::<Vec<i64>>();
    pack(out, &integers(&|commit| commit.time));
    pack(out, &integers(&|commit| commit.clock_lag));
    pack(out, &integers(&|commit| commit.affected_rows as i64));
    let column = |out: &mut Vec<u8>, physical, of: &dyn Fn(&CommitInfo) -> Value| {
        let values: Vec<Value> = commits().map(of).collect();
        let vector = Vector::from_values(physical, &values);
        vector::write_column(out, &vector, 0..values.len());
    };
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::text);
    column(out, PhysicalType::Text, &|commit| {
        text(Some(&commit.statement))
    });
    column(out, PhysicalType::Text, &|commit| {
        text(commit.meta.as_deref())
    });
    column(out, PhysicalType::Uuid, &|commit| match &commit.request {
        Some(request) => Value::Uuid(u128::from_be_bytes(request.0)),
        None => Value::Null,
    });
    let ordinal = |commit: &CommitInfo| commit.request.as_ref().map_or(0, |request| request.1);
    pack(out, &integers(&|commit| i64::from(ordinal(commit))));
    pack(out, &integers(&|commit| commit.tables.len() as i64));
    let tables = commits().flat_map(|commit| commit.tables.iter());
    let tables: Vec<i64> = tables.map(|table| i64::from(table.0)).collect();
    pack(out, &tables);
    lz::write(part, out);
}

/// The part's commits, of which little is looked at before they are needed.
pub fn read(part: &[u8], bytes: Bytes, from: usize) -> Decoded<Stretch> {
    let reader = &mut Reader::new(part);
    let count = reader.length()?;
    let times = [reader.zigzag()?, reader.zigzag()?];
    if count == 0 || count > FRAME_ROWS_MAX || times[0] > times[1] {
        return invalid("a part has too many commits or none");
    }
    Ok(Stretch {
        from,
        count,
        times,
        bytes,
        read: read_stretch,
        commits: OnceCell::new(),
        mark: Mark::default(),
    })
}

pub fn read_stretch(bytes: &[u8]) -> Decoded<Vec<CommitInfo>> {
    let reader = &mut Reader::new(bytes);
    let count = reader.length()?;
    let ends = [reader.zigzag()?, reader.zigzag()?];
    let unpacked = lz::read(reader)?;
    let commits = read_commits(&mut Reader::new(&unpacked), count)?;
    let times = [commits[0].time, commits[count - 1].time];
    match times == ends && commits.is_sorted_by(|a, b| a.time < b.time) {
        true => Ok(commits),
        false => invalid("a time does not rise"),
    }
}

fn read_commits(reader: &mut Reader, count: usize) -> Decoded<Vec<CommitInfo>> {
    let budget = &mut Budget::new();
    let times = unpack(reader, count)?;
    let lags = unpack(reader, count)?;
    let affected = unpack(reader, count)?;
    let statements = vector::read_column(reader, PhysicalType::Text, count, budget)?;
    let metas = vector::read_column(reader, PhysicalType::Text, count, budget)?;
    let requests = vector::read_column(reader, PhysicalType::Uuid, count, budget)?;
    let ordinals = unpack(reader, count)?;
    let lengths = unpack(reader, count)?;
    let total: u128 = lengths.iter().map(|length| *length as u64 as u128).sum();
    let Some(total) = usize::try_from(total).ok().filter(|n| *n <= TABLES_MAX) else {
        return invalid("commits changed more tables than there can be");
    };
    let mut tables = unpack(reader, total)?.into_iter();
    let number = |number: i64| u32::try_from(number).or_else(|_| invalid("a number is too large"));
    let text = |vector: &Vector, row: usize| match vector.is_null(row) {
        true => None,
        false => Some(vector.text(row).to_string()),
    };
    let mut commits: Vec<CommitInfo> = Vec::with_capacity(count);
    let mut changed = Vec::new();
    for row in 0..count {
        let request = match &requests.data {
            Data::Uuid(ids) if !requests.is_null(row) => Some(ids[row].to_be_bytes()),
            _ => None,
        };
        let ordinal = number(ordinals[row])?;
        changed.clear();
        for table in tables.by_ref().take(lengths[row] as usize) {
            changed.push(TableId(number(table)?));
        }
        let statement = match statements.is_null(row) {
            true => "",
            false => statements.text(row),
        };
        let (statement, tables) = CommitInfo::of_commit(commits.last(), statement, &changed);
        commits.push(CommitInfo {
            time: times[row],
            clock_lag: lags[row],
            statement,
            meta: text(&metas, row),
            affected_rows: affected[row] as u64,
            request: request.map(|id| Box::new((id, ordinal))),
            tables,
        });
    }
    reader.end()?;
    Ok(commits)
}
