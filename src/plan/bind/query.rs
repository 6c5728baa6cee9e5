//! A query around its SELECT or VALUES: ORDER BY, LIMIT, and what is written between parentheses.

use super::assign::Untyped;
use super::binder::{Binder, COLUMNS_MAX};
use super::expression::Context;
use super::from::scope_of_output;
use super::lock::check_locks;
use super::scope::Scope;
use super::{assign, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::plan::{Node, OutputColumn, Plan, Query, SortKey};
use crate::types::{DataType, Value};
use sqlparser::ast::{
    self, Expr as Ast, LimitClause, OrderByExpr, OrderByKind, OrderBySort, SetExpr,
};

/// What the body of a query yields: the outputs first, perhaps columns only to sort by behind them.
pub struct Body {
    pub node: Node,
    pub output: Vec<OutputColumn>,
    pub keys: Vec<SortKey>,
    /// The rows are in the order of the keys already.
    pub is_sorted: bool,
}

impl<'a> Binder<'a> {
    pub fn bind_query_statement(
        &mut self,
        query: &'a ast::Query,
    ) -> Result<(Plan, Vec<OutputColumn>)> {
        self.at_top = query.with.is_some();
        if is_write(&query.body) {
            return match &query.with {
                None => self.bind_write(&query.body),
                Some(with) => self.with(with, |binder| binder.bind_write(&query.body)),
            };
        }
        if let SetExpr::Select(select) = &*query.body
            && let Some(into) = &select.into
        {
            return Ok((self.bind_select_into(query, into)?, Vec::new()));
        }
        let (root, output) = self.query(query, Untyped::Text)?;
        let plan = Plan::Query(Query {
            subplans: std::mem::take(&mut self.subplans),
            root,
            output: output.clone(),
        });
        Ok((plan, output))
    }

    /// A statement that writes behind a WITH, or inside one.
    pub fn bind_write(&mut self, body: &'a SetExpr) -> Result<(Plan, Vec<OutputColumn>)> {
        use ast::Statement;
        match body {
            SetExpr::Insert(Statement::Insert(insert)) => self.bind_insert(insert),
            SetExpr::Update(Statement::Update(update)) => self.bind_update(update),
            SetExpr::Delete(Statement::Delete(delete)) => self.bind_delete(delete),
            SetExpr::Merge(Statement::Merge(merge)) => Ok((self.bind_merge(merge)?, Vec::new())),
            _ => Err(Error::unsupported("this statement with WITH")),
        }
    }

    /// Binds a query.
    pub fn query(
        &mut self,
        query: &'a ast::Query,
        untyped: Untyped,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        check_clauses(query)?;
        let bound = match &query.with {
            None => self.query_without_with(query, untyped)?,
            Some(with) => self.with(with, |binder| binder.query_without_with(query, untyped))?,
        };
        check_locks(self, query, &bound.0)?;
        Ok(bound)
    }

    fn query_without_with(
        &mut self,
        query: &'a ast::Query,
        untyped: Untyped,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        let body = self.body(&query.body, order_of(query)?, untyped)?;
        self.finish(query, body)
    }

    /// The rows of a query's body, in its order and cut.
    pub fn ordered(
        &mut self,
        query: &'a ast::Query,
        node: Node,
        output: Vec<OutputColumn>,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        let order = order_of(query)?;
        check_order_of_set(order)?;
        let body = Body {
            keys: self.order_by_outputs(order, &output)?,
            node,
            output,
            is_sorted: false,
        };
        self.finish(query, body)
    }

    fn finish(&mut self, query: &'a ast::Query, body: Body) -> Result<(Node, Vec<OutputColumn>)> {
        let mut node = body.node;
        let tied: Vec<Expr> = body.keys.iter().map(|key| key.expr.clone()).collect();
        if !body.keys.is_empty() && !body.is_sorted {
            node = Node::Sort {
                input: Box::new(node),
                keys: body.keys,
            };
        }
        let bounds = self.limit(query)?;
        if query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties) {
            if tied.is_empty() {
                let message = "WITH TIES cannot be specified without ORDER BY clause";
                return Err(Error::new(Code::Syntax, message));
            }
            let (limit, offset) = bounds.unwrap_or_default();
            node = Node::Ties {
                input: Box::new(node),
                keys: tied,
                limit: limit.unwrap_or_else(Expr::null),
                offset,
            };
        } else if let Some((limit, offset)) = bounds {
            node = Node::Limit {
                input: Box::new(node),
                limit,
                offset,
            };
        }
        Ok((keep_first(node, &body.output), body.output))
    }

    /// What stands between WITH and ORDER BY.
    pub fn body(
        &mut self,
        body: &'a SetExpr,
        order: &'a [OrderByExpr],
        untyped: Untyped,
    ) -> Result<Body> {
        let body = match body {
            SetExpr::Select(select) => self.select(select, order, untyped)?,
            other => self.other_body(other, order, untyped)?,
        };
        if body.output.len() > COLUMNS_MAX {
            return Err(Error::new(
                Code::LimitColumns,
                format!("target lists can have at most {COLUMNS_MAX} entries"),
            ));
        }
        Ok(body)
    }

    fn other_body(
        &mut self,
        body: &'a SetExpr,
        order: &'a [OrderByExpr],
        untyped: Untyped,
    ) -> Result<Body> {
        let (node, output) = match body {
            SetExpr::Query(query) => self.query(query, untyped)?,
            SetExpr::Values(values) => self.values(values, untyped)?,
            SetExpr::SetOperation { .. } => {
                check_order_of_set(order)?;
                self.set_operations(body, untyped)?
            }
            _ => return Err(Error::unsupported("a statement that writes inside a query")),
        };
        let keys = self.order_by_outputs(order, &output)?;
        Ok(Body {
            node,
            output,
            keys,
            is_sorted: false,
        })
    }

    /// ORDER BY over nothing but the outputs.
    fn order_by_outputs(
        &mut self,
        order: &'a [OrderByExpr],
        output: &[OutputColumn],
    ) -> Result<Vec<SortKey>> {
        let scope = scope_of_output("", output.to_vec());
        let mut keys = Vec::with_capacity(order.len());
        for key in order {
            let expr = match ordinal(&key.expr, output.len(), "ORDER BY")? {
                Some(at) => Expr::column(at, output[at].data_type),
                None => self.expression(&key.expr, &mut Context::new(&scope, "ORDER BY"))?,
            };
            keys.push(sort_key(expr, key)?);
        }
        Ok(keys)
    }

    /// VALUES as a query: the columns' types are those in which all rows meet.
    fn values(
        &mut self,
        values: &'a ast::Values,
        untyped: Untyped,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        let scope = Scope::default();
        let mut columns: Vec<Vec<Expr>> = Vec::new();
        for (at, row) in values.rows.iter().enumerate() {
            let row = self.expressions(&row.content, &mut Context::new(&scope, "VALUES"))?;
            if at == 0 {
                columns = vec![Vec::new(); row.len()];
            }
            if row.len() != columns.len() {
                return Err(Error::new(
                    Code::Syntax,
                    "VALUES lists must all be the same length",
                ));
            }
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let mut types = Vec::with_capacity(columns.len());
        for (at, column) in columns.iter_mut().enumerate() {
            let is_untyped = |value: &Expr| value.data_type == DataType::Unknown;
            let wanted = match column.iter().all(is_untyped) {
                true => untyped.wanted(at),
                false => None,
            };
            let values = std::mem::take(column);
            let (values, data_type) = match wanted {
                Some(DataType::Unknown) => (values, DataType::Unknown),
                Some(wanted) => (assign::assign_all(values, wanted)?, wanted),
                None => expr::coerce_all(values, "VALUES")?,
            };
            *column = values;
            types.push(data_type);
        }
        let rows = (0..values.rows.len())
            .map(|row| columns.iter().map(|column| column[row].clone()).collect())
            .collect();
        let output = types
            .iter()
            .enumerate()
            .map(|(at, data_type)| OutputColumn {
                name: format!("column{}", at + 1),
                data_type: *data_type,
            })
            .collect();
        Ok((Node::Values { rows, types }, output))
    }

    fn limit(&mut self, query: &'a ast::Query) -> Result<Option<(Option<Expr>, Option<Expr>)>> {
        let (limit, offset) = match &query.limit_clause {
            None => (None, None),
            Some(LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            }) if limit_by.is_empty() => (limit.as_ref(), offset.as_ref().map(|o| &o.value)),
            Some(_) => {
                return Err(
                    Error::new(Code::Syntax, "LIMIT #,# syntax is not supported")
                        .with_hint("Use separate LIMIT and OFFSET clauses."),
                );
            }
        };
        let limit = match (&query.fetch, limit) {
            (None, limit) => limit.map(|ast| self.row_count(ast, "LIMIT")),
            (Some(_), Some(_)) => {
                return Err(Error::new(
                    Code::Syntax,
                    "multiple LIMIT clauses not allowed",
                ));
            }
            (Some(fetch), None) if fetch.percent => {
                return Err(Error::unsupported("FETCH with PERCENT"));
            }
            (Some(fetch), None) => Some(match &fetch.quantity {
                Some(ast) => self.row_count(ast, "LIMIT"),
                None => Ok(Expr::constant(Value::I64(1), DataType::BigInt)),
            }),
        };
        let limit = limit.transpose()?;
        let offset = offset
            .map(|ast| self.row_count(ast, "OFFSET"))
            .transpose()?;
        Ok((limit.is_some() || offset.is_some()).then_some((limit, offset)))
    }

    fn row_count(&mut self, ast: &'a Ast, clause: &'static str) -> Result<Expr> {
        let scope = Scope::default();
        let bound = self.expression(ast, &mut Context::new(&scope, clause));
        let bound = bound.map_err(|error| match error.code() {
            Code::UndefinedColumn | Code::UndefinedTable => Error::new(
                Code::InvalidColumnReference,
                format!("argument of {clause} must not contain variables"),
            )
            .at(error.position().unwrap_or(1)),
            _ => error,
        })?;
        let coerced = expr::coerce_to(bound, DataType::BigInt, CastContext::Assignment);
        name::at(coerced, ast)
    }
}

