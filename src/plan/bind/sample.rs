//! TABLESAMPLE: a part of the rows of a table.
//!
//! A row is taken if a hash of its id and of a seed is small enough: the seed of REPEATABLE, or a number that is drawn once for each run.
//! So the same seed takes the same rows as long as they are there. BERNOULLI looks at each row by itself; SYSTEM takes rows together that were
//! inserted one behind the other, as they would share a page.

use super::binder::Binder;
use super::expression::Context;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr, ExprKind};
use crate::plan::Node;
use crate::types::{DataType, ScanColumn, Value};
use sqlparser::ast::{self, TableSampleKind, TableSampleMethod};

/// How many rows SYSTEM takes together.
const ROWS_TOGETHER: i64 = 64;

impl<'a> Binder<'a> {
    /// The rows of a table that a TABLESAMPLE takes.
    pub fn sampled(
        &mut self,
        (node, scope): (Node, Scope),
        sample: &'a TableSampleKind,
    ) -> Result<(Node, Scope)> {
        let (TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) =
            sample;
        let (
            Some(method @ (TableSampleMethod::Bernoulli | TableSampleMethod::System)),
            Some(ast::TableSampleQuantity {
                value, unit: None, ..
            }),
            None,
            None,
        ) = (
            &sample.name,
            &sample.quantity,
            &sample.bucket,
            &sample.offset,
        )
        else {
            return Err(Error::unsupported("this form of TABLESAMPLE"));
        };
        let Node::Scan {
            table,
            time,
            mut columns,
            filter,
        } = node
        else {
            let message = "TABLESAMPLE clause can only be applied to tables and materialized views";
            return Err(Error::new(Code::Unsupported, message));
        };
        let scope_of_none = Scope::default();
        let mut context = Context::new(&scope_of_none, "TABLESAMPLE");
        let percent = constant(self.expression(value, &mut context)?)?;
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        let Some(percent) = percent else {
            let message = "sample percentage must be between 0 and 100";
            return Err(Error::new(Code::InvalidTablesample, message));
        };
        let to = |value, data_type| expr::coerce_to(value, data_type, CastContext::Explicit);
        let seed = match &sample.seed {
            Some(seed) => {
                let ast::Value::Number(digits, _) = &seed.value.value else {
                    return Err(Error::unsupported("this form of TABLESAMPLE"));
                };
                Expr::literal(digits)
            }
            None => {
                self.subplans.push(Node::Values {
                    rows: vec![vec![expr::resolve_function("random", Vec::new())?]],
                    types: vec![DataType::Double],
                });
                let drawn = ExprKind::ScalarSubplan(self.subplans.len() - 1);
                Expr::new(drawn, DataType::Double)
            }
        };
        let mut id = Expr::column(columns.len(), DataType::BigInt);
        if *method == TableSampleMethod::System {
            let together = Expr::constant(Value::I64(ROWS_TOGETHER), DataType::BigInt);
            id = expr::resolve_operator(BinaryOperator::Divide, id, together)?;
        }
        let (id, seed) = (to(id, DataType::Text)?, to(seed, DataType::Text)?);
        let of_both = expr::resolve_function("concat", vec![id, Expr::literal(" "), seed])?;
        let hash = expr::resolve_function("md5", vec![of_both])?;
        let predicate = expr::resolve_operator(
            BinaryOperator::Less,
            hash,
            to(Expr::literal(&threshold(percent)), DataType::Text)?,
        )?;
        columns.push(ScanColumn::RowId);
        let rows = Node::Filter {
            input: Box::new(Node::Scan {
                table,
                time,
                columns,
                filter,
            }),
            predicate,
        };
        let mut expressions: Vec<Expr> = (rows.types().into_iter().enumerate())
            .map(|(at, data_type)| Expr::column(at, data_type))
            .collect();
        expressions.pop();
        let node = Node::Project {
            input: Box::new(rows),
            expressions,
        };
        Ok((node, scope))
    }
}

/// The value of an expression without columns and parameters.
fn constant(value: Expr) -> Result<Option<f64>> {
    let value = expr::coerce_to(value, DataType::Double, CastContext::Explicit)?;
    match expr::fold_constants(value).as_constant() {
        Some(Value::F64(value)) => Ok(Some(*value)),
        Some(_) => Ok(None),
        None => Err(Error::unsupported("TABLESAMPLE by what is no constant")),
    }
}

/// The text in order of hexadecimal digits below which so much of all is.
fn threshold(percent: f64) -> String {
    match (percent / 100.0 * 4_294_967_296.0) as u64 {
        part if part >> 32 != 0 => "g".to_string(),
        part => format!("{part:08x}"),
    }
}
