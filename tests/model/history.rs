//! Random statements, in random transactions, on the engine and the model alike.

use crate::checks::{check_moment, check_range, random_range};
use crate::random::Random;
use crate::reader::Reader;
use crate::reads::{drain, read_rows, ready, scan};
use crate::schema::{index_schema, is_unique, key_of, random_value, table_schema, vectors};
use crate::state::{ALIVE, Model, ModelRow, ModelTable, Seen, State};
use driftdb::commit::Commit;
use driftdb::error::{Code, Result};
use driftdb::table::{Capture, Fetch, Residency, Restore, Store};
use driftdb::txn::{CommitHead, Transaction};
use driftdb::types::*;
use std::collections::BTreeMap;
use std::rc::Rc;

pub struct History {
    pub random: Random,
    /// Rows that a bulk statement works on.
    pub size: usize,
    pub spread: usize,
    pub store: Store,
    pub model: Model,
    pub commits: Vec<Commit>,
    pub residency: Residency,
    /// In how many of a hundred transactions the store is made anew from a checkpoint.
    pub reopening: usize,
    /// The commit that the store's checkpoint is as of.
    pub restored: usize,
}

impl History {
    pub fn new(seed: u64, size: usize, residency: Residency) -> History {
        History {
            random: Random(seed),
            size,
            spread: size * 3,
            store: Store::new(residency),
            model: Model::default(),
            commits: Vec::new(),
            residency,
            reopening: 0,
            restored: 0,
        }
    }

    pub fn run(&mut self, transactions: usize) {
        for _ in 0..transactions {
            if self.reopening > 0 && self.random.chance(self.reopening) {
                self.reopen();
            }
            let reader = match self.random.chance(15) {
                true => Reader::start(&mut self.store, &self.model, &mut self.random, self.spread),
                false => None,
            };
            for _ in 0..if reader.is_some() { 3 } else { 1 } {
                self.transaction();
            }
            if let Some(reader) = reader {
                reader.finish(&mut self.store, &self.model);
            }
            if self.random.chance(15) && !self.model.states.is_empty() {
                let seq = self.random.below(self.model.states.len()) as u64;
                check_moment(
                    &mut self.store,
                    &self.model,
                    seq,
                    &mut self.random,
                    self.spread,
                );
            }
        }
    }

    /// Makes the store anew from a checkpoint as of a late commit and the commits after it.
    fn reopen(&mut self) {
        let Some(last) = self.commits.len().checked_sub(1) else {
            return;
        };
        let seq = last.saturating_sub(self.random.below(4)).max(self.restored);
        let parts = capture(&self.store, seq as u64);
        let restored = restore(&parts, self.residency);
        self.store = restored.expect("as it was captured");
        for commit in &self.commits[seq + 1..] {
            let applied = self.store.apply(commit.clone());
            applied.expect("a commit of the engine's own");
        }
        self.restored = seq;
    }

    pub fn transaction(&mut self) {
        let mut txn = Transaction::begin(&self.store);
        let mut state = self.model.present();
        let mut user_savepoint = None;
        for _ in 0..1 + self.random.below(4) {
            let savepoint = txn.savepoint();
            let before = state.clone();
            let done = self
                .statement(&mut txn, &mut state)
                .and_then(|()| txn.end_statement(&self.store));
            let allowed = state.values().all(is_unique);
            match done {
                Ok(()) => assert!(allowed, "a duplicate key came through"),
                Err(error) => {
                    assert_eq!(error.code(), Code::UniqueViolation, "{error}");
                    assert!(!allowed, "{error}: no key is duplicate");
                    txn.rollback_to(&savepoint);
                    state = before;
                }
            }
            if self.random.chance(15) {
                user_savepoint = Some((txn.savepoint(), state.clone()));
            }
            if self.random.chance(15)
                && let Some((savepoint, saved)) = &user_savepoint
            {
                txn.rollback_to(savepoint);
                state = saved.clone();
            }
            if self.random.chance(30) {
                self.check_writes(&txn, &state);
            }
        }
        if self.random.chance(90) {
            self.commit(txn, state);
        }
    }

    pub fn commit(&mut self, txn: Transaction, state: State) {
        let before = self.model.present();
        let schemas = |state: &State| state.values().map(|t| t.schema.clone()).collect::<Vec<_>>();
        let starts = |state: &State| -> Vec<(RowId, Option<u64>)> {
            state
                .values()
                .flat_map(|t| t.rows.iter().map(|(id, row)| (*id, row.start)))
                .collect()
        };
        let changed = schemas(&before) != schemas(&state) || starts(&before) != starts(&state);
        let clock = 1_000_000 + self.random.below(1000) as i64;
        let commit = txn.into_commit(
            &self.store,
            CommitHead {
                clock,
                ..CommitHead::default()
            },
        );
        assert_eq!(commit.is_some(), changed, "a commit for net changes alone");
        if let Some(commit) = commit {
            self.commits.push(commit.clone());
            self.store
                .apply(commit)
                .expect("a commit of the engine's own");
            self.model.commit(state);
        }
    }

