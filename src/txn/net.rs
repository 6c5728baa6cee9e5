//! What is left of a transaction: its net changes as a commit.
//!
//! A row that was changed twice appears once with the columns that changed in all, one that was inserted and
//! deleted again not at all, and so for tables and indexes.

use super::Transaction;
use super::private::{Origin, PrivateBlocks, PrivateTable};
use crate::column::{CHUNK_ROWS, Vector};
use crate::commit::{CatalogChange, Commit, RequestId, RowChanges, TableChange};
use crate::table::{Rows, Store, nulls};
use crate::types::{BranchId, ColumnId, IndexId, RowId, Seq, TableId, TableSchema};
use std::rc::Rc;

/// What a commit carries besides its changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommitHead {
    /// What the clock says; the commit's time is this, or just after the previous commit's.
    pub clock: i64,
    pub request: Option<RequestId>,
    pub request_ordinal: u32,
    pub affected_rows: u64,
    pub meta: Option<String>,
    pub statement: String,
}

impl Transaction {
    /// The net changes; `None` when there are none.
    pub fn into_commit(mut self, store: &Store, head: CommitHead) -> Option<Commit> {
        let mut catalog = net_catalog(std::mem::take(&mut self.catalog_changes));
        let before = store.catalog(self.snapshot);
        let returned = |change: &CatalogChange| {
            let id = change.table()?;
            let now = self.catalog.table_by_id(id)?;
            (Some(now) == before.table_by_id(id)).then_some(now)
        };
        // What is as it was is left out, unless others had its names meanwhile.
        let is_all = catalog.iter().all(|change| returned(change).is_some());
        let is_kept = |change: &CatalogChange| {
            returned(change).is_none_or(|now| {
                let mut others = catalog
                    .iter()
                    .filter(|other| other.table() != change.table());
                !is_all
                    && others.any(|other| {
                        names_taken(other)
                            .into_iter()
                            .any(|name| names_of(now).any(|own| own == name))
                    })
            })
        };
        let kept: Vec<bool> = catalog.iter().map(is_kept).collect();
        let mut kept = kept.into_iter();
        catalog.retain(|_| kept.next() == Some(true));
        let mut tables = std::mem::take(&mut self.tables);
        self.tables = tables.split_off(&TableId::FIRST_TEMPORARY);
        let tables: Vec<TableChange> = (tables.into_iter())
            .filter(|(id, _)| self.catalog.table_by_id(*id).is_some())
            .map(|(id, table)| table.into_change(id, store, &mut self.blocks))
            .filter(|change| !change.is_empty())
            .collect();
        self.keep_temporary();
        if catalog.is_empty() && tables.is_empty() {
            return None;
        }
        let last = store.last_seq();
        let previous = last
            .and_then(|seq| store.commit_info(seq))
            .map(|info| info.time);
        Some(Commit {
            seq: last.map_or(Seq(0), Seq::next),
            branch: BranchId::MAIN,
            merge_parent: None,
            time: previous.map_or(head.clock, |time| head.clock.max(time.saturating_add(1))),
            raw_clock: head.clock,
            request: head.request,
            request_ordinal: head.request_ordinal,
            affected_rows: head.affected_rows,
            meta: head.meta,
            statement: head.statement,
            catalog,
            tables,
        })
    }
}

/// A table's name and those of its indexes.
fn names_of(table: &TableSchema) -> impl Iterator<Item = &String> {
    let indexes = table.indexes.iter().map(|index| &index.name);
    indexes.chain([&table.name])
}

/// The names that a change takes.
fn names_taken(change: &CatalogChange) -> Vec<&String> {
    match change {
        CatalogChange::CreateTable(schema) | CatalogChange::AlterTable(schema) => {
            names_of(schema).collect()
        }
        CatalogChange::CreateIndex { index, .. } => vec![&index.name],
        _ => Vec::new(),
    }
}

