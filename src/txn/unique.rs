//! Uniqueness, checked at the end of each statement.
//!
//! A key is looked up when a row gets it. If no other row has it then, all is well: whoever gets it later is
//! looked at in turn. If another has it, that other may still lose it within the statement (`SET id = id + 1`),
//! so the row is noted and looked at again at the end. NULLs are distinct from each other. A row whose key may wait is noted until
//! the commit.

use super::Transaction;
use super::private::{PrivateIndex, PrivateTable};
use crate::error::{Code, Error, Result};
use crate::expr::format_value;
use crate::table::{Key, KeyIndex, KeyShape, Relation, Rows, Store, Tiers, each_tiers, with_names};
use crate::types::{DataType, IndexId, IndexSchema, RowId, TableId, Value, Waits};

/// A row whose key was taken when it got it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    table: TableId,
    index: IndexId,
    row: RowId,
}

impl PrivateTable {
    /// Notes the unique keys of a new private row that another row has.
    pub fn check_new(
        &self,
        relation: Option<&Relation>,
        rows: &Rows,
        row: usize,
        pending: &mut Vec<Pending>,
    ) {
        for index in self.indexes.iter().filter(|index| index.unique) {
            if self.is_taken(relation, index, rows, row) {
                pending.push(Pending {
                    table: self.schema.id,
                    index: index.keys.id,
                    row: rows.ids[row],
                });
            }
        }
    }

    fn is_taken(
        &self,
        relation: Option<&Relation>,
        index: &PrivateIndex,
        rows: &Rows,
        row: usize,
    ) -> bool {
        let shape = &index.keys.shape;
        if shape.has_null(&rows.columns, row) {
            return false;
        }
        each_tiers!(&index.keys.tiers, tiers => {
            let key = shape.key(&rows.columns, row);
            key.is_some_and(|key| self.has_other(relation, index, tiers, &key, rows.ids[row]))
        })
    }

    /// Whether a row other than `own` has a key, as the transaction sees it.
    fn has_other<K: Key>(
        &self,
        relation: Option<&Relation>,
        index: &PrivateIndex,
        tiers: &Tiers<K>,
        key: &K,
        own: RowId,
    ) -> bool {
        if rows_of(tiers, key).any(|row| row != own) {
            return true;
        }
        if self.hides_store {
            return false;
        }
        let committed: Option<&KeyIndex> = self.committed_index(relation, index);
        let live = committed.map(|index| index.tiers.of::<K>());
        live.is_some_and(|tiers| {
            let mut others = rows_of(tiers, key).filter(|row| *row != own);
            others.any(|row| self.committed(relation, row).is_some())
        })
    }
}

/// The rows that have a key.
fn rows_of<K: Key>(tiers: &Tiers<K>, key: &K) -> impl Iterator<Item = RowId> {
    let tree = &tiers.live;
    let beyond = tree.last_key().is_none_or(|(last, _)| last < key);
    let mut place = (!beyond).then(|| Tiers::first_of(tree, key));
    std::iter::from_fn(move || {
        let ((found, row), _) = tree.entry(place?)?;
        place = Some(tree.next(place?));
        (found == key).then_some(RowId(*row))
    })
}

impl Transaction {
    /// Writes what sequences came to, and checks uniqueness.
    ///
    /// # Errors
    /// `UniqueViolation`, which names key and constraint; the statement is then to be rolled back.
    pub fn end_statement(&mut self, store: &Store) -> Result<()> {
        self.write_sequences(store)?;
        for pending in std::mem::take(&mut self.pending) {
            match self.is_waiting(&pending) {
                true => self.deferred_keys.push(pending),
                false => self.check_key(store, &pending)?,
            }
        }
        Ok(())
    }

