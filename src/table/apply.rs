//! A commit becomes part of the tables.
//!
//! Everything that is derived (blocks, copies, index runs, their numbers) follows from the commits alone, so
//! replaying them gives the same store. Blocks are reached here whether loaded or not: a transaction has read
//! what it changes, and a block that is left sparse is copied by the commit that left it so.

use super::Location;
use super::append::nulls;
use super::blocks::Blocks;
use super::relation::Relation;
use crate::column::Vector;
use crate::commit::{RowChanges, TableChange};
use crate::error::{Code, Error, Result};
use crate::types::{RowId, Seq};

/// Makes the changes of one table.
///
/// # Errors
/// `Corrupt` when the changes do not fit the table; some may have been made then.
pub(super) fn apply_change(
    relation: &mut Relation,
    blocks: &mut Blocks,
    seq: Seq,
    change: TableChange,
) -> Result<()> {
    let mut apply = Apply {
        relation,
        blocks,
        seq: seq.0,
    };
    if change.close_all {
        apply.relation.close_all(seq.0, apply.blocks);
    }
    for row in &change.deletes {
        apply.delete(*row)?;
    }
    for updates in &change.updates {
        apply.update(updates)?;
    }
    if let Some(inserts) = &change.inserts {
        apply.insert(inserts)?;
    }
    apply.relation.copy_forward(seq.0, apply.blocks);
    Ok(())
}

struct Apply<'a> {
    relation: &'a mut Relation,
    blocks: &'a mut Blocks,
    seq: u64,
}

/// For each column of the layout, the vector that changes it.
type Changed<'a> = Vec<Option<&'a Vector>>;

impl Apply<'_> {
    #[inline(never)] // see `Recovery::step_rarely`
    fn delete(&mut self, row: RowId) -> Result<()> {
        let location = self.relation.live.remove(row);
        let location = location.ok_or_else(|| self.relation.corrupt("is not alive", row))?;
        self.end(row, location)?;
        let Apply {
            relation,
            blocks,
            seq,
            ..
        } = self;
        relation.deleted.push((*seq, row));
        for index in &mut relation.indexes {
            index.close(location, row, *seq, blocks);
        }
        Ok(())
    }

    /// Ends a version.
    fn end(&mut self, row: RowId, location: Location) -> Result<()> {
        let Apply {
            relation,
            blocks,
            seq,
        } = self;
        let block = blocks.get_mut(location.block);
        let at = location.row as usize;
        if block.rows.ids[at] != row || !block.ends.unended().get(at) {
            return Err(relation.corrupt("is not where it is looked up", row));
        }
        if block.start(at) >= *seq {
            return Err(relation.corrupt("is changed twice", row));
        }
        block.end(at, *seq);
        relation.full.dead += usize::from(block.is_sealed());
        relation.close_version(row, location, *seq, blocks);
        Ok(())
    }

    #[inline(never)] // see `Recovery::step_rarely`
    fn update(&mut self, changes: &RowChanges) -> Result<()> {
        let changed = self.check(changes)?;
        // Indexes whose key may change.
        let concerned: Vec<usize> = (0..self.relation.indexes.len())
            .filter(|index| {
                let positions = &self.relation.indexes[*index].shape.positions;
                positions
                    .iter()
                    .any(|position| changed[*position].is_some())
            })
            .collect();
        for (at, row) in changes.rows.iter().enumerate() {
            let old = self.relation.live.get(*row);
            let old = old.ok_or_else(|| self.relation.corrupt("is not alive", *row))?;
            self.end(*row, old)?;
            let new =
                self.append_update(old, |position| changed[position].map(|vector| (vector, at)));
            self.relation.live.set(*row, new);
            concerned
                .iter()
                .for_each(|index| self.rekey(*index, *row, old, new));
        }
        Ok(())
    }

    fn append_update<'a>(
        &mut self,
        old: Location,
        changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
    ) -> Location {
        let Apply {
            relation,
            blocks,
            seq,
        } = self;
        let target = relation.open_block(*seq, false, blocks);
        let row = if target == old.block {
            let block = blocks.get_mut(target);
            block.append_update_within(*seq, old.row as usize, changed);
            block.len() - 1
        } else {
            let (block, source) = blocks.pair(target, old.block);
            block.append_update(*seq, source, old.row as usize, changed);
            block.len() - 1
        };
        relation.versions += 1;
        Location {
            block: target,
            row: row as u32,
        }
    }

    fn rekey(&mut self, index: usize, row: RowId, old: Location, new: Location) {
        let Apply {
            relation,
            blocks,
            seq,
            ..
        } = self;
        let index = &mut relation.indexes[index];
        let columns = |location: Location| &blocks.get(location.block).rows.columns[..];
        let before = (columns(old), old.row as usize);
        let after = (columns(new), new.row as usize);
        if index.differs(before, after) {
            index.add(after.0, after.1, row, *seq);
            index.close(old, row, *seq, blocks);
        }
    }

    #[inline(never)] // see `Recovery::step_rarely`
    fn insert(&mut self, changes: &RowChanges) -> Result<()> {
        let vectors = self.check(changes)?;
        let layout = self.relation.layout.clone();
        if vectors.iter().flatten().count() < layout.width() {
            return Err(self.misfit("lack a column"));
        }
        let empty: Vec<Vector> = (vectors.iter().zip(&layout.columns))
            .filter(|(vector, _)| vector.is_none())
            .map(|(_, (_, physical))| nulls(*physical, changes.rows.len()))
            .collect();
        let mut empty = empty.iter();
        let vectors: Vec<ByRef> = (vectors.into_iter())
            .filter_map(|vector| vector.or_else(|| empty.next()).map(ByRef))
            .collect();
        let mut from = 0;
        while from < changes.rows.len() {
            let Apply {
                relation,
                blocks,
                seq,
            } = self;
            let target = relation.open_block(*seq, false, blocks);
            let block = blocks.get_mut(target);
            let first = block.len();
            let count = block.append(*seq, &changes.rows, &vectors, from);
            for (offset, row) in changes.rows[from..from + count].iter().enumerate() {
                if relation.live.get(*row).is_some() {
                    return Err(relation.corrupt("is inserted twice", *row));
                }
                let place = first + offset;
                relation.live.set(
                    *row,
                    Location {
                        block: target,
                        row: place as u32,
                    },
                );
                for index in &mut relation.indexes {
                    index.add(&block.rows.columns, place, *row, *seq);
                }
            }
            relation.versions += count as u64;
            from += count;
        }
        Ok(())
    }

    /// The vectors of changed columns by the columns' positions.
    fn check<'a>(&self, changes: &'a RowChanges) -> Result<Changed<'a>> {
        let layout = &self.relation.layout;
        let mut changed = vec![None; layout.columns.len()];
        if changes.columns.len() != changes.vectors.len() {
            return Err(self.misfit("have more columns than vectors"));
        }
        for (column, vector) in changes.columns.iter().zip(&changes.vectors) {
            let position = layout.position(*column);
            let position = position.ok_or_else(|| self.misfit("name an unknown column"))?;
            if vector.len() != changes.rows.len() || vector.physical() != layout.columns[position].1
            {
                return Err(self.misfit("have a vector of another length or type"));
            }
            changed[position] = Some(vector);
        }
        Ok(changed)
    }

    fn misfit(&self, how: &str) -> Error {
        let message = format!("changes of table {} {how}", self.relation.id);
        Error::new(Code::Corrupt, message)
    }
}

struct ByRef<'a>(&'a Vector);

impl AsRef<Vector> for ByRef<'_> {
    fn as_ref(&self) -> &Vector {
        self.0
    }
}
