//! The way in: from a parsed statement to a plan.

use super::TimeSlot;
use super::bind::{
    Binder, BoundKey, Evaluate, Parameters, Times, bind_data_type, bind_key, take_rows,
};
use super::node::{OutputColumn, Plan};
use super::optimize::{Knowledge, optimize};
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, Externals};
use crate::sql::{self, Moment, Statement};
use crate::table::Catalog;
use crate::types::{DataType, IndexSchema, TableId, TableSchema};
use sqlparser::ast;
use std::cell::Cell;
use std::rc::Rc;

#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the rules of [`optimize`] are applied. A plan without them answers the same, slowly.
    pub optimize: bool,
    /// The functions of the host.
    pub functions: Rc<Externals>,
    /// Tables whose past is scanned, since it is too much for lists in the order of their indexes.
    pub scanned: Vec<TableId>,
    /// Whether what has no temporal clause is of the past, too.
    pub is_past: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            optimize: true,
            functions: Rc::default(),
            scanned: Vec::new(),
            is_past: false,
        }
    }
}

/// A statement ready to be executed, again and again, while the catalogs stay the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    pub plan: Plan,
    /// The type that each parameter has, the user's first and then those of the lifted constants (unless
    /// they are the rows of an INSERT). Values are cast to it before execution.
    pub parameter_types: Vec<DataType>,
    /// The types of the columns of constants, if they are the rows of an INSERT
    /// ([`Node::Rows`](super::Node::Rows)).
    pub row_types: Vec<DataType>,
    /// The columns of the result; none if the statement yields no rows.
    pub fields: Vec<OutputColumn>,
}

/// Plans a statement. `catalogs` holds the schema of what the statement reads where it names no moment, then one
/// for each temporal clause of the statement, in order (of ranges: the first again), and last the present's, whose
/// indexes serve every moment. `evaluate` gives the catalog of a clause in the text of a view, which is the next one behind
/// those. `parameter_types` are those the user knows; the others follow from the context, and are text where that leaves them open.
///
/// # Errors
/// Whatever is wrong with the statement, with its position. A statement with lifted constants whose
/// planning fails is to be planned as it was written, and what that answers stands.
pub fn plan(
    statement: &Statement,
    catalogs: &[Rc<Catalog>],
    parameter_types: &[Option<DataType>],
    options: &Options,
    evaluate: &mut Evaluate,
) -> Result<Prepared> {
    let mut times = Times::new(&statement.temporal, catalogs, options.functions.clone());
    let mut parameters = Parameters::new(statement, parameter_types);
    let mut bind = |parameters: &mut Parameters, times: &mut Times| {
        loop {
            let bound = Binder::new(statement, times, parameters).bind();
            if !times.again(evaluate)? {
                return bound;
            }
        }
    };
    let (mut plan, fields) = bind(&mut parameters, &mut times)?;
    if parameters.learn(&mut plan) {
        (plan, _) = bind(&mut parameters, &mut times)?;
        parameters.learn(&mut plan);
    }
    parameters.widen(&mut plan);
    let known = parameters.types.iter();
    let mut types: Vec<DataType> = known.map(|known| known.unwrap_or(DataType::Text)).collect();
    let mut row_types = Vec::new();
    if statement.rows {
        row_types = take_rows(&mut plan, parameters.own, &parameters.types);
        types.truncate(parameters.own);
    }
    if options.optimize {
        let knowledge = Bound {
            times: &times,
            options,
            first_constant: parameters.own,
            wants_constants: Cell::new(false),
        };
        plan = optimize(plan, &knowledge);
        if knowledge.wants_constants.get() {
            return Err(Error::new(Code::Internal, "a rule asks for constants"));
        }
    }
    Ok(Prepared {
        plan,
        parameter_types: types,
        row_types,
        fields,
    })
}

/// The expression of a moment of a temporal clause, without columns. Its value becomes a moment by
/// [`point_of_value`](crate::sql::point_of_value).
pub fn plan_moment(moment: &Moment, parameter_types: &[Option<DataType>]) -> Result<Expr> {
    super::bind::bind_moment(moment, parameter_types)
}

/// The arguments of an EXECUTE in the types that what it executes wants.
pub fn plan_arguments(
    statement: &Statement,
    wanted: &[DataType],
    functions: &Rc<Externals>,
) -> Result<Vec<Expr>> {
    super::bind::bind_arguments(statement, wanted, functions)
}

/// The type that a text names.
pub fn plan_type(text: &str) -> Result<DataType> {
    match sql::parse_expression(&format!("NULL::{text}"))? {
        // A semicolon ends what is read.
        ast::Expr::Cast { data_type, .. } if !text.contains(';') => bind_data_type(&data_type),
        _ => Err(Error::new(Code::Syntax, format!("\"{text}\" is no type"))),
    }
}

/// The types that a PREPARE gives to parameters.
pub fn plan_types(types: &[ast::DataType]) -> Result<Vec<Option<DataType>>> {
    types.iter().map(super::bind::bind_type).collect()
}

/// What the rules may ask about a statement.
struct Bound<'a> {
    times: &'a Times,
    options: &'a Options,
    first_constant: usize,
    wants_constants: Cell<bool>,
}

impl Knowledge for Bound<'_> {
    fn indexes(&self, table: TableId, time: TimeSlot) -> Vec<IndexSchema> {
        let is_past = time != TimeSlot::Present || self.options.is_past;
        if is_past && self.options.scanned.contains(&table) {
            return Vec::new();
        }
        let last = self.times.catalogs.last();
        let table = last.and_then(|catalog| catalog.table_by_id(table));
        table.map(|table| table.indexes.clone()).unwrap_or_default()
    }

    fn computed_key(
        &self,
        table: TableId,
        index: &IndexSchema,
    ) -> Option<(BoundKey, Rc<TableSchema>)> {
        let table = self.times.catalogs.last()?.table_by_id(table)?;
        let key = bind_key(table, index.computed.as_ref()?).ok()?;
        Some((key, table.clone()))
    }

    fn first_constant(&self) -> usize {
        self.first_constant
    }

    fn want_constants(&self) {
        self.wants_constants.set(true);
    }

    fn reads_one_moment(&self, time: TimeSlot) -> bool {
        match time {
            TimeSlot::Present => true,
            TimeSlot::Clause(slot) => self.times.is_one_moment(slot),
        }
    }
}
