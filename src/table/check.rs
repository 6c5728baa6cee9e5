//! Checking what is held against itself: whether the indexes and the row map say what the rows of the blocks say.
//!
//! The rows of the blocks and the entries of a tier are periods in which a row had a key. Both are made into sums of
//! hashes, for which they need no order and no room: a period adds the hash of its key, its row and its start, and takes
//! away that of its end. So periods of one row that follow each other with one key come to the same as the one entry that
//! an index keeps of them. Of the row map the key is where a version lies.
//!
//! What a checkpoint left out and nothing has needed yet is not made for it; then the present alone is compared.

use super::block::Block;
use super::{ALIVE, BlockId, KeyIndex, Location, Relation, Store, each_tiers};
use crate::column::kernel::RowHasher;
use crate::error::{Code, Error, Result};
use crate::types::{RowId, Seq, TableId};
use std::hash::{Hash, Hasher};

/// How far a check has come.
#[derive(Debug, Default)]
pub struct Check {
    /// The table at hand and the block of it, as of a commit: after another one the table is begun anew.
    table: Option<TableId>,
    block: usize,
    seq: Option<Seq>,
    begun: u32,
    /// Of the blocks: of the row map, and of each index.
    sums: Vec<Sum>,
    /// Blocks looked at, and versions in the tables that are done.
    pub blocks: u64,
    pub versions: u64,
    /// What is wrong.
    pub problems: Vec<Error>,
}

/// A table is begun anew so often at most; then it is looked at in one step, in which nothing is committed.
const BEGUN_MAX: u32 = 3;

/// What the periods of a tier come to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Sum {
    alive: u64,
    ever: u64,
    count: u64,
}

impl Sum {
    fn add(&mut self, key: &impl Hash, row: u64, start: u64, end: u64) {
        let hash = |seq: u64| {
            let mut hasher = RowHasher::default();
            key.hash(&mut hasher);
            row.hash(&mut hasher);
            seq.hash(&mut hasher);
            hasher.finish()
        };
        self.ever = self.ever.wrapping_add(hash(start)).wrapping_sub(hash(end));
        if end == ALIVE {
            self.alive = self.alive.wrapping_add(hash(ALIVE));
        }
        self.count += 1;
    }
}

impl Store {
    /// Looks at some blocks more. Whether there is more.
    pub fn check_on(&self, check: &mut Check, blocks: usize) -> bool {
        let after = |done: TableId| TableId(done.0.saturating_add(1));
        let mut left = blocks;
        while left > 0 {
            let from = check.table.unwrap_or(TableId(0));
            let Some((id, relation)) = self.relations.iter_from(&from).next() else {
                return false;
            };
            if check.table != Some(*id) || check.seq != self.last_seq() || check.begun == 0 {
                check.begun = if check.table == Some(*id) {
                    check.begun + 1
                } else {
                    1
                };
                (check.table, check.seq, check.block) = (Some(*id), self.last_seq(), 0);
                check.sums = vec![Sum::default(); 1 + relation.indexes.len()];
            }
            let ids: Vec<BlockId> = relation.timeline.ever(ALIVE).skip(check.block).collect();
            let room = if check.begun > BEGUN_MAX {
                ids.len()
            } else {
                left
            };
            let mut result = Ok(());
            for id in ids.iter().take(room) {
                result = result.and_then(|()| check.add(relation, *id, self));
                check.block += 1;
                check.blocks += 1;
                left = left.saturating_sub(1);
            }
            if room < ids.len() && result.is_ok() {
                return true;
            }
            match result {
                Ok(()) => self.compare(relation, check),
                Err(error) => check.problems.push(error),
            }
            (check.table, check.begun) = (Some(after(*id)), 0);
            left = left.saturating_sub(1);
        }
        true
    }

    /// How many blocks there are to be looked at.
    pub fn check_total(&self) -> u64 {
        self.relations.values().map(Relation::block_count).sum()
    }

