//! A condition that values must not break.

use super::Expr;
use crate::error::{Code, Error};

#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Of the constraint; nothing for the NOT NULL of a domain.
    pub name: String,
    pub condition: Expr,
    /// The domain that asks for it, as SQL has it.
    pub domain: Option<String>,
    /// It is the WHERE of a view WITH CHECK OPTION, whose name it has.
    pub of_view: bool,
}

impl Check {
    /// The error for a value that is none of the domain.
    pub fn violation(&self, domain: &str) -> Error {
        let name = &self.name;
        match name.is_empty() {
            true => Error::new(
                Code::NotNullViolation,
                format!("domain {domain} does not allow null values"),
            ),
            false => Error::new(
                Code::CheckViolation,
                format!("value for domain {domain} violates check constraint \"{name}\""),
            ),
        }
    }
}
