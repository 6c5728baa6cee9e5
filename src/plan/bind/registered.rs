//! Casts to `regclass` and its like, the types of names of objects.
//!
//! There is no type for the names of objects. A cast of a constant gives its number, to compare; any other
//! gives the name, to show.

use super::binder::Binder;
use super::expression::Context;
use super::name;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr, ExprKind};
use crate::plan::system;
use crate::sql;
use crate::types::{DataType, Value};
use sqlparser::ast::{self, Ident, ObjectName};

/// A type of names of objects: where they are looked up, by which name, to which number, and by which number what is
/// shown.
pub struct Registered(&'static str, [&'static str; 4]);

const REGISTERED: [(&str, Registered); 4] = [
    (
        "regclass",
        Registered("pg_regclass", ["name", "number", "oid", "shown"]),
    ),
    (
        "regnamespace",
        Registered("pg_namespace", ["nspname", "oid", "oid", "nspname"]),
    ),
    (
        "regtype",
        Registered("pg_type", ["typname", "oid", "oid", "format"]),
    ),
    (
        "regproc",
        Registered("pg_proc", ["proname", "oid", "oid", "proname"]),
    ),
];

/// The numbers of the system's own tables that others refer to by them.
const SYSTEM_OIDS: [(&str, i32); 14] = [
    ("pg_class", 1259),
    ("pg_namespace", 2615),
    ("pg_constraint", 2606),
    ("pg_type", 1247),
    ("pg_attrdef", 2604),
    ("pg_proc", 1255),
    ("pg_attribute", 1249),
    ("pg_database", 1262),
    ("pg_index", 2610),
    ("pg_description", 2609),
    ("pg_extension", 3079),
    ("pg_rewrite", 2618),
    ("pg_sequence", 2224),
    ("pg_trigger", 2620),
];

/// Whether the type is one of the names of objects.
pub fn registered(data_type: &ast::DataType) -> Option<&'static Registered> {
    let name = match data_type {
        ast::DataType::Regclass => "regclass",
        ast::DataType::Custom(name, _) => match name::parts(name).ok()?.as_slice() {
            [name] => &name.value,
            [schema, name] if schema.value == "pg_catalog" => &name.value,
            _ => return None,
        },
        _ => return None,
    };
    named(name)
}

pub fn named(name: &str) -> Option<&'static Registered> {
    let found = REGISTERED.iter().find(|(known, _)| *known == name);
    found.map(|(_, registered)| registered)
}

/// The type of the elements, if it is one of arrays of names of objects.
pub fn registered_element(data_type: &ast::DataType) -> Option<&'static Registered> {
    match data_type {
        ast::DataType::Array(ast::ArrayElemTypeDef::SquareBracket(element, _)) => {
            registered(element)
        }
        _ => None,
    }
}

impl Binder<'_> {
    /// A cast of a constant to an array of names of objects: to one of their numbers.
    pub fn registered_array(&mut self, operand: Expr, registered: &Registered) -> Result<Expr> {
        let unsupported = || Error::unsupported("an array of names that is no constant");
        let (Some(Value::Text(text)), "pg_type") = (operand.as_constant(), registered.0) else {
            return Err(unsupported());
        };
        let Value::Array(names) = expr::parse_value(text, DataType::TEXTS)? else {
            return Err(unsupported());
        };
        let numbers = names.iter().map(|name| match name {
            Value::Text(name) => Ok(Value::I64(self.type_said(name)?)),
            _ => Ok(Value::Null),
        });
        let numbers = numbers.collect::<Result<_>>()?;
        Ok(Expr::constant(Value::Array(numbers), DataType::INTEGERS))
    }

    /// The number of the type that a text names, as SQL does.
    fn type_said(&mut self, text: &str) -> Result<i64> {
        if let Ok(number) = text.parse() {
            return Ok(number);
        }
        let named = match sql::parse_expression(&format!("NULL::{text}"))? {
            ast::Expr::Cast {
                expr, data_type, ..
            } if matches!(*expr, ast::Expr::Value(_)) => self.named_type(&data_type)?,
            _ => {
                let message = format!("type \"{text}\" does not exist");
                return Err(Error::new(Code::UndefinedObject, message));
            }
        };
        let domain = named.domain.map(|domain| domain.id.oid());
        Ok(domain.unwrap_or_else(|| named.data_type.oid()).into())
    }

    /// A cast to the name of an object.
    pub fn registered_cast(
        &mut self,
        operand: Expr,
        registered: &Registered,
        context: &mut Context,
    ) -> Result<Expr> {
        let Registered(relation, [name, number, oid, shown]) = *registered;
        let cast = |expr, to| expr::coerce_to(expr, to, CastContext::Explicit);
        if operand.data_type.is_integer() {
            let found = self.look_up(relation, &[(oid, operand.clone())], shown, context)?;
            return expr::resolve_coalesce(vec![found, cast(operand, DataType::Text)?]);
        }
        let operand = match operand.as_constant() {
            Some(Value::Text(text)) if relation == "pg_regclass" => {
                let own = text.strip_prefix("pg_catalog.").unwrap_or(text);
                if let Some((_, oid)) = SYSTEM_OIDS.iter().find(|(name, _)| *name == own) {
                    return Ok(Expr::integer(*oid));
                }
                let text = self.text_on_path(text)?;
                self.check_known(&text)?;
                Expr::constant(Value::text(&text), DataType::Text)
            }
            Some(Value::Text(text)) if relation == "pg_type" => {
                let number = Value::I64(self.type_said(text)?);
                return Ok(Expr::constant(number, DataType::Integer));
            }
            // The system's own functions have no numbers: they are known by their names.
            found if relation == "pg_proc" => {
                return match found {
                    Some(_) => Err(Error::unsupported("the number of a function")),
                    None => Ok(operand),
                };
            }
            _ => operand,
        };
        let is_constant = matches!(operand.kind, ExprKind::Constant(_) | ExprKind::Parameter(_));
        let operand = cast(operand, DataType::Text)?;
        let value = if is_constant { number } else { shown };
        let found = self.look_up(relation, &[(name, operand.clone())], value, context)?;
        // What is no name is a number, or an error.
        let given = cast(operand, DataType::Integer)?;
        let given = cast(given, found.data_type)?;
        expr::resolve_coalesce(vec![found, given])
    }

    /// An error for a plain name that is no relation's.
    fn check_known(&self, name: &str) -> Result<()> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        if !starts || !name.chars().all(is_plain) || system::find(None, name).is_some() {
            return Ok(());
        }
        let (found, _) = self.relation(&ObjectName::from(Ident::new(name)))?;
        let catalog = self.catalog();
        match catalog.table(&found).is_some() || catalog.index(&found).is_some() {
            true => Ok(()),
            false => {
                let message = format!("relation \"{name}\" does not exist");
                Err(Error::new(Code::UndefinedTable, message))
            }
        }
    }
}
