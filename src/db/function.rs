//! The functions that the host brings: what it says of one, and what becomes of what it answers.

use super::database::Database;
use super::{Cells, Parameter};
use crate::error::{Code, Error, Result};
use crate::expr::{Body, External};
use crate::plan;
use crate::types::{DataType, Value};

/// What the host says of a function.
#[derive(Debug, Clone, Copy, Default)]
pub struct Declaration<'a> {
    /// As SQL has it without quotes, in either case.
    pub name: &'a str,
    /// The types of its arguments as SQL has them; `None`: any number of them, of any types.
    pub arguments: Option<&'a [String]>,
    /// The type of its values.
    pub result: &'a str,
    pub strict: bool,
    pub deterministic: bool,
}

impl Database {
    /// Registers a function for all sessions, in the place of the one that had the name.
    ///
    /// # Errors
    /// `InvalidName` for a name that needs quotes, `DuplicateFunction` for that of a built-in function, and what is wrong with the types.
    pub fn register(&mut self, declared: &Declaration, body: Body) -> Result<()> {
        let name = function_name(declared.name)?;
        if plan::is_built_in(&name) {
            let message = format!("function {name} is built in");
            return Err(Error::new(Code::DuplicateFunction, message));
        }
        let mut types = Vec::new();
        for text in declared.arguments.unwrap_or_default() {
            types.push(type_of(text)?);
        }
        let arguments = declared.arguments.map(|_| types);
        if matches!((&arguments, &body), (Some(none), Body::Aggregate(_)) if none.is_empty()) {
            let message = "an aggregate takes at least one argument";
            return Err(Error::new(Code::InvalidParameterValue, message));
        }
        self.shared.functions.put(External {
            name,
            arguments,
            result: type_of(declared.result)?,
            strict: declared.strict,
            deterministic: declared.deterministic,
            body,
        });
        Ok(())
    }

    /// Takes the function with a name out again, if there is one.
    ///
    /// # Errors
    /// `InvalidName`.
    pub fn unregister(&mut self, name: &str) -> Result<()> {
        self.shared.functions.remove(&function_name(name)?);
        Ok(())
    }
}

/// As in PostgreSQL, what modifies a type is no matter of functions.
fn type_of(text: &str) -> Result<DataType> {
    plan::plan_type(text).map(DataType::base)
}

/// The name as SQL has it without quotes.
fn function_name(given: &str) -> Result<String> {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name = matches!(given.as_bytes(), [first, ..] if !first.is_ascii_digit());
    match is_name && given.len() < 64 && given.bytes().all(is_fit) {
        true => Ok(given.to_ascii_lowercase()),
        false => {
            let message = format!("\"{given}\" is no name of a function");
            Err(Error::new(Code::InvalidName, message)
                .with_hint("It has letters, digits and _, no digit first, and at most 63 of them."))
        }
    }
}

impl Cells<'_> {
    /// The values in the first column, as what a function answers that is of a type.
    ///
    /// # Errors
    /// `InvalidParameterValue` for what is no value of the type, or the type's own errors.
    pub fn values(&self, wanted: DataType) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(self.rows);
        let mut row: Vec<Parameter> = Vec::new();
        for at in 0..self.rows {
            row.clear();
            self.read_row(at, &mut row)?;
            let value = row.first().unwrap_or(&Parameter::Null);
            values.push(value.to_value(wanted, 0).map_err(of_answer)?);
        }
        Ok(values)
    }
}

/// The error of a parameter as that of an answer.
fn of_answer(error: Error) -> Error {
    match error.message().strip_prefix("$1") {
        Some(rest) => Error::new(
            Code::InvalidParameterValue,
            format!("what the function answers{rest}"),
        ),
        None => error,
    }
}
