//! How large a database is: on storage, in memory, and table by table. It comes from what is counted anyway; no row is
//! read for it.

use super::Database;
use crate::expr::Json;
use crate::types::{RelationKind, Seq};

/// What `stats()` tells, but for what the host alone knows.
pub fn describe(database: &Database) -> Json {
    let shared = &database.shared;
    let (store, log) = (&shared.store, shared.log.as_ref());
    let (all, catalog) = (store.stats(), store.catalog(shared.present()));
    let time = |seq: u64| {
        store
            .commit_info(Seq(seq))
            .map(|commit| commit.time.max(0) as u64)
    };
    let commits = store.last_seq().map_or(0, |last| last.0 + 1);
    let storage = log.map(|log| {
        let usage = log.usage();
        Json::object([
            ("bytes", usage.bytes.into()),
            ("files", usage.files.into()),
            ("log", usage.log.into()),
            ("segments", usage.segments.into()),
            ("checkpoint", usage.checkpoint.into()),
            ("checkpointed", usage.checkpointed.into()),
        ])
    });
    let tables = catalog.tables().filter_map(|table| {
        let has_rows = matches!(
            table.kind(),
            RelationKind::Table | RelationKind::MaterializedView
        );
        let size = store.size_of(table.id).filter(|_| has_rows)?;
        let indexes = table.indexes.iter().filter_map(|index| {
            let (_, bytes) = size.indexes.iter().find(|(id, _)| *id == index.id)?;
            let name = ("name", index.name.as_str().into());
            Some(Json::object([name, ("bytes", (*bytes).into())]))
        });
        Some(Json::object([
            ("name", table.key().as_str().into()),
            ("rows", size.rows.into()),
            ("past", (size.versions - size.rows).into()),
            ("blocks", size.blocks.into()),
            ("bytes", size.bytes.into()),
            ("indexes", Json::from_iter(indexes)),
        ]))
    });
    Json::object([
        ("commits", commits.into()),
        ("first", time(0).into()),
        ("last", time(commits.saturating_sub(1)).into()),
        ("versions", all.versions.into()),
        ("blocks", all.blocks.into()),
        ("held", all.bytes_held.into()),
        ("budget", store.budget().into()),
        ("used", shared.options.heap.used().into()),
        ("max", shared.options.heap.max().into()),
        ("storage", storage.into()),
        ("tables", Json::from_iter(tables)),
    ])
}
