//! nextval and its like: what an expression reaches of sequences through the statement's transaction.

use super::{Access, Context};
use crate::error::{Code, Error, Result};
use crate::expr::{Sequences, name_parts};
use crate::table::{Catalog, mentioned};
use crate::txn::SequencePlace;
use crate::types::SortedMap;
use crate::types::{SequenceSchema, TEMPORARY, TableId, TableSchema, Value, catalog_name};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The values that a session got last, which no rollback takes back.
#[derive(Debug, Default)]
pub struct SessionSequences {
    values: RefCell<SortedMap<TableId, i64>>,
    last: Cell<Option<TableId>>,
}

impl SessionSequences {
    fn got(&self, sequence: TableId, value: i64) {
        self.values.borrow_mut().insert(sequence, value);
        self.last.set(Some(sequence));
    }
}

impl Context<'_> {
    /// A sequence by its id or by its name.
    fn sequence(&self, sequence: &Value) -> Result<Rc<TableSchema>> {
        let catalog = self.view().catalog();
        let (found, name) = match sequence {
            Value::I64(id) => {
                let id = u32::try_from(*id).unwrap_or(u32::MAX);
                (catalog.table_by_id(TableId(id)), id.to_string())
            }
            Value::Text(name) => {
                let found = match mentioned(name) {
                    Some(id) => catalog.table_by_id(id),
                    None => named(&catalog, name),
                };
                (found, name.to_string())
            }
            _ => return Err(Error::new(Code::Internal, "not the name of a sequence")),
        };
        let Some(found) = found else {
            let message = format!("relation \"{name}\" does not exist");
            return Err(Error::new(Code::UndefinedTable, message));
        };
        Ok(found.clone())
    }

    fn transaction_for(&self, function: &str) -> Result<&crate::txn::Transaction> {
        match &self.access {
            Access::Write(transaction) => Ok(transaction),
            Access::Read(_) => {
                let message = format!("cannot execute {function}() in a read-only transaction");
                Err(Error::new(Code::ReadOnly, message))
            }
        }
    }
}

fn options(sequence: &TableSchema) -> Result<&SequenceSchema> {
    sequence.sequence.as_ref().ok_or_else(|| {
        let message = format!("\"{}\" is not a sequence", sequence.name);
        Error::new(Code::WrongObjectType, message)
    })
}

/// What a name in a text means: without a schema a temporary relation first.
fn named<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Rc<TableSchema>> {
    let (schema, name) = name_parts(name);
    let temporary = catalog.table(&catalog_name(Some(TEMPORARY), &name));
    let temporary = temporary.filter(|_| schema.is_none());
    let schema = schema.filter(|schema| schema != "public");
    temporary.or_else(|| catalog.table(&catalog_name(schema.as_deref(), &name)))
}

/// The value after the one that a sequence gave last.
fn following(options: &SequenceSchema, place: SequencePlace, name: &str) -> Result<i64> {
    if !place.is_called {
        return Ok(place.last_value);
    }
    let next = place.last_value.checked_add(options.increment);
    let within = |next: &i64| (options.min..=options.max).contains(next);
    let (edge, limit, start) = match options.increment > 0 {
        true => ("maximum", options.max, options.min),
        false => ("minimum", options.min, options.max),
    };
    match next.filter(within) {
        Some(next) => Ok(next),
        None if options.cycle => Ok(start),
        None => Err(Error::new(
            Code::SequenceLimit,
            format!("nextval: reached {edge} value of sequence \"{name}\" ({limit})"),
        )),
    }
}

impl Sequences for Context<'_> {
    fn next(&self, sequence: &Value) -> Result<i64> {
        let transaction = self.transaction_for("nextval")?;
        let schema = self.sequence(sequence)?;
        let place = transaction.sequence_place(self.store, schema.id);
        let value = following(options(&schema)?, place?, &schema.name)?;
        let place = SequencePlace {
            last_value: value,
            is_called: true,
        };
        transaction.move_sequence(schema.id, place);
        self.session.got(schema.id, value);
        Ok(value)
    }

    fn current(&self, sequence: &Value) -> Result<i64> {
        let schema = self.sequence(sequence)?;
        options(&schema)?;
        let value = self.session.values.borrow().get(&schema.id).copied();
        value.ok_or_else(|| {
            let message = format!(
                "currval of sequence \"{}\" is not yet defined in this session",
                schema.name
            );
            Error::new(Code::NotInPrerequisiteState, message)
        })
    }

    fn last(&self) -> Result<i64> {
        let catalog = self.view().catalog();
        let last = self.session.last.get();
        let last = last.filter(|last| catalog.table_by_id(*last).is_some());
        let value = last.and_then(|last| self.session.values.borrow().get(&last).copied());
        value.ok_or_else(|| {
            let message = "lastval is not yet defined in this session";
            Error::new(Code::NotInPrerequisiteState, message)
        })
    }

    fn set(&self, sequence: &Value, value: i64, is_called: bool) -> Result<i64> {
        let transaction = self.transaction_for("setval")?;
        let schema = self.sequence(sequence)?;
        let options = options(&schema)?;
        if !(options.min..=options.max).contains(&value) {
            let message = format!(
                "setval: value {value} is out of bounds for sequence \"{}\" ({}..{})",
                schema.name, options.min, options.max
            );
            return Err(Error::new(Code::NumericOutOfRange, message));
        }
        let place = SequencePlace {
            last_value: value,
            is_called,
        };
        transaction.move_sequence(schema.id, place);
        if is_called {
            self.session.values.borrow_mut().insert(schema.id, value);
        }
        Ok(value)
    }

    fn of_column(&self, table: &str, column: &str) -> Result<Option<String>> {
        let catalog = self.view().catalog();
        let found = named(&catalog, table).ok_or_else(|| {
            let message = format!("relation \"{table}\" does not exist");
            Error::new(Code::UndefinedTable, message)
        })?;
        let at = found.position_by_name(column).ok_or_else(|| {
            let message = format!("column \"{column}\" of relation \"{table}\" does not exist");
            Error::new(Code::UndefinedColumn, message)
        })?;
        let owner = Some((found.id, found.columns[at].id));
        let owned = |table: &&Rc<TableSchema>| {
            (table.sequence.as_ref()).is_some_and(|sequence| sequence.owner == owner)
        };
        let sequence = catalog.tables().find(owned);
        Ok(sequence.map(|sequence| {
            let (schema, name) = (sequence.schema_name(), &sequence.name);
            format!("{}.{}", quoted(schema), quoted(name))
        }))
    }
}

fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name.to_string(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}
