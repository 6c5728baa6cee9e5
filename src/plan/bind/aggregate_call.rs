//! Calls of aggregates: their arguments, their order, their filter, and where their value belongs.

use super::aggregate;
use super::binder::Binder;
use super::call::{plain_argument, plain_arguments};
use super::expression::Context;
use super::query::sort_key;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr};
use crate::plan::{Aggregate, AggregateFunction, SortKey};
use crate::types::{DataType, Value};
use sqlparser::ast::{
    self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, OrderByExpr,
};

impl<'a> Binder<'a> {
    pub fn aggregate(
        &mut self,
        function: AggregateFunction,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Expr> {
        let (value, since) = self.inside_aggregate(context, |binder, context| {
            binder.bound_aggregate(function, name, call, context)
        })?;
        if value.function == AggregateFunction::Avg && value.data_type == DataType::Interval {
            return self.average_of_intervals(value, since, context);
        }
        let value = self.register(value, since, context)?;
        match function {
            AggregateFunction::External => Ok(value),
            _ => of_type(name, value),
        }
    }

    /// Their sum by how many they are.
    fn average_of_intervals(
        &mut self,
        average: Aggregate,
        since: usize,
        context: &mut Context,
    ) -> Result<Expr> {
        let count = Aggregate {
            function: AggregateFunction::Count,
            order: Vec::new(),
            data_type: DataType::BigInt,
            ..average.clone()
        };
        let sum = Aggregate {
            function: AggregateFunction::Sum,
            ..average
        };
        let sum = self.register(sum, since, context)?;
        let count = self.register(count, since, context)?;
        let count = expr::coerce_to(count, DataType::Double, CastContext::Implicit)?;
        // Of none there is none.
        let count =
            expr::resolve_null_if(count, Expr::constant(Value::F64(0.0), DataType::Double))?;
        expr::resolve_operator(BinaryOperator::Divide, sum, count)
    }

    /// What is bound inside an aggregate, and how many dependents there were before.
    fn inside_aggregate<T>(
        &mut self,
        context: &mut Context,
        bind: impl FnOnce(&mut Self, &mut Context) -> Result<T>,
    ) -> Result<(T, usize)> {
        if context.inside_aggregate {
            let message = "aggregate function calls cannot be nested";
            return Err(Error::new(Code::Grouping, message));
        }
        context.inside_aggregate = true;
        let since = self.dependents.len();
        let bound = bind(self, context);
        context.inside_aggregate = false;
        Ok((bound?, since))
    }

    /// The aggregate's value: in this query, or in the one around it whose rows it is of.
    fn register(
        &mut self,
        aggregate: Aggregate,
        since: usize,
        context: &mut Context,
    ) -> Result<Expr> {
        let mut asks = (false, false);
        for expr in aggregate.expressions() {
            let (own, around) = self.asks_since(since, expr);
            asks = (asks.0 || own, asks.1 || around);
        }
        if asks == (false, true) {
            if self.dependents.len() > since {
                let what = "a subquery in an aggregate of a query around it";
                return Err(Error::unsupported(what));
            }
            return self.outer.aggregate(aggregate);
        }
        match &mut context.calls {
            Some(calls) => {
                let data_type = aggregate.data_type;
                Ok(Expr::column(calls.place(aggregate), data_type))
            }
            None => Err(Error::new(
                Code::Grouping,
                format!("aggregate functions are not allowed in {}", context.clause),
            )),
        }
    }

    /// The aggregate that is called, wherever it stands.
    pub fn bound_aggregate(
        &mut self,
        function: AggregateFunction,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Aggregate> {
        let FunctionArguments::List(list) = &call.args else {
            return Err(aggregate::undefined(name, &[]));
        };
        let filter = (call.filter.as_deref())
            .map(|filter| self.condition(filter, context, "FILTER"))
            .transpose()?;
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        if let [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] = list.args.as_slice() {
            return match filter {
                _ if distinct => Err(Error::new(
                    Code::Syntax,
                    "DISTINCT specified, but there is no argument",
                )),
                _ if function != AggregateFunction::Count => Err(aggregate::undefined(name, &[])),
                None => Ok(aggregate::count_rows()),
                Some(filter) => aggregate::count_if(filter),
            };
        }
        let mut bound = match function.is_of_ordered_set() {
            true => self.ordered_set(function, name, call, context)?,
            false => {
                let order = self.aggregate_order(order_of(list)?, context)?;
                let mut arguments = Vec::new();
                for argument in &list.args {
                    arguments.push(match self.row_argument(name, argument, context)? {
                        Some(row) => row,
                        None => self.expression(plain_argument(argument)?, context)?,
                    });
                }
                let own = match function {
                    AggregateFunction::External => self.times.functions.get(name),
                    _ => None,
                };
                if let Some(own) = &own {
                    arguments = own.arguments(arguments)?;
                }
                let mut bound = aggregate::resolve(function, name, arguments, distinct, order)?;
                if let Some(own) = own {
                    bound.data_type = own.result;
                    bound.external = Some(own);
                }
                bound
            }
        };
        if let Some(filter) = filter {
            // All aggregates pass over a first argument that is NULL, so a row that is not wanted is that.
            for argument in bound.expressions_mut() {
                let filter = expr::repeatable(filter.clone(), "FILTER")?;
                let own = std::mem::replace(argument, Expr::null());
                *argument = expr::resolve_case(None, vec![(filter, own)], None)?;
            }
        }
        Ok(bound)
    }

    fn aggregate_order(
        &mut self,
        order: &'a [OrderByExpr],
        context: &mut Context,
    ) -> Result<Vec<SortKey>> {
        let mut keys = Vec::with_capacity(order.len());
        for item in order {
            let key = self.expression(&item.expr, context)?;
            keys.push(sort_key(aggregate::known(key)?, item)?);
        }
        Ok(keys)
    }

    /// `percentile_cont(fraction) WITHIN GROUP (ORDER BY value)` and its like.
    fn ordered_set(
        &mut self,
        function: AggregateFunction,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Aggregate> {
        let [item] = call.within_group.as_slice() else {
            return Err(aggregate::undefined(name, &[]));
        };
        let mut fractions = self.direct_arguments(call, context)?;
        let mut value = self.expression(&item.expr, context)?;
        if value.data_type == DataType::Unknown && function != AggregateFunction::PercentileCont {
            let message = "could not determine polymorphic type because input has type unknown";
            return Err(Error::new(Code::DatatypeMismatch, message));
        }
        let mut types: Vec<DataType> = fractions.iter().map(|expr| expr.data_type).collect();
        types.push(value.data_type);
        if fractions.len() != usize::from(function != AggregateFunction::Mode) {
            return Err(aggregate::undefined(name, &types));
        }
        for fraction in &mut fractions {
            if fraction.has_columns() {
                return Err(Error::unsupported("a fraction that is not a constant"));
            }
            let own = std::mem::replace(fraction, Expr::null());
            let wanted = match own.data_type.element() {
                Some(_) => DataType::Double.array().unwrap_or_default(),
                None => DataType::Double,
            };
            *fraction =
                expr::coerce_to(own, wanted, CastContext::Implicit).map_err(|error| match error
                    .code()
                {
                    Code::CannotCoerce => aggregate::undefined(name, &types),
                    _ => error,
                })?;
        }
        if function == AggregateFunction::PercentileCont {
            if value.data_type == DataType::Interval {
                return Err(Error::unsupported("percentile_cont of intervals"));
            }
            value = expr::coerce_to(value, DataType::Double, CastContext::Implicit)
                .map_err(|_| aggregate::undefined(name, &types))?;
        }
        // Several fractions are answered by as many values.
        let is_several = |fraction: &Expr| fraction.data_type.element().is_some();
        let data_type = match fractions.iter().any(is_several) {
            true => value.data_type.array().ok_or_else(|| {
                Error::unsupported(format!("an array of type {}", value.data_type))
            })?,
            false => value.data_type,
        };
        Ok(Aggregate {
            function,
            data_type,
            order: vec![sort_key(value.clone(), item)?],
            arguments: std::iter::once(value).chain(fractions).collect(),
            distinct: false,
            external: None,
        })
    }

    fn direct_arguments(
        &mut self,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Vec<Expr>> {
        let FunctionArguments::List(list) = &call.args else {
            return Ok(Vec::new());
        };
        if list.duplicate_treatment.is_some() {
            let message = "cannot use DISTINCT with WITHIN GROUP";
            return Err(Error::new(Code::Syntax, message));
        }
        let mut arguments = Vec::new();
        for ast in plain_arguments(list)? {
            arguments.push(self.expression(ast, context)?);
        }
        Ok(arguments)
    }

    /// `rank(…) WITHIN GROUP (ORDER BY …)` and its like: the place that a row would have, counted from the rows
    /// that come before it.
    pub fn hypothetical_set(
        &mut self,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Expr> {
        let ((before, not_after, all), since) =
            self.inside_aggregate(context, |binder, context| {
                let arguments = binder.direct_arguments(call, context)?;
                if arguments.len() != call.within_group.len() {
                    let types: Vec<DataType> =
                        arguments.iter().map(|expr| expr.data_type).collect();
                    return Err(aggregate::undefined(name, &types));
                }
                let mut pairs = Vec::with_capacity(arguments.len());
                for (argument, item) in arguments.into_iter().zip(&call.within_group) {
                    if argument.has_columns() {
                        return Err(Error::unsupported("a hypothetical row with columns"));
                    }
                    let value = binder.expression(&item.expr, context)?;
                    let both = expr::coerce_all(vec![value, argument], "WITHIN GROUP")?.0;
                    let [value, argument] = <[Expr; 2]>::try_from(both).expect("two were given");
                    pairs.push((sort_key(value, item)?, expr::ordering_key(argument)?));
                }
                let filter = match &call.filter {
                    Some(filter) => binder.condition(filter, context, "FILTER")?,
                    None => Expr::boolean(true),
                };
                let counted = |or_equal: bool| {
                    let wanted = vec![filter.clone(), comes_before(&pairs, or_equal)?];
                    aggregate::count_if(expr::resolve_and(wanted)?)
                };
                Ok((
                    counted(false)?,
                    counted(true)?,
                    aggregate::count_if(filter.clone())?,
                ))
            })?;
        let one = || Expr::constant(Value::I64(1), DataType::BigInt);
        let operator = expr::resolve_operator;
        let double = |value| expr::coerce_to(value, DataType::Double, CastContext::Implicit);
        match name {
            "rank" => {
                let before = self.register(before, since, context)?;
                operator(BinaryOperator::Add, before, one())
            }
            "percent_rank" => {
                let before = double(self.register(before, since, context)?)?;
                let all = double(self.register(all, since, context)?)?;
                let zero = Expr::constant(Value::F64(0.0), DataType::Double);
                let none = operator(BinaryOperator::Equal, all.clone(), zero.clone())?;
                let share = operator(BinaryOperator::Divide, before, all)?;
                expr::resolve_case(None, vec![(none, zero)], Some(share))
            }
            "cume_dist" => {
                let reached = self.register(not_after, since, context)?;
                let all = self.register(all, since, context)?;
                let reached = double(operator(BinaryOperator::Add, reached, one())?)?;
                let all = double(operator(BinaryOperator::Add, all, one())?)?;
                operator(BinaryOperator::Divide, reached, all)
            }
            _ => Err(Error::unsupported(format!(
                "the hypothetical-set aggregate {name}"
            ))),
        }
    }
}

/// Whether a row comes before another one, which is given by the second of each pair.
fn comes_before(pairs: &[(SortKey, Expr)], or_equal: bool) -> Result<Expr> {
    let last = Expr::boolean(or_equal);
    pairs.iter().rev().try_fold(last, |rest, (key, other)| {
        let operator = match key.descending {
            true => BinaryOperator::Greater,
            false => BinaryOperator::Less,
        };
        let value = || expr::repeatable(key.expr.clone(), "WITHIN GROUP");
        let is_null = |expr: Expr| expr::resolve_is_null(expr, false);
        let same = expr::resolve_is_distinct(value()?, other.clone(), true)?;
        let before = expr::resolve_operator(operator, value()?, other.clone())?;
        let branches = vec![
            (same, rest),
            (is_null(value()?)?, Expr::boolean(key.nulls_first)),
            (is_null(other.clone())?, Expr::boolean(!key.nulls_first)),
        ];
        expr::resolve_case(None, branches, Some(before))
    })
}

/// The value as of the type that the name says.
pub fn of_type(name: &str, value: Expr) -> Result<Expr> {
    match name.starts_with("jsonb_") {
        true => expr::coerce_to(value, DataType::Jsonb, CastContext::Explicit),
        false => Ok(value),
    }
}

fn order_of(list: &FunctionArgumentList) -> Result<&[OrderByExpr]> {
    match list.clauses.as_slice() {
        [] => Ok(&[]),
        [FunctionArgumentClause::OrderBy(order)] => Ok(order),
        _ => Err(Error::unsupported(
            "this clause inside the call of an aggregate",
        )),
    }
}