    pub fn statement(&mut self, txn: &mut Transaction, state: &mut State) -> Result<()> {
        let name = ["a", "b", "c"][self.random.below(3)].to_string();
        let Some(table) = state.get_mut(&name) else {
            let schema = table_schema(&name);
            let id = txn.create_table(&self.store, schema)?;
            let schema = TableSchema::clone(txn.catalog().table_by_id(id).expect("just created"));
            state.insert(
                name,
                ModelTable {
                    schema,
                    rows: BTreeMap::new(),
                },
            );
            return Ok(());
        };
        let id = table.schema.id;
        match self.random.below(100) {
            0..35 => self.insert(txn, table),
            35..70 => self.update(txn, table),
            70..85 => self.delete(txn, table),
            85..88 => {
                table.rows.clear();
                txn.truncate(&self.store, id)
            }
            88..90 => {
                state.remove(&name);
                txn.drop_table(&self.store, id)
            }
            90..96 => self.create_index(txn, table),
            _ => match table.schema.indexes.len() {
                1 => Ok(()),
                len => {
                    let index = table.schema.indexes.remove(1 + self.random.below(len - 1));
                    txn.drop_index(&self.store, id, index.id)
                }
            },
        }
    }

    pub fn create_index(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let kinds: [(&str, &[u32], bool); 5] = [
            ("amount", &[1], false),
            ("name_amount", &[2, 1], false),
            ("price", &[3], false),
            ("unique_price_id", &[3, 0], true),
            ("unique_price", &[3], true),
        ];
        let (kind, columns, unique) = kinds[self.random.below(5)];
        let name = format!("{}_{kind}", table.schema.name);
        if table.schema.indexes.iter().any(|index| index.name == name) {
            return Ok(());
        }
        let mut index = index_schema(&name, columns, unique);
        // In the model the index is there even if it cannot be: that is what makes the error expected.
        table.schema.indexes.push(index.clone());
        index.id = txn.create_index(&self.store, table.schema.id, index.clone())?;
        *table.schema.indexes.last_mut().expect("just added") = index;
        Ok(())
    }

    /// How many rows a statement works on.
    pub fn count(&mut self) -> usize {
        match self.random.below(4) {
            0 | 1 => 1,
            2 => self.random.below(8),
            _ => self.size / 2 + self.random.below(self.size),
        }
    }

    pub fn insert(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let count = self.count();
        let next = table.rows.values().map(|row| row.values[0].clone()).max();
        let mut next = match next {
            Some(Value::I64(next)) => next + 1,
            _ => 0,
        };
        let careless = self.random.chance(10);
        let mut rows = Vec::new();
        for _ in 0..count {
            let mut row: Row = (0..4)
                .map(|column| random_value(&mut self.random, column, self.spread))
                .collect();
            if !careless {
                row[0] = Value::I64(next);
                next += 1;
            }
            rows.push(row);
        }
        let id = table.schema.id;
        let first = if count == 1 {
            txn.insert_row(&self.store, id, &rows[0])?
        } else {
            txn.insert(&self.store, id, &vectors(&rows, &[0, 1, 2, 3]))?
        };
        for (offset, row) in rows.into_iter().enumerate() {
            let row = ModelRow {
                start: None,
                values: Rc::new(row),
            };
            table.rows.insert(RowId(first.0 + offset as u64), row);
        }
        Ok(())
    }

    pub fn pick(&mut self, table: &ModelTable) -> Vec<RowId> {
        let count = self.count();
        let all: Vec<RowId> = table.rows.keys().copied().collect();
        if self.random.chance(3) {
            return all;
        }
        let hot = if self.random.chance(50) {
            all.len() / 10
        } else {
            all.len()
        };
        let mut picked: Vec<RowId> = (0..count.min(hot))
            .map(|_| all[self.random.below(hot)])
            .collect();
        picked.sort();
        picked.dedup();
        picked
    }

