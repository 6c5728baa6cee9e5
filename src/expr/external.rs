//! Functions that the host brings: registered with a database while it is open, and stored nowhere.
//!
//! A definition that names one (a view, a check, a default, a generated column) keeps the name. It means whatever is registered
//! by that name when it is used, and is an error where nothing is. So the name of a built-in function is no name for another.
//!
//! The host is asked for a vector of rows at a time, since the way to it and back is what costs:
//!
//! ```text
//!   slug(title) over a chunk      (title) x 2,048   ->  host  ->   2,048 values
//!   longest(title) by author      (title) x 2,048, the groups of the rows  ->  host    for each chunk
//!                                 groups 0..n   ->  host  ->   n values                in the end
//! ```

use super::call::{choose_form, undefined};
use super::coercion::supply;
use super::eval::RowBuilder;
use super::{Expr, ExprKind, Volatility};
use crate::column::{Chunk, Vector};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

/// A function of the host, as it was registered.
pub struct External {
    /// As SQL has it without quotes: in lower case.
    pub name: String,
    /// The types of its arguments; `None`: any number of them, of any types.
    pub arguments: Option<Vec<DataType>>,
    pub result: DataType,
    /// It is NULL of a NULL, without being asked. As an aggregate it passes over rows with one in any argument.
    pub strict: bool,
    /// It answers the same to the same arguments, for ever.
    pub deterministic: bool,
    pub body: Body,
}

pub enum Body {
    Scalar(Box<dyn Scalar>),
    Aggregate(Box<dyn Aggregator>),
}

/// What answers one value for each row.
pub trait Scalar {
    /// The values for rows of arguments, which are of these types, in the type of the result.
    fn call(&self, arguments: &Chunk, types: &[DataType], result: DataType) -> Result<Vec<Value>>;
}

/// What makes one value of many rows.
pub trait Aggregator {
    /// States for the groups of one query, of arguments of these types.
    fn begin(&self, types: &[DataType], result: DataType) -> Result<Box<dyn States>>;
}

/// The states of an aggregate, one for each group.
pub trait States {
    /// Takes in rows of arguments, each into the state of its group.
    fn step(&mut self, groups: &[u32], arguments: &Chunk) -> Result<()>;

    /// The values of some groups, in the type of the result. A group of which no row came is that of no rows.
    fn finish(&mut self, groups: Range<usize>) -> Result<Vec<Value>>;
}

impl External {
    /// The arguments of a call, in the types that it takes.
    pub fn arguments(&self, mut arguments: Vec<Expr>) -> Result<Vec<Expr>> {
        if let Some(wanted) = &self.arguments {
            let types: Vec<DataType> = arguments.iter().map(|expr| expr.data_type).collect();
            choose_form(&self.name, &types, &[wanted])?;
        }
        for (at, argument) in arguments.iter_mut().enumerate() {
            let target = match &self.arguments {
                Some(wanted) => wanted[at],
                None if argument.data_type == DataType::Unknown => DataType::Text,
                None => continue,
            };
            *argument = supply(std::mem::replace(argument, Expr::null()), target)?;
        }
        Ok(arguments)
    }

    pub fn is_aggregate(&self) -> bool {
        matches!(self.body, Body::Aggregate(_))
    }

    pub fn volatility(&self) -> Volatility {
        match self.deterministic {
            true => Volatility::Immutable,
            false => Volatility::Volatile,
        }
    }

    /// The values for the rows of a chunk without a selection.
    pub fn call(&self, arguments: &Chunk, types: &[DataType]) -> Result<Vec<Value>> {
        let values = match &self.body {
            Body::Scalar(scalar) => scalar.call(arguments, types, self.result)?,
            Body::Aggregate(_) => return Err(undefined(&self.name, types)),
        };
        self.checked(values, arguments.rows)
    }

    /// What the host answered, unless it is not as many values as were asked for.
    pub fn checked(&self, values: Vec<Value>, wanted: usize) -> Result<Vec<Value>> {
        let physical = self.result.physical();
        let fits = |value: &Value| value.physical().is_none_or(|own| own == physical);
        match values.len() == wanted && values.iter().all(fits) {
            true => Ok(values),
            false => Err(Error::new(
                Code::Internal,
                format!("function {} answered something else", self.name),
            )),
        }
    }

    /// As a vector, which is as long as the chunk: the values of some of its rows, the others being NULL.
    pub fn spread(&self, values: &[Value], rows: &[u32], len: usize) -> Result<Vector> {
        let mut builder = RowBuilder::new(self.result.physical());
        for (value, row) in values.iter().zip(rows) {
            builder.push(*row as usize, value)?;
        }
        Ok(builder.finish(len))
    }
}

/// A call of a scalar one.
///
/// # Errors
/// `UndefinedFunction` if it does not take these arguments.
pub fn resolve_external(function: Rc<External>, arguments: Vec<Expr>) -> Result<Expr> {
    let arguments = function.arguments(arguments)?;
    let result = function.result;
    let kind = ExprKind::External {
        function,
        arguments,
    };
    Ok(Expr::new(kind, result))
}

// Each that is registered is another one.
impl PartialEq for External {
    fn eq(&self, other: &External) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for External {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Those that are registered.
#[derive(Debug, Default)]
pub struct Externals {
    known: RefCell<Vec<Rc<External>>>,
    generation: Cell<u64>,
}

impl Externals {
    pub fn get(&self, name: &str) -> Option<Rc<External>> {
        let known = self.known.borrow();
        known.iter().find(|own| own.name == name).cloned()
    }

    /// Counts the changes: plans of before one are not those of after it.
    pub fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// In the place of the one that had the name.
    pub fn put(&self, function: External) {
        self.remove(&function.name);
        self.known.borrow_mut().push(Rc::new(function));
    }

    /// Takes one out, if it is there.
    pub fn remove(&self, name: &str) {
        let mut known = self.known.borrow_mut();
        if let Some(at) = known.iter().position(|own| own.name == name) {
            known.swap_remove(at);
        }
        self.generation.set(self.generation.get() + 1);
    }
}
