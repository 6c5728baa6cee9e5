//! The elements of a JSON array and the members of an object, one after another.

use super::super::json::{Reader, is_scalar};
use crate::error::{Code, Error, Result};
use std::ops::Range;
use std::rc::Rc;

/// A walk through an array or an object. The text is JSON: it was checked where it became a value.
pub struct Walk {
    text: Rc<str>,
    is_object: bool,
    /// What stands before the next element: the bracket, or the end of the one before.
    position: usize,
    begun: bool,
}

impl Walk {
    /// # Errors
    /// `InvalidParameterValue` if the text is not an array, or not an object where one is wanted.
    pub fn new(text: &Rc<str>, is_object: bool) -> Result<Walk> {
        let found = match Reader::new(text).peek() {
            Some(b'{') if is_object => None,
            Some(b'[') if !is_object => None,
            _ if is_scalar(text) => Some("a scalar"),
            _ if is_object => Some("an array"),
            _ => Some("an object"),
        };
        match found {
            None => Ok(Walk {
                text: text.clone(),
                is_object,
                position: 0,
                begun: false,
            }),
            Some(found) => {
                let wanted = if is_object { "members" } else { "elements" };
                let message = format!("cannot extract {wanted} from {found}");
                Err(Error::new(Code::InvalidParameterValue, message))
            }
        }
    }

    /// The key of the next member (of an element it is empty) and where its value stands.
    pub fn next(&mut self) -> Result<Option<(String, Range<usize>)>> {
        let (open, close) = match self.is_object {
            true => (b'{', b'}'),
            false => (b'[', b']'),
        };
        let mut reader = Reader::at(&self.text, self.position);
        if !self.begun {
            reader.expect(open)?;
        }
        if reader.take(close) {
            // Nothing follows that could be asked for again.
            self.position = reader.position() - 1;
            self.begun = true;
            return Ok(None);
        }
        if self.begun {
            reader.expect(b',')?;
        }
        let mut key = String::new();
        if self.is_object {
            key = reader.key()?;
            reader.expect(b':')?;
        }
        let value = reader.skip()?;
        self.begun = true;
        self.position = reader.position();
        Ok(Some((key, self.position - value.len()..self.position)))
    }

    pub fn text(&self, place: Range<usize>) -> &str {
        &self.text[place]
    }
}
