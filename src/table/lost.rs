//! Tables whose rows were lost with a part of a checkpoint.
//!
//! Of such a table nothing is known for certain: a version that is lost may have ended one that is not. So it has no rows, what later commits do to
//! them is left out, and whoever reads it, at whatever moment, or writes to it gets an error. It is noted where the table is looked up
//! ([`Store::relation`]), by whoever, and asked when a step is done ([`Store::guard`]): so nobody who reads in place has to know of it. That it is lost is written in
//! each checkpoint from then on. Its definition is what it was, and it can be dropped.

use super::Store;
use crate::error::{Code, Error, Result};
use crate::types::{TableId, TableSchema};

impl Store {
    /// Does what reads tables.
    ///
    /// # Errors
    /// `CORRUPT` if one of them is lost, whatever came of it.
    pub fn guard<T>(&self, read: impl FnOnce() -> Result<T>) -> Result<T> {
        self.touched.lost.take();
        let result = read();
        self.check_kept().and(result)
    }

    fn check_kept(&self) -> Result<()> {
        let lost = self.touched.lost.take();
        lost.map_or(Ok(()), |table| Err(self.lost(table)))
    }

    #[inline(never)]
    pub(super) fn lost(&self, table: TableId) -> Error {
        let name = self.name_of(table);
        let message = format!(
            "table {name} is lost: its rows were in a part of a checkpoint that is damaged"
        );
        Error::new(Code::Corrupt, message).with_hint("DROP TABLE leaves the others as they are.")
    }

    fn name_of(&self, table: TableId) -> String {
        let schema = self.last_definition(table);
        let name = schema.map_or_else(|| table.to_string(), TableSchema::shown);
        let now = self.catalogs.last();
        match now.is_some_and(|(_, now)| now.table_by_id(table).is_some()) {
            true => name,
            false => format!("{name} (dropped)"),
        }
    }

    /// The tables whose rows were lost by damage, those of before among them.
    pub fn lost_tables(&self) -> impl Iterator<Item = TableId> {
        let lost = self.relations.values().filter(|own| own.is_lost);
        lost.map(|own| own.id)
    }

    /// The same by the names that they have, or had last.
    pub fn lost_names(&self) -> Vec<String> {
        self.lost_tables()
            .map(|table| self.name_of(table))
            .collect()
    }
}