    pub fn update(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let rows = self.pick(table);
        let columns: Vec<usize> = (0..4)
            .filter(|column| self.random.chance(if *column == 0 { 20 } else { 40 }))
            .collect();
        let shift = [1, -1, 1000][self.random.below(3)];
        let mut new = Vec::new();
        for id in &rows {
            let row = table.rows.get_mut(id).expect("picked from it");
            let mut values = Row::clone(&row.values);
            for column in &columns {
                values[*column] = match (*column, &values[0]) {
                    (0, Value::I64(key)) => Value::I64(key + shift),
                    _ => random_value(&mut self.random, *column, self.spread),
                };
            }
            new.push(
                columns
                    .iter()
                    .map(|column| values[*column].clone())
                    .collect::<Row>(),
            );
            *row = ModelRow {
                start: None,
                values: Rc::new(values),
            };
        }
        let ids: Vec<ColumnId> = columns
            .iter()
            .map(|column| ColumnId(*column as u32))
            .collect();
        let values = vectors(&new, &columns);
        while let Fetch::Need(block) =
            txn.update(&self.store, table.schema.id, &rows, &ids, &values)?
        {
            self.store.load(block, driftdb::table::Waiter::CALL)?;
        }
        Ok(())
    }

    pub fn delete(&mut self, txn: &mut Transaction, table: &mut ModelTable) -> Result<()> {
        let rows = self.pick(table);
        rows.iter().for_each(|row| drop(table.rows.remove(row)));
        txn.delete(&self.store, table.schema.id, &rows)
    }

    /// The present as an open transaction sees it.
    pub fn check_writes(&mut self, txn: &Transaction, state: &State) {
        for table in state.values() {
            let id = table.schema.id;
            let versions = Versions::AsOf(txn.snapshot());
            let known = txn.snapshot();
            let strip = |seen: Vec<Seen>| -> Vec<Seen> {
                seen.into_iter()
                    .map(|(row, values, _, _)| (row, values, 0, ALIVE))
                    .collect()
            };
            let expected: Vec<Seen> = (table.rows.iter())
                .map(|(id, row)| (*id, Row::clone(&row.values), 0, ALIVE))
                .collect();
            let seen = scan(&mut self.store, Some(txn), known, id, &versions);
            assert_eq!(strip(seen), expected, "table {id} within a transaction");
            assert_eq!(
                txn.view(&self.store).estimate_rows(id),
                expected.len() as u64
            );
            for index in &table.schema.indexes {
                let range = random_range(&mut self.random, index, self.spread);
                let cursor =
                    txn.view(&self.store)
                        .open_index(id, index.id, &versions, range.clone(), true);
                let mut cursor = cursor.expect("the index exists");
                let seen = drain(&mut self.store, Some(txn), known, id, &mut cursor, 500);
                check_range(
                    strip(seen),
                    &expected,
                    index,
                    &range,
                    "within a transaction",
                );
                if index.unique && !expected.is_empty() {
                    let row = &expected[self.random.below(expected.len())];
                    let key = key_of(index, &row.1);
                    let found = ready(&mut self.store, |store| {
                        txn.view(store)
                            .get_unique(id, index.id, &key, &versions, true)
                    });
                    let seen = found
                        .map(|found| read_rows(&mut self.store, Some(txn), known, id, &[found]));
                    let usable = !key.iter().any(Value::is_null);
                    assert_eq!(seen.map(strip), usable.then(|| vec![row.clone()]));
                }
            }
        }
    }

    /// Everything again, here and after replaying the commits.
    pub fn check_all(mut self, moments: usize) {
        let residency = [Residency::All, Residency::FirstTouch][self.random.below(2)];
        let mut replayed = Store::new(residency);
        for commit in &self.commits {
            replayed
                .apply(commit.clone())
                .expect("a commit of the engine's own");
        }
        let (mut live, mut again) = (self.store.stats(), replayed.stats());
        (live.live_entries_touched, live.closed_entries_touched) = (0, 0);
        (again.live_entries_touched, again.closed_entries_touched) = (0, 0);
        (live.bytes_held, again.bytes_held) = (0, 0);
        if self.reopening > 0 {
            // What ended is in other runs when a checkpoint lies between.
            (live.runs, again.runs) = (0, 0);
        }
        assert_eq!(live, again, "replaying gives the same store");
        for _ in 0..moments {
            let seq = self.random.below(self.model.states.len()) as u64;
            for store in [&mut self.store, &mut replayed] {
                let mut random = Random(self.random.next());
                check_moment(store, &self.model, seq, &mut random, self.spread);
            }
        }
    }
}

/// The parts of a checkpoint as of a commit.
pub fn capture(store: &Store, seq: u64) -> Vec<Vec<u8>> {
    let mut capture = Capture::new(store, Seq(seq));
    std::iter::from_fn(|| capture.next(store).expect("what is written can be read")).collect()
}

pub fn restore(parts: &[Vec<u8>], residency: Residency) -> Result<Store> {
    let mut restore = Restore::new(Store::new(residency));
    parts.iter().try_for_each(|part| restore.part(part, None))?;
    restore.finish()
}
