//! Keys of indexes that are computed: over expressions, or of the rows of which a predicate is true.
//!
//! Such an index keeps the texts of its expressions. They are bound over the columns of its table alone, for whoever
//! makes keys of rows (through [`key_maker`], since the tables do not know expressions) and for the planner, which
//! looks for the same expressions in a query.

use super::from::scope_of_table;
use super::moment::bind_alone;
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr, ExprKind, Volatility};
use crate::sql;
use crate::table::KeyMaker;
use crate::types::{ColumnId, ComputedKey, DataType, IndexSchema, TableSchema, Value, sort_by};
use std::rc::Rc;

/// The parts of a key, and what is true of the rows that have one, over the columns of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundKey {
    pub parts: Vec<Expr>,
    pub predicate: Option<Expr>,
}

/// Binds the expressions of a key.
///
/// # Errors
/// What is wrong with them; `InvalidObjectDefinition` if their values may be others another time.
pub fn bind_key(table: &TableSchema, key: &ComputedKey) -> Result<BoundKey> {
    let scope = scope_of_table(table, None, &[], false);
    let bind = |text: &String, clause| {
        let ast = sql::parse_expression(text)?;
        let bound = bind_alone(&ast, &[], clause, &scope, Some(table))?;
        match bound.volatility() {
            Volatility::Immutable => Ok(bound),
            _ => {
                let what = clause.trim_end_matches('s');
                let message = format!("functions in {what} must be marked IMMUTABLE");
                Err(Error::new(Code::InvalidObjectDefinition, message))
            }
        }
    };
    let part = |text| {
        let bound = bind(text, "index expressions")?;
        let bound = match bound.data_type {
            DataType::Unknown => super::assign::as_text(bound)?,
            _ => bound,
        };
        super::indexes::check_key_type(bound.data_type)?;
        Ok(expr::fold_constants(bound))
    };
    let predicate = |text| {
        let bound = bind(text, "index predicates")?;
        expr::coerce_to_boolean(bound, "WHERE").map(expr::fold_constants)
    };
    Ok(BoundKey {
        parts: key.parts.iter().map(part).collect::<Result<_>>()?,
        predicate: key.predicate.as_ref().map(predicate).transpose()?,
    })
}

/// The key of any index.
pub fn key_of(table: &TableSchema, index: &IndexSchema) -> Result<BoundKey> {
    if let Some(computed) = &index.computed {
        return bind_key(table, computed);
    }
    let columns = index.columns.iter().filter_map(|id| table.position(*id));
    Ok(BoundKey {
        parts: columns
            .map(|at| Expr::column(at, table.columns[at].data_type))
            .collect(),
        predicate: None,
    })
}

/// Whether a key is computed from a column.
pub fn uses_column(table: &TableSchema, index: &IndexSchema, at: usize) -> Result<bool> {
    let id = table.columns[at].id;
    let is_computed = match &index.computed {
        Some(computed) => bind_key(table, computed)?.columns().contains(&at),
        None => false,
    };
    Ok(is_computed || index.columns.contains(&id) || index.included.contains(&id))
}

impl BoundKey {
    /// All that is computed.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        self.parts.iter_mut().chain(&mut self.predicate)
    }

    /// The positions of the columns that it is computed from.
    pub fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        for expr in self.parts.iter().chain(&self.predicate) {
            expr.any(&mut |expr| {
                if let ExprKind::Column(at) = expr.kind {
                    columns.push(at);
                }
                false
            });
        }
        sort_by(&mut columns, Ord::cmp);
        columns.dedup();
        columns
    }

    /// A condition that is never false and raises what computing the key of a row raises.
    pub fn probe(self) -> Result<Expr> {
        let mut tried = Vec::new();
        for part in self.parts {
            let is_null = expr::resolve_is_null(part, false)?;
            tried.push(expr::resolve_or(vec![is_null, Expr::boolean(true)])?);
        }
        let tried = expr::resolve_and(tried)?;
        match self.predicate {
            Some(predicate) => expr::resolve_case(None, vec![(predicate, tried)], None),
            None => Ok(tried),
        }
    }
}

/// What computes the keys of an index.
///
/// # Errors
/// What is wrong with its expressions.
pub fn key_maker(table: &TableSchema, index: &IndexSchema) -> Result<Rc<dyn KeyMaker>> {
    let none = || Error::new(Code::Internal, "the key of this index is not computed");
    let mut key = bind_key(table, index.computed.as_ref().ok_or_else(none)?)?;
    let used = key.columns();
    for expr in key.expressions_mut() {
        expr.visit_mut(&mut |expr| {
            if let ExprKind::Column(at) = &mut expr.kind {
                *at = used.iter().position(|used| used == at).unwrap_or_default();
            }
        });
    }
    Ok(Rc::new(Maker {
        columns: used.iter().map(|at| table.columns[*at].id).collect(),
        types: key.parts.iter().map(|part| part.data_type).collect(),
        key,
    }))
}

struct Maker {
    columns: Vec<ColumnId>,
    types: Vec<DataType>,
    key: BoundKey,
}

impl KeyMaker for Maker {
    fn columns(&self) -> &[ColumnId] {
        &self.columns
    }

    fn types(&self) -> &[DataType] {
        &self.types
    }

    fn key(&self, values: &[Value]) -> Result<Option<Vec<Value>>> {
        if let Some(predicate) = &self.key.predicate
            && expr::evaluate_immutable(predicate, values)? != Value::Bool(true)
        {
            return Ok(None);
        }
        let parts = self.key.parts.iter();
        let key = parts.map(|part| expr::evaluate_immutable(part, values));
        key.collect::<Result<_>>().map(Some)
    }
}
