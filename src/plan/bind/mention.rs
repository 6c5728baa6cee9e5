//! The names in the expressions of a definition, which mean what they mean where it is made.

use super::binder::Binder;
use super::data_type;
use crate::error::{Code, Error, Result};
use crate::expr::name_parts;
use crate::sql::{self, Named};
use crate::table::{MARK, mention};
use crate::types::TableId;
use sqlparser::ast::{Ident, ObjectName};

impl Binder<'_> {
    /// The text of an expression as it is kept: with ids in the place of the names of sequences and, if it has `types`,
    /// of types. The character that ids stand behind is written as an escape in its strings, and refused elsewhere.
    pub fn with_ids(&mut self, sql: &str, types: bool) -> Result<String> {
        let mut made = 0;
        let text = sql::replace(sql, &mut |named, said, name| match (named, said) {
            (Named::Type, None) if data_type::of_name(name).is_some() => Ok(None),
            (Named::Type, _) if types => {
                let parts = said.into_iter().chain([name]);
                let found = self.find_type(&quoted(parts))?;
                made += usize::from(found.is_some());
                Ok(found.map(|found| (true, mention(found.id))))
            }
            (Named::String, Some("nextval" | "currval" | "setval")) => {
                let id = self.sequence_said(name)?;
                made += 1;
                Ok(Some((false, mention(id))))
            }
            // One with a line break may be several, which are one.
            (Named::String, _) if name.contains(MARK) && !name.contains(['\n', '\r']) => {
                let escaped = name.replace('\\', "\\\\").replace(MARK, "\\x01");
                Ok(Some((true, escaped)))
            }
            _ => Ok(None),
        })?;
        match text.matches(MARK).count() == made {
            true => Ok(text),
            false => {
                let error = Error::unsupported("the character U+0001 in a definition");
                Err(error.with_hint("In a string it can be written as E'\\x01'."))
            }
        }
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