fn order_of(query: &ast::Query) -> Result<&[OrderByExpr]> {
    match query.order_by.as_ref().map(|order| &order.kind) {
        None => Ok(&[]),
        Some(OrderByKind::Expressions(keys)) => Ok(keys),
        Some(OrderByKind::All(_)) => Err(Error::unsupported("ORDER BY ALL")),
    }
}

/// Whether it is no query but a statement that writes.
pub fn is_write(body: &SetExpr) -> bool {
    matches!(
        body,
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
    )
}

/// A UNION is sorted by its own columns and nothing else.
fn check_order_of_set(order: &[OrderByExpr]) -> Result<()> {
    let is_column = |key: &&OrderByExpr| matches!(key.expr, Ast::Identifier(_) | Ast::Value(_));
    match order.iter().find(|key| !is_column(key)) {
        Some(key) => name::at(
            Err(Error::new(
                Code::Unsupported,
                "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
            )
            .with_detail("Only result column names can be used, not expressions or functions.")),
            &key.expr,
        ),
        None => Ok(()),
    }
}

pub fn check_clauses(query: &ast::Query) -> Result<()> {
    if query.for_clause.is_some()
        || query.settings.is_some()
        || query.format_clause.is_some()
        || !query.pipe_operators.is_empty()
    {
        return Err(Error::unsupported("this clause of a query"));
    }
    Ok(())
}