    fn compare(&self, relation: &Relation, check: &mut Check) {
        if relation.is_lost {
            check.problems.push(self.lost(relation.id));
        }
        let mut mapped = Sum::default();
        let mut locate = |row: RowId, at: Location, end| mapped.add(&at, row.0, 0, end);
        relation
            .live
            .iter()
            .for_each(|(row, at)| locate(row, at, ALIVE));
        for (end, map) in &relation.retired {
            map.iter().for_each(|(row, at)| locate(row, at, *end));
        }
        relation.closed.each(&mut |version| {
            locate(
                RowId(version.key),
                Location::unpack(version.payload),
                version.end,
            );
        });
        let awaits = relation.closed.awaited().is_some();
        check.versions += check.sums[0].count;
        if !agree(&check.sums[0], &mapped, awaits) {
            let what = "rows are not where they are looked up".to_string();
            check.problems.push(self.disagreement(relation, &what));
        }
        for (index, rows) in relation.indexes.iter().zip(&check.sums[1..]) {
            let mut held = Sum::default();
            each_tiers!(&index.tiers, tiers => tiers.each(&mut |key, row, start, end| {
                held.add(key, row, start, end);
            }));
            if !agree(rows, &held, index.awaited().is_some()) {
                let what = format!("index {} does not have the keys of the rows", index.id);
                check.problems.push(self.disagreement(relation, &what));
            }
        }
    }

    fn disagreement(&self, relation: &Relation, what: &str) -> Error {
        let table = self
            .catalogs
            .last()
            .and_then(|(_, last)| last.table_by_id(relation.id));
        let name = table.map_or_else(|| relation.id.to_string(), |table| table.key());
        Error::new(Code::Corrupt, format!("table \"{name}\": {what}"))
    }
}

/// Whether two tiers are the same, of which the past may not be known.
fn agree(rows: &Sum, held: &Sum, awaits: bool) -> bool {
    rows.alive == held.alive && (awaits || rows.ever == held.ever)
}

impl Check {
    /// Adds the versions of a block, each in the block that has it last.
    fn add(&mut self, relation: &Relation, id: BlockId, store: &Store) -> Result<()> {
        store.blocks.visit(id, &mut |block| {
            for row in (0..block.len()).filter(|row| !block.has_moved(*row, ALIVE)) {
                let at = Location {
                    block: id,
                    row: row as u32,
                };
                let (id, end) = (block.rows.ids[row].0, block.end_of(row));
                self.sums[0].add(&at, id, 0, end);
                for (index, sum) in relation.indexes.iter().zip(&mut self.sums[1..]) {
                    add_key(index, block, row, sum)?;
                }
            }
            Ok(())
        })
    }
}