    /// Looks at keys that waited: before the commit, those that do not any more. They are looked at once more then.
    pub(super) fn check_deferred_keys(&mut self, store: &Store, commits: bool) -> Result<()> {
        if commits {
            self.deferred_keys.append(&mut self.keys_looked_at);
        }
        for at in (0..self.deferred_keys.len()).rev() {
            let pending = self.deferred_keys[at];
            if commits || !self.is_waiting(&pending) {
                self.check_key(store, &pending)?;
                self.deferred_keys.swap_remove(at);
                if !commits {
                    self.keys_looked_at.push(pending);
                }
            }
        }
        Ok(())
    }

    /// Whether a key is checked at the commit.
    fn is_waiting(&self, pending: &Pending) -> bool {
        let table = self.tables.get(&pending.table);
        let index = table.and_then(|table| table.schema.index(pending.index));
        index.is_some_and(|index| {
            let is_it = |waits: &Waits| *waits == Waits::Key(index.id);
            index.may_wait() && self.said(pending.table, is_it).unwrap_or(index.deferred)
        })
    }

    /// Looks at a row again whose key was taken.
    fn check_key(&self, store: &Store, pending: &Pending) -> Result<()> {
        let Pending { table, index, row } = *pending;
        let relation = store.relation(table);
        let Some(private) = self.tables.get(&table) else {
            return Ok(());
        };
        let (Some(location), Some(index)) = (private.rows.get(row), private.index(index)) else {
            return Ok(());
        };
        let number = location.block.private_index().expect("a private row");
        let rows = &self.blocks[number as usize].rows;
        match private.is_taken(relation, index, rows, location.row as usize) {
            true => Err(violation(private, index, rows, location.row as usize)),
            false => Ok(()),
        }
    }
}

fn violation(table: &PrivateTable, index: &PrivateIndex, rows: &Rows, row: usize) -> Error {
    let (schema, shape) = (&table.schema, &index.keys.shape);
    let name = schema
        .index(index.keys.id)
        .map_or("", |index| index.name.as_str());
    let message = format!("duplicate key value violates unique constraint \"{name}\"");
    let error = Error::new(Code::UniqueViolation, message).with_constraint(&schema.name, name);
    match schema.index(index.keys.id) {
        Some(index) => error.with_detail(format!(
            "{} already exists.",
            describe_key(table, index, shape, rows, row)
        )),
        None => error,
    }
}

/// `Key (a, b)=(1, x)`, as PostgreSQL writes it.
pub(super) fn describe_key(
    table: &PrivateTable,
    index: &IndexSchema,
    shape: &KeyShape,
    rows: &Rows,
    row: usize,
) -> String {
    let schema = &table.schema;
    let shown = |value: Value, data_type| {
        let mut text = String::new();
        match value {
            Value::Null => text.push_str("null"),
            value => format_value(&value, data_type, &mut text),
        }
        text
    };
    if let (Some(maker), Some(computed)) = (&shape.maker, &index.computed) {
        let key = shape.computed(&rows.columns, row).transpose();
        let key = key.unwrap_or_default().flatten().unwrap_or_default();
        let named = |id| {
            let own = schema.columns.iter().find(|column| column.is_of(id))?;
            match own.data_type.element().unwrap_or(own.data_type) {
                DataType::Enum(named) => Some(named.name().to_string()),
                _ => None,
            }
        };
        let values = key.into_iter().zip(maker.types());
        let values: Vec<String> = values.map(|(value, t)| shown(value, *t)).collect();
        return format!(
            "Key ({})=({})",
            with_names(&computed.parts.join(", "), &named),
            values.join(", ")
        );
    }
    let columns = || (index.columns.iter()).filter_map(|id| schema.position(*id));
    let columns = || columns().map(|position| &schema.columns[position]);
    let names: Vec<&str> = columns().map(|column| column.name.as_str()).collect();
    let values: Vec<String> = columns()
        .map(|column| {
            let position = table.layout.position(column.id);
            let value = position.map_or(Value::Null, |position| rows.value(position, row));
            shown(value, column.data_type)
        })
        .collect();
    format!("Key ({})=({})", names.join(", "), values.join(", "))
}