/// The number of an output, counted from 0, if the expression is a constant integer.
pub fn ordinal(ast: &Ast, outputs: usize, clause: &str) -> Result<Option<usize>> {
    let Ast::Value(value) = ast else {
        return Ok(None);
    };
    let ast::Value::Number(digits, _) = &value.value else {
        return match &value.value {
            ast::Value::Placeholder(_) => Ok(None),
            _ => name::at(
                Err(Error::new(
                    Code::Syntax,
                    format!("non-integer constant in {clause}"),
                )),
                ast,
            ),
        };
    };
    let number: Option<usize> = digits.parse().ok();
    match number.filter(|number| (1..=outputs).contains(number)) {
        Some(number) => Ok(Some(number - 1)),
        None => name::at(
            Err(Error::new(
                Code::InvalidColumnReference,
                format!("{clause} position {digits} is not in select list"),
            )),
            ast,
        ),
    }
}

/// The key that sorts by an expression over the sorted rows.
pub fn sort_key(expr: Expr, key: &OrderByExpr) -> Result<SortKey> {
    if key.with_fill.is_some() {
        return Err(Error::unsupported("WITH FILL"));
    }
    let descending = match &key.options.sort {
        None | Some(OrderBySort::Asc) => false,
        Some(OrderBySort::Desc) => true,
        Some(OrderBySort::Using(operator)) => match operator.0.last().and_then(|o| o.as_ident()) {
            Some(symbol) if symbol.value == "<" => false,
            Some(symbol) if symbol.value == ">" => true,
            _ => return Err(Error::unsupported("ORDER BY USING this operator")),
        },
    };
    Ok(SortKey {
        expr: name::at(expr::ordering_key(expr), &key.expr)?,
        descending,
        nulls_first: key.options.nulls_first.unwrap_or(descending),
    })
}

/// Drops the columns behind the outputs.
pub fn keep_first(node: Node, output: &[OutputColumn]) -> Node {
    if node.width() == output.len() {
        return node;
    }
    let expressions = output
        .iter()
        .enumerate()
        .map(|(at, column)| Expr::column(at, column.data_type))
        .collect();
    Node::Project {
        input: Box::new(node),
        expressions,
    }
}
