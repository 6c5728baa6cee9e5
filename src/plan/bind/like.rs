//! LIKE in CREATE TABLE: the columns of another table, and what of it is said to be taken over with them.

use super::binder::Binder;
use super::define::check_name;
use super::indexes;
use crate::error::{Error, Result};
use crate::plan::TimeSlot;
use crate::sql::{Like, Named, rename};
use crate::types::{ColumnId, ColumnSchema, IndexId, IndexSchema, TableSchema};
use sqlparser::ast::Ident;

impl Binder<'_> {
    /// Adds the columns to a schema. Foreign keys are never taken over, as in PostgreSQL.
    pub fn take_over(&mut self, like: &Like, schema: &mut TableSchema) -> Result<()> {
        let (relation, position) = self.relation(&like.table)?;
        let other = self.find_table(relation.as_str(), position, TimeSlot::Present)?;
        let includes = |what: &str| like.including.iter().any(|known| known == what);
        let mut ids: Vec<(ColumnId, ColumnId)> = Vec::new();
        for column in &other.columns {
            if column.identity.is_some() && includes("identity") {
                return Err(Error::unsupported("LIKE INCLUDING IDENTITY").at(position));
            }
            check_name(&Ident::new(&column.name), schema)?;
            let id = schema.next_column;
            ids.push((column.id, id));
            schema.next_column = ColumnId(id.0 + 1);
            let column = column.clone();
            schema.columns.push(ColumnSchema {
                id,
                default: column.default.filter(|_| includes("defaults")),
                generated: column.generated.filter(|_| includes("generated")),
                comment: column.comment.filter(|_| includes("comments")),
                identity: None,
                was_nullable: false,
                was_retyped: false,
                ..column
            });
        }
        let renamed = |sql: &str| rename(sql, Named::Table, &other.name, &schema.name);
        if includes("constraints") {
            for check in &other.checks {
                let mut check = check.clone();
                check.sql = renamed(&check.sql)?;
                check.not_valid = false;
                schema.checks.push(check);
            }
        }
        if !includes("indexes") {
            return Ok(());
        }
        for index in &other.indexes {
            if index.computed.is_some() {
                return Err(
                    Error::unsupported("LIKE INCLUDING INDEXES with expressions").at(position),
                );
            }
            let new = |old: &ColumnId| ids.iter().find(|(from, _)| from == old).map(|(_, to)| *to);
            let all = |old: &[ColumnId]| old.iter().filter_map(new).collect::<Vec<ColumnId>>();
            let is_primary = other.primary_key == Some(index.id);
            let columns = all(&index.columns);
            let names = columns.iter().filter_map(|id| schema.position(*id));
            let names: Vec<String> = names.map(|at| schema.columns[at].name.clone()).collect();
            let (names, ending) = match (is_primary, index.constraint) {
                (true, _) => (&[][..], "pkey"),
                (_, true) => (&names[..], "key"),
                _ => (&names[..], "idx"),
            };
            let id = IndexId(u32::MAX - schema.indexes.len() as u32);
            if is_primary {
                schema.primary_key = Some(id);
            }
            schema.indexes.push(IndexSchema {
                id,
                name: indexes::choose_name(self.catalog(), schema, names, ending),
                columns,
                descending: all(&index.descending),
                nulls_first: all(&index.nulls_first),
                included: all(&index.included),
                ..index.clone()
            });
        }
        Ok(())
    }
}