fn add_key(index: &KeyIndex, block: &Block, row: usize, sum: &mut Sum) -> Result<()> {
    let columns = &block.rows.columns;
    if index.shape.integer && columns.len() <= index.shape.positions[0] {
        return Err(Error::new(Code::Corrupt, "a block has no column for a key"));
    }
    let (id, start, end) = (block.rows.ids[row].0, block.start(row), block.end_of(row));
    each_tiers!(&index.tiers, tiers => {
        if let Some(key) = tiers.key_type(&index.shape, (columns, row)) {
            sum.add(&key, id, start, end);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Data, Vector};
    use crate::commit::{CatalogChange, Commit, RowChanges, TableChange};
    use crate::table::Residency;
    use crate::table::closed::ClosedTier;
    use crate::table::index::{AnyTiers, Tiers};
    use crate::types::{
        BranchId, ColumnId, ColumnSchema, DataType, IndexId, IndexSchema, TableSchema,
    };

    const TABLE: TableId = TableId(1);

    fn commit(seq: u64, catalog: Vec<CatalogChange>, tables: Vec<TableChange>) -> Commit {
        Commit {
            seq: Seq(seq),
            branch: BranchId::MAIN,
            merge_parent: None,
            time: seq as i64,
            raw_clock: seq as i64,
            request: None,
            request_ordinal: 0,
            affected_rows: 0,
            meta: None,
            statement: String::new(),
            catalog,
            tables,
        }
    }

    fn rows(ids: impl Iterator<Item = u64> + Clone, keys: impl Iterator<Item = i64>) -> RowChanges {
        RowChanges {
            rows: ids.map(RowId).collect(),
            columns: vec![ColumnId(0)],
            vectors: vec![Vector::new(Data::I64(keys.collect()))],
        }
    }

    /// 20 rows with their number as key, of which two got another key and one was deleted.
    fn store() -> Store {
        let schema = TableSchema {
            id: TABLE,
            name: "t".to_string(),
            columns: vec![ColumnSchema {
                name: "id".to_string(),
                data_type: DataType::Integer,
                ..ColumnSchema::default()
            }],
            next_column: ColumnId(1),
            primary_key: Some(IndexId(1)),
            indexes: vec![IndexSchema {
                id: IndexId(1),
                name: "t_pkey".to_string(),
                columns: vec![ColumnId(0)],
                unique: true,
                constraint: true,
                ..IndexSchema::default()
            }],
            ..TableSchema::default()
        };
        let (mut insert, mut change) = (TableChange::new(TABLE), TableChange::new(TABLE));
        insert.inserts = Some(rows(0..20, 0..20));
        change.updates.push(rows(3..5, 103..105));
        change.deletes.push(RowId(7));
        let mut store = Store::new(Residency::All);
        let commits = [
            commit(0, vec![CatalogChange::CreateTable(schema)], vec![]),
            commit(1, vec![], vec![insert]),
            commit(2, vec![], vec![change]),
        ];
        for commit in commits {
            store.apply(commit).expect("sound");
        }
        store
    }

    /// What a check finds after something was changed that no commit changes.
    fn found(damage: impl FnOnce(&mut Relation)) -> Vec<String> {
        let mut store = store();
        damage(store.relations.get_mut(&TABLE).expect("it was created"));
        let mut check = Check::default();
        while store.check_on(&mut check, 1) {}
        let problems = check.problems.iter();
        problems
            .map(|problem| problem.message().to_string())
            .collect()
    }

    fn tiers(relation: &mut Relation) -> &mut Tiers<i64> {
        match &mut relation.indexes[0].tiers {
            AnyTiers::Integer(tiers) => tiers,
            AnyTiers::Bytes(_) => unreachable!("the key is an integer"),
        }
    }

    #[test]
    fn what_commits_leave_agrees() {
        assert_eq!(found(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn an_index_that_says_something_else_than_the_rows_is_found() {
        let index = ["table \"t\": index 1 does not have the keys of the rows"];
        let missing = |relation: &mut Relation| {
            let entry = (5, 5);
            let tree = &mut tiers(relation).live;
            assert!(
                tree.remove(|found| *found < entry, |found| *found == entry)
                    .is_some()
            );
        };
        assert_eq!(found(missing), index);
        assert_eq!(
            found(|relation| tiers(relation).add(50, RowId(5), 1)),
            index
        );
        let since = |relation: &mut Relation| {
            missing(relation);
            tiers(relation).add(5, RowId(5), 2);
        };
        assert_eq!(found(since), index);
        let of_another_row = |relation: &mut Relation| {
            missing(relation);
            tiers(relation).add(5, RowId(6), 1);
        };
        assert_eq!(found(of_another_row), index);
        let past = |relation: &mut Relation| tiers(relation).closed = ClosedTier::default();
        assert_eq!(found(past), index);
    }

    #[test]
    fn rows_that_are_looked_up_elsewhere_are_found() {
        let map = ["table \"t\": rows are not where they are looked up"];
        let lost = |relation: &mut Relation| assert!(relation.live.remove(RowId(9)).is_some());
        assert_eq!(found(lost), map);
        let moved = |relation: &mut Relation| {
            let of_another = relation.live.get(RowId(9)).expect("it is alive");
            relation.live.set(RowId(8), of_another);
        };
        assert_eq!(found(moved), map);
        let past = |relation: &mut Relation| relation.closed = ClosedTier::default();
        assert_eq!(found(past), map);
    }
}