/// Leaves out what was created and dropped again.
fn net_catalog(changes: Vec<CatalogChange>) -> Vec<CatalogChange> {
    let dropped_tables: Vec<TableId> = (changes.iter())
        .filter_map(|change| match change {
            CatalogChange::DropTable(table) => Some(*table),
            _ => None,
        })
        .collect();
    let dropped_indexes: Vec<IndexId> = (changes.iter())
        .filter_map(|change| match change {
            CatalogChange::DropIndex { index, .. } => Some(*index),
            _ => None,
        })
        .collect();
    let new_tables: Vec<TableId> = (changes.iter())
        .filter_map(|change| match change {
            CatalogChange::CreateTable(schema) => Some(schema.id),
            _ => None,
        })
        .collect();
    let new_indexes: Vec<IndexId> = (changes.iter())
        .filter_map(|change| match change {
            CatalogChange::CreateIndex { index, .. } => Some(index.id),
            _ => None,
        })
        .collect();
    let altered: Vec<TableId> = (changes.iter())
        .filter_map(|change| match change {
            CatalogChange::AlterTable(schema) => Some(schema.id),
            _ => None,
        })
        .collect();
    // The schemas that such a table had meanwhile name all its indexes.
    let is_altered = |table: &TableId| altered.contains(table);
    let gone_table = |table: &TableId| dropped_tables.contains(table);
    let kept = |change: &CatalogChange| match change {
        CatalogChange::CreateTable(schema) => !gone_table(&schema.id),
        // Others may have taken the name that it had meanwhile.
        CatalogChange::AlterTable(schema) => {
            !gone_table(&schema.id) || !new_tables.contains(&schema.id)
        }
        CatalogChange::DropTable(table) => !new_tables.contains(table),
        // A table that goes takes its indexes with it.
        CatalogChange::CreateIndex { table, index } => {
            !gone_table(table) && (!dropped_indexes.contains(&index.id) || is_altered(table))
        }
        CatalogChange::DropIndex { table, index } => {
            !gone_table(table) && (!new_indexes.contains(index) || is_altered(table))
        }
        CatalogChange::Tag { .. } => true,
    };
    changes.into_iter().filter(kept).collect()
}

impl PrivateTable {
    fn into_change(self, id: TableId, store: &Store, blocks: &mut PrivateBlocks) -> TableChange {
        let mut change = TableChange::new(id);
        let stored = store
            .relation(id)
            .map_or(0, |relation| relation.live_rows());
        change.close_all = self.hides_store && stored > 0;
        if !self.hides_store {
            change.deletes = self.deletes(store);
            if change.deletes.len() == stored && stored > CHUNK_ROWS {
                change.close_all = true;
                change.deletes.clear();
            }
        }
        let present: Vec<ColumnId> = self.layout.present().collect();
        for (set, columns) in (0..).zip(&self.change_sets) {
            // What the transaction dropped is of no interest by itself; beside others it says that another column took its
            // place.
            let is_kept = columns.is_empty() || columns.iter().any(|id| present.contains(id));
            let updates = self.changes(Origin::Updated(set), columns, blocks);
            change.updates.extend(updates.filter(|_| is_kept));
        }
        change.inserts = self.changes(Origin::Inserted, &present, blocks);
        change
    }

    /// Rows of the store that ended and have no next version.
    fn deletes(&self, store: &Store) -> Vec<RowId> {
        let mut deletes = Vec::with_capacity(self.ended_count);
        for (block, rows) in self.ended.iter() {
            let ids = &store.blocks().get(*block).rows.ids;
            let ended = rows.ones().map(|row| ids[row]);
            deletes.extend(ended.filter(|row| self.rows.get(*row).is_none()));
        }
        deletes
    }

    /// The rows of one origin that are left, with some columns; they are taken out of the blocks.
    fn changes(
        &self,
        origin: Origin,
        columns: &[ColumnId],
        blocks: &mut PrivateBlocks,
    ) -> Option<RowChanges> {
        let positions: Vec<usize> = (columns.iter())
            .filter_map(|id| self.layout.position(*id))
            .collect();
        let mut rows: Option<Rows> = None;
        for number in &self.blocks {
            let block = &mut blocks[*number as usize];
            let kept: Vec<u32> = (block.live.ones())
                .filter(|row| block.origins[*row] == origin)
                .map(|row| row as u32)
                .collect();
            let mut next = match kept.len() {
                0 => continue,
                // The columns go on as they are, unless another origin's rows still need them.
                len if len == block.rows.len() => {
                    std::mem::replace(&mut block.rows, Rows::nothing())
                }
                _ => gather(&block.rows, &kept),
            };
            for (_, physical) in self.layout.columns.iter().skip(next.columns.len()) {
                next.columns.push(Rc::new(nulls(*physical, next.len())));
            }
            match &mut rows {
                None => rows = Some(next),
                Some(rows) => rows.extend(&next.ids, &next.columns, 0..next.len()),
            }
        }
        let mut rows = rows?;
        let vectors = positions
            .iter()
            .map(|position| take(&mut rows.columns[*position]))
            .collect();
        Some(RowChanges {
            rows: rows.ids,
            columns: columns.to_vec(),
            vectors,
        })
    }
}

fn gather(rows: &Rows, kept: &[u32]) -> Rows {
    Rows {
        ids: kept.iter().map(|row| rows.ids[*row as usize]).collect(),
        columns: rows
            .columns
            .iter()
            .map(|column| Rc::new(column.gather(kept)))
            .collect(),
    }
}

fn take(column: &mut Rc<Vector>) -> Vector {
    let empty = Rc::new(Vector::new(crate::column::Data::Bool(Vec::new())));
    Rc::unwrap_or_clone(std::mem::replace(column, empty))
}
