//! The history of a key: every state of the rows that ever held it.

use super::{AsOf, Database, History, HistoryEntry, Parameter};
use crate::error::{Code, Error, Result};
use crate::expr::EvalContext;
use crate::plan::{OutputColumn, Retyped};
use crate::txn::{Event, View};
use crate::types::{DataType, IndexSchema, Seq, TableSchema, Value, catalog_name};

impl Database {
    /// Every version that held a primary key, oldest first, and the deletes that ended them. `names` gives
    /// the columns of the key if it was not given in their order; `as_of` forgets what came after a moment.
    ///
    /// # Errors
    /// `UndefinedTable`; `InvalidColumnReference` for a table without primary key; `WrongParameters` for a
    /// key of other columns or types.
    pub fn history(
        &mut self,
        table: &str,
        key: &[Parameter],
        names: Option<&[String]>,
        as_of: Option<&AsOf>,
    ) -> Result<History> {
        self.shared.check_usable()?;
        let snapshot = match as_of {
            Some(as_of) => self.shared.resolve_as_of(as_of)?,
            None => self.shared.present(),
        };
        let catalog = self.shared.store.catalog(snapshot);
        let own = || catalog.table(&catalog_name(None, table));
        let schema = catalog.table(table).or_else(own).ok_or_else(|| {
            let message = format!("relation \"{table}\" does not exist");
            Error::new(Code::UndefinedTable, message)
        })?;
        let index = schema.primary_key().ok_or_else(|| {
            let message = format!("table \"{table}\" has no primary key");
            Error::new(Code::InvalidColumnReference, message)
        })?;
        let key = key_values(schema, index, key, names)?;
        let retyped = Retyped::of(schema)?;
        let types: Vec<DataType> = match &retyped {
            Some(retyped) => retyped.values.iter().map(|value| value.data_type).collect(),
            None => schema.columns.iter().map(|c| c.data_type).collect(),
        };
        let context = EvalContext {
            parameters: &[],
            outer: &[],
            subplans: &[],
            now: self.shared.now(),
            entropy: &*self.shared.options.entropy,
            clock: None,
            sequences: None,
            heap: &self.shared.options.heap,
        };
        let store = &mut self.shared.store;
        let events = store.load_for(|store| {
            let view = View::at(store, snapshot);
            match &retyped {
                Some(retyped) => retyped.history(&view, index, key.clone(), &context),
                None => view.history(schema, index, key.clone(), None),
            }
        })?;
        let entries = events.into_iter().map(|event| self.entry(event)).collect();
        self.shared.store.check_sound()?;
        Ok(History {
            fields: (schema.columns.iter().zip(types))
                .map(|(column, data_type)| OutputColumn {
                    name: column.name.clone(),
                    data_type,
                })
                .collect(),
            entries,
        })
    }

    fn entry(&self, event: Event) -> HistoryEntry {
        HistoryEntry {
            seq: event.seq,
            time: self.time_of(event.seq),
            operation: event.operation,
            row: event.row,
            changed: event.changed,
            until: event.until.map(|end| (end, self.time_of(end))),
            meta: self.meta_of(event.seq),
        }
    }

    fn time_of(&self, seq: Seq) -> i64 {
        self.shared
            .store
            .commit_info(seq)
            .map_or(0, |commit| commit.time)
    }

    fn meta_of(&self, seq: Seq) -> Option<String> {
        self.shared
            .store
            .commit_info(seq)
            .and_then(|commit| commit.meta.clone())
    }
}

/// The key's values in the order of the index's columns.
fn key_values(
    schema: &TableSchema,
    index: &IndexSchema,
    key: &[Parameter],
    names: Option<&[String]>,
) -> Result<Vec<Value>> {
    let columns: Vec<_> = (index.columns.iter())
        .filter_map(|id| {
            schema
                .position(*id)
                .map(|position| &schema.columns[position])
        })
        .collect();
    let wanted = || {
        columns
            .iter()
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let wrong = || {
        let message = format!("the key of table \"{}\" is ({})", schema.name, wanted());
        Error::new(Code::WrongParameters, message)
    };
    if key.len() != columns.len() || names.is_some_and(|names| names.len() != key.len()) {
        return Err(wrong());
    }
    let values = columns.iter().enumerate().map(|(place, column)| {
        let place = match names {
            Some(names) => names
                .iter()
                .position(|name| *name == column.name)
                .ok_or_else(wrong)?,
            None => place,
        };
        let value = key[place].to_value(column.data_type, place)?;
        if value.is_null() {
            Err(wrong())
        } else {
            Ok(value)
        }
    });
    values.collect()
}
