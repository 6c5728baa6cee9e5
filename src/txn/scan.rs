//! Reading a table block by block.
//!
//! The units are fixed when a scan starts. A block is then read by its own stamps alone, so commits between
//! two steps, even ones that copy its rows forward, change nothing for a scan under way.

use super::View;
use crate::column::Chunk;
use crate::error::Result;
use crate::table::{Block, BlockId, Fetch, Selected};
use crate::types::{ColumnId, ScanColumn, TableId, Value, Versions};
use std::ops::Bound;

/// What a scan reads at a time: one block as it stood when the scan started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScanUnit {
    block: BlockId,
    /// Rows that were there when the scan started; a private block may grow meanwhile.
    rows: u32,
    /// What the transaction ended is left out.
    with_writes: bool,
}

/// Conditions that a wanted row certainly fulfils, by which whole blocks are skipped. A unit that is read
/// may still hold rows that do not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZoneFilter {
    /// All of them hold.
    pub ranges: Vec<ZoneRange>,
}

/// A column's value is not NULL and lies between the bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneRange {
    pub column: ColumnId,
    pub lower: Bound<Value>,
    pub upper: Bound<Value>,
}

impl View<'_> {
    /// The blocks to read for the versions that are meant, private ones last. Private writes are seen only by
    /// scans of the present (`AsOf`) that ask for them.
    pub fn scan_units(
        &self,
        table: TableId,
        versions: &Versions,
        with_writes: bool,
    ) -> Vec<ScanUnit> {
        let private = self.private(table).filter(|_| with_writes);
        let unit = |block: BlockId| ScanUnit {
            block,
            rows: u32::MAX,
            with_writes,
        };
        let mut units = Vec::new();
        if !private.is_some_and(|private| private.hides_store) {
            units.extend(self.stored_blocks(table, versions).into_iter().map(unit));
        }
        if let (Some(private), Some(transaction)) = (private, self.transaction) {
            units.extend(private.blocks.iter().map(|number| ScanUnit {
                block: BlockId::private(*number),
                rows: transaction.blocks[*number as usize].rows.len() as u32,
                with_writes,
            }));
        }
        units
    }

    fn stored_blocks(&self, table: TableId, versions: &Versions) -> Vec<BlockId> {
        let (Some(relation), Some(seq)) = (self.store.relation(table), versions.snapshot().seq)
        else {
            return Vec::new();
        };
        match versions {
            Versions::AsOf(_) => relation.timeline.at(seq.0),
            Versions::Within { .. } => relation.timeline.ever(seq.0).collect(),
        }
    }

    /// The wanted rows of a unit; `None` when it has none.
    pub fn read_unit(
        &self,
        unit: ScanUnit,
        versions: &Versions,
        columns: &[ScanColumn],
        zone: &ZoneFilter,
    ) -> Result<Fetch<Option<Chunk>>> {
        if self.private_block(unit.block).is_some() {
            return self.read_private(unit, columns);
        }
        let block = match self.store.blocks().fetch(unit.block) {
            Fetch::Ready(block) => block,
            Fetch::Need(id) => return Ok(Fetch::Need(id)),
        };
        if !self.may_hold(block, zone) {
            return Ok(Fetch::Ready(None));
        }
        let mut selected = block.select(versions);
        if unit.with_writes
            && let Some(ended) = self
                .private(block.table)
                .and_then(|private| private.ended.get(&unit.block))
        {
            selected = selected.without(ended, block.len());
        }
        if matches!(selected, Selected::None) {
            return Ok(Fetch::Ready(None));
        }
        let mut vectors = Vec::with_capacity(columns.len());
        for column in columns {
            match self.stored_column(block, &selected, *column)? {
                Fetch::Ready(vector) => vectors.push(vector),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            }
        }
        Ok(Fetch::Ready(Some(chunk(vectors, block.len(), selected))))
    }

    fn read_private(&self, unit: ScanUnit, columns: &[ScanColumn]) -> Result<Fetch<Option<Chunk>>> {
        let Some(block) = self.private_block(unit.block) else {
            return Ok(Fetch::Ready(None));
        };
        let block = block?;
        let live = block
            .live
            .ones()
            .take_while(|row| *row < unit.rows as usize);
        let live: Vec<u32> = live.map(|row| row as u32).collect();
        let selected = Selected::of(live, block.rows.len());
        if matches!(selected, Selected::None) {
            return Ok(Fetch::Ready(None));
        }
        let vectors = columns
            .iter()
            .map(|column| self.private_column(block, *column));
        let vectors = vectors.collect::<Result<Vec<_>>>()?;
        Ok(Fetch::Ready(Some(chunk(
            vectors,
            block.rows.len(),
            selected,
        ))))
    }

    fn may_hold(&self, block: &Block, zone: &ZoneFilter) -> bool {
        let Some(relation) = self.store.relation(block.table) else {
            return true;
        };
        zone.ranges.iter().all(|range| {
            let position = relation.layout.position(range.column);
            let known = position.and_then(|position| block.zone(position));
            known.is_none_or(|zone| zone.may_hold(&range.lower, &range.upper))
        })
    }
}

fn chunk(
    columns: Vec<std::rc::Rc<crate::column::Vector>>,
    rows: usize,
    selected: Selected,
) -> Chunk {
    let mut chunk = Chunk::new(columns, rows);
    if let Selected::Some(rows) = selected {
        chunk.selection = Some(rows);
    }
    chunk
}
