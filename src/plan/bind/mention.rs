//! The names in the expressions of a definition, which mean what they mean where it is made.

use super::binder::Binder;
use super::data_type;
use crate::error::{Code, Error, Result};
use crate::expr::name_parts;
use crate::sql::{self, Named};
use crate::table::mention;
use crate::types::TableId;
use sqlparser::ast::{Ident, ObjectName};

impl Binder<'_> {
    /// The text of an expression as it is kept: with ids in the place of the names of sequences and, if it has `types`,
    /// of types.
    pub fn with_ids(&mut self, sql: &str, types: bool) -> Result<String> {
        sql::replace(sql, &mut |named, said, name| match (named, said) {
            (Named::Type, None) if data_type::of_name(name).is_some() => Ok(None),
            (Named::Type, _) if types => {
                let parts = said.into_iter().chain([name]);
                let found = self.find_type(&quoted(parts))?;
                Ok(found.map(|found| (true, mention(found.id))))
            }
            (Named::String, Some("nextval" | "currval" | "setval")) => {
                let id = self.sequence_said(name)?;
                Ok(Some((false, mention(id))))
            }
            _ => Ok(None),
        })
    }

    /// The relation that a text names.
    fn sequence_said(&self, text: &str) -> Result<TableId> {
        let (schema, name) = name_parts(text);
        let (found, _) = self.relation(&quoted(schema.iter().chain([&name])))?;
        if let Some(found) = self.catalog().table(&found) {
            return Ok(found.id);
        }
        let unknown = schema.filter(|schema| !self.catalog().has_schema(schema));
        Err(match unknown {
            Some(schema) => {
                let message = format!("schema \"{schema}\" does not exist");
                Error::new(Code::UndefinedSchema, message)
            }
            None => {
                let message = format!("relation \"{text}\" does not exist");
                Error::new(Code::UndefinedTable, message)
            }
        })
    }
}

fn quoted<T: Into<String>>(parts: impl Iterator<Item = T>) -> ObjectName {
    let parts: Vec<Ident> = parts.map(|part| Ident::with_quote('"', part)).collect();
    ObjectName::from(parts)
}
