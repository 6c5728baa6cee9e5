//! The commits, by their numbers.

use super::tell::{Item, Rows};
use crate::error::Result;
use crate::exec::Context;
use crate::expr::Json;
use crate::plan::PastCall;
use crate::table::{CommitInfo, Fetch, Store};
use crate::types::{Seq, Snapshot, SortedSet, Value, Versions};
use std::collections::VecDeque;

pub(super) fn commits(call: &PastCall, context: &Context) -> Result<Fetch<VecDeque<Item>>> {
    let versions = context.versions(call.times[1]).0;
    let Some(last) = versions.snapshot().seq else {
        return Ok(Fetch::Ready(VecDeque::new()));
    };
    let (first, end) = match &versions {
        Versions::Within { start, end, .. } if !start.is_empty() => {
            (start.start, end.end().saturating_add(1))
        }
        Versions::Within { .. } => (0, 0),
        Versions::AsOf(_) => (0, u64::MAX),
    };
    let end = end.min(last.0 + 1);
    Ok(Fetch::Ready(
        (first..end).map(|seq| Item::Commit(Seq(seq))).collect(),
    ))
}

pub(super) fn commit(store: &Store, seq: Seq) -> Rows {
    let Some(info) = store.commit_info(seq) else {
        return Vec::new();
    };
    let names = info.tables.iter().filter_map(|id| {
        // One that the commit dropped has the name it had before.
        let before = seq.0.checked_sub(1).map(Seq);
        let mut moments = [Some(seq), before].into_iter();
        moments.find_map(|seq| {
            let catalog = store.catalog(Snapshot::main(seq));
            catalog.table_by_id(*id).map(|table| table.name.clone())
        })
    });
    // One that was dropped and made again is named once.
    let names: SortedSet<String> = names.collect();
    let (time, meta) = told_of(store, seq);
    vec![vec![
        number(seq.0),
        time,
        json_list(names.iter().map(String::as_str)),
        number(info.affected_rows),
        meta,
        Value::text(&info.statement),
    ]]
}

/// The time and the metadata of a commit.
pub(super) fn told_of(store: &Store, seq: Seq) -> (Value, Value) {
    let told = |info: &CommitInfo| {
        let meta = info.meta.as_deref();
        (Value::I64(info.time), meta.map_or(Value::Null, Value::text))
    };
    let info = store.commit_info(seq);
    info.map_or((Value::Null, Value::Null), told)
}

pub(super) fn number(number: u64) -> Value {
    Value::I64(number as i64)
}

/// A list of names as JSONB holds it.
pub(super) fn json_list<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    Value::text(&Json::from_iter(names).printed())
}
