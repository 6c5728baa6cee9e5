//! SELECT: outputs, conditions, groups and order over the rows of a FROM.
//!
//! ```text
//! FROM -> Filter (WHERE) -> Aggregate -> Filter (HAVING) -> Window -> FunctionScan -> Project (outputs, then what only ORDER BY
//!      needs) -> Distinct, or Sort and the first of each (DISTINCT ON) -> the query's Sort and Limit
//! ```

use super::assign::Untyped;
use super::binder::Binder;
use super::dependent::{Dependent, Placed, filter, take_asked};
use super::distinct_on::{check_order_of_distinct, first_of_each};
use super::expression::Context;
use super::grouping::{Calls, Groups};
use super::grouping_sets::GroupBy;
use super::query::{Body, ordinal, sort_key};
use super::scope::Scope;
use super::sets::{self, Sets};
use super::wildcard::{all_columns, check_wildcard, wildcard_table};
use super::window::Windows;
use super::{assign, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::plan::{Aggregate, Node, OutputColumn};
use crate::types::DataType;
use sqlparser::ast::{
    self, Distinct, Expr as Ast, OrderByExpr, SelectItem, SelectItemQualifiedWildcardKind,
};

/// An output while it is bound.
pub struct Output {
    pub name: String,
    pub expr: Expr,
}

/// By what an ORDER BY item sorts.
#[derive(PartialEq)]
pub enum Key {
    Output(usize),
    /// An expression that no output has.
    Other(Expr),
}

impl<'a> Binder<'a> {
    pub fn select(
        &mut self,
        select: &'a ast::Select,
        order: &'a [OrderByExpr],
        untyped: Untyped,
    ) -> Result<Body> {
        check_clauses(select, std::mem::take(&mut self.into_at_top))?;
        let (mut node, scope) = self.from(&select.from)?;
        if let Some(condition) = &select.selection {
            let mut context = Context::new(&scope, "WHERE");
            let since = self.dependents.len();
            let condition = self.condition(condition, &mut context, "WHERE")?;
            node = self.filter_since(since, node, condition);
        }
        let since = self.dependents.len();
        let mut context = Context::with_aggregates(&scope, "SELECT");
        context.windows = Some(Windows::default());
        context.sets = Some(Sets::default());
        self.named_windows(&select.named_window, &mut context)?;
        let mut outputs = self.outputs(&select.projection, &mut context)?;
        for (at, output) in outputs.iter_mut().enumerate() {
            // What is to be compared needs its type at once.
            let wanted = untyped.wanted(at).filter(|_| select.distinct.is_none());
            give_type(output, wanted)?;
        }
        let group_by = self.group_by(&select.group_by, &scope, &outputs, &select.projection)?;
        let having = select.having.as_ref();
        let windows = context.windows.take();
        context.clause = "HAVING";
        let mut having = having
            .map(|condition| {
                self.without_sets(&mut context, |binder, context| {
                    binder.condition(condition, context, "HAVING")
                })
            })
            .transpose()?;
        context.windows = windows;
        let mut keys = Vec::with_capacity(order.len());
        for item in order {
            keys.push(self.order_item(&item.expr, &mut context, &outputs, select)?);
        }
        let mut on = Vec::new();
        if let Some(Distinct::On(list)) = &select.distinct {
            for ast in list {
                on.push(self.order_item(ast, &mut context, &outputs, select)?);
            }
            check_order_of_distinct(&on, &keys, order)?;
        }
        let mut dependents = self.dependents.split_off(since);
        let calls = context.calls.take().unwrap_or_default();
        let mut windows = context.windows.take().unwrap_or_default();
        let mut sets = context.sets.take().unwrap_or_default();
        let asked = outputs.iter().map(|output| &output.expr).chain(&having);
        let has_groups = !group_by.groups.is_empty()
            || !group_by.sets.is_empty()
            || having.is_some()
            || !calls.0.is_empty()
            || asked.into_iter().any(Expr::asks_for_grouping);
        if has_groups {
            let over_groups = outputs
                .iter_mut()
                .map(|output| &mut output.expr)
                .chain(having.iter_mut())
                .chain(keys.iter_mut().chain(&mut on).filter_map(Key::other))
                .chain(windows.expressions_mut())
                .chain(sets.expressions_mut())
                .collect();
            let (dependents, context) = (&mut dependents, &context);
            node = aggregate(node, group_by, calls, over_groups, dependents, context)?;
        }
        let mut placed = Placed::default();
        if let Some(mut predicate) = having {
            let asked = take_asked(&mut dependents, &[&predicate]);
            node = placed.place(node, asked);
            placed.resolve(&mut predicate);
            node = filter(node, predicate);
        }
        node = windows.place(node, &mut placed, &mut dependents, self)?;
        if !on.is_empty() && !sets.is_empty() {
            let mut by = on.iter().chain(&keys).map(|key| match key {
                Key::Output(at) => &outputs[*at].expr,
                Key::Other(expr) => expr,
            });
            // Those by which nothing is sorted are called for the rows that are left.
            if !by.any(sets::is_called_in) {
                let what = "a set-returning function beside DISTINCT ON";
                return Err(Error::unsupported(what));
            }
        }
        node = sets.place(node, &mut placed, &mut dependents);
        node = placed.place(node, dependents);
        let above = outputs.iter_mut().map(|output| &mut output.expr);
        for expr in above.chain(keys.iter_mut().chain(&mut on).filter_map(Key::other)) {
            placed.resolve(expr);
        }
        project(node, outputs, keys, on, order, select.distinct.as_ref())
    }

    /// The outputs of a SELECT or RETURNING, with `*` written out.
    pub fn outputs(
        &mut self,
        items: &'a [SelectItem],
        context: &mut Context,
    ) -> Result<Vec<Output>> {
        let mut outputs = Vec::with_capacity(items.len());
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => outputs.push(Output {
                    name: name::of_output(expr),
                    expr: self.expression(expr, context)?,
                }),
                SelectItem::ExprWithAlias { expr, alias } => outputs.push(Output {
                    name: alias.value.clone(),
                    expr: self.expression(expr, context)?,
                }),
                SelectItem::Wildcard(options) => {
                    check_wildcard(options)?;
                    if context.scope.tables.is_empty() {
                        return Err(Error::new(
                            Code::Syntax,
                            "SELECT * with no tables specified is not valid",
                        )
                        .at(options.wildcard_token.0.span.start.column as u32));
                    }
                    outputs.extend(all_columns(context, None, options));
                }
                SelectItem::QualifiedWildcard(kind, options) => {
                    check_wildcard(options)?;
                    match wildcard_table(kind, context.scope) {
                        Ok(table) => outputs.extend(all_columns(context, Some(table), options)),
                        Err(error) => outputs.extend(self.columns_around(kind).ok_or(error)?),
                    }
                }
                SelectItem::ExprWithAliases { .. } => {
                    return Err(Error::unsupported("several aliases of one expression"));
                }
            }
        }
        Ok(outputs)
    }

    /// `table.*` of a table of a query around.
    fn columns_around(&mut self, kind: &SelectItemQualifiedWildcardKind) -> Option<Vec<Output>> {
        let SelectItemQualifiedWildcardKind::ObjectName(table) = kind else {
            return None;
        };
        let table = name::single(table).ok()?;
        let columns = self.outer.table(&table.value)?.into_iter();
        Some(columns.map(|(name, expr)| Output { name, expr }).collect())
    }

    /// What an item of ORDER BY means: an output's name or number, or else an expression over the rows.
    fn order_item(
        &mut self,
        item: &'a Ast,
        context: &mut Context,
        outputs: &[Output],
        select: &'a ast::Select,
    ) -> Result<Key> {
        if let Some(at) = ordinal(item, outputs.len(), "ORDER BY")? {
            return Ok(Key::Output(at));
        }
        if let Ast::Identifier(name) = item {
            let mut named = (0..outputs.len()).filter(|at| outputs[*at].name == name.value);
            if let Some(first) = named.next() {
                if named.any(|other| outputs[other].expr != outputs[first].expr) {
                    return Err(Error::new(
                        Code::AmbiguousColumn,
                        format!("ORDER BY \"{}\" is ambiguous", name.value),
                    )
                    .at(name::position(name)));
                }
                return Ok(Key::Output(first));
            }
        }
        let bound = self.expression(item, context)?;
        let bound = match bound.data_type {
            DataType::Unknown => assign::as_text(bound)?,
            _ => bound,
        };
        if let Some(at) = outputs.iter().position(|output| output.expr == bound) {
            return Ok(Key::Output(at));
        }
        if matches!(select.distinct, Some(Distinct::Distinct)) {
            return name::at(
                Err(Error::new(
                    Code::InvalidColumnReference,
                    "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                )),
                item,
            );
        }
        Ok(Key::Other(bound))
    }
}

impl Key {
    fn other(&mut self) -> Option<&mut Expr> {
        match self {
            Key::Other(expr) => Some(expr),
            Key::Output(_) => None,
        }
    }
}

/// An output without a type is of the wanted one, or text.
fn give_type(output: &mut Output, wanted: Option<DataType>) -> Result<()> {
    if output.expr.data_type == DataType::Unknown && wanted != Some(DataType::Unknown) {
        let expr = std::mem::replace(&mut output.expr, Expr::null());
        output.expr = match wanted {
            Some(wanted) => assign::assign(expr, wanted)?,
            None => assign::as_text(expr)?,
        };
    }
    Ok(())
}

/// The groups of a node. Subqueries that a group or an argument of an aggregate asks for are put below
/// it; those left see the groups.
fn aggregate<'e>(
    input: Node,
    GroupBy {
        groups,
        outputs,
        sets,
    }: GroupBy,
    mut calls: Calls,
    mut over_groups: Vec<&'e mut Expr>,
    dependents: &'e mut Vec<Dependent>,
    context: &Context,
) -> Result<Node> {
    let arguments = calls.0.iter().flat_map(Aggregate::expressions);
    let asked = take_asked(
        dependents,
        &groups.iter().chain(arguments).collect::<Vec<_>>(),
    );
    let own = over_groups.len();
    over_groups.extend(dependents.iter_mut().flat_map(Dependent::expressions_mut));
    let mut groups = Groups::new(groups, outputs, &sets, context.scope);
    groups.regroup_all(over_groups, own, context)?;
    let mut placed = Placed::default();
    let input = placed.place(input, asked);
    let arguments = (calls.0.iter_mut()).flat_map(Aggregate::expressions_mut);
    for expr in groups.expressions.iter_mut().chain(arguments) {
        placed.resolve(expr);
    }
    let expressions = groups.expressions.into_iter();
    let mut groups: Vec<Expr> = expressions.map(expr::grouping_key).collect::<Result<_>>()?;
    if !sets.is_empty() {
        groups.push(Expr::integer(0));
    }
    Ok(Node::Aggregate {
        input: Box::new(input),
        groups,
        sets,
        aggregates: calls.0,
    })
}

/// The outputs and what else ORDER BY needs.
fn project(
    node: Node,
    outputs: Vec<Output>,
    keys: Vec<Key>,
    on: Vec<Key>,
    order: &[OrderByExpr],
    distinct: Option<&Distinct>,
) -> Result<Body> {
    let is_distinct = matches!(distinct, Some(Distinct::Distinct));
    let mut expressions = Vec::with_capacity(outputs.len());
    let mut output = Vec::with_capacity(outputs.len());
    for Output { name, expr } in outputs {
        output.push(OutputColumn {
            name,
            data_type: expr.data_type,
        });
        expressions.push(match is_distinct {
            true => expr::grouping_key(expr)?,
            false => expr,
        });
    }
    let mut place = |key: Key| -> Expr {
        let at = match key {
            Key::Output(at) => at,
            Key::Other(expr) => match expressions.iter().position(|other| *other == expr) {
                Some(at) => at,
                None => {
                    expressions.push(expr);
                    expressions.len() - 1
                }
            },
        };
        Expr::column(at, expressions[at].data_type)
    };
    let mut sort = Vec::with_capacity(keys.len());
    for (key, item) in keys.into_iter().zip(order) {
        sort.push(sort_key(place(key), item)?);
    }
    let on: Vec<Expr> = on.into_iter().map(place).collect();
    let mut node = Node::Project {
        input: Box::new(node),
        expressions,
    };
    if is_distinct {
        node = Node::Distinct {
            input: Box::new(node),
        };
    }
    let is_sorted = !on.is_empty();
    if is_sorted {
        node = first_of_each(node, on, &mut sort)?;
    }
    Ok(Body {
        node,
        output,
        keys: sort,
        is_sorted,
    })
}

/// The output that a bare name in GROUP BY means, if no column of the rows has it.
pub fn alias_for_group(ast: &Ast, scope: &Scope, outputs: &[Output]) -> Result<Option<usize>> {
    let Ast::Identifier(ident) = ast else {
        return Ok(None);
    };
    if scope.find(None, ident)?.is_some() {
        return Ok(None);
    }
    let mut named = (0..outputs.len()).filter(|at| outputs[*at].name == ident.value);
    let first = named.next();
    if let Some(first) = first
        && named.any(|other| outputs[other].expr != outputs[first].expr)
    {
        return Err(Error::new(
            Code::AmbiguousColumn,
            format!("GROUP BY \"{}\" is ambiguous", ident.value),
        )
        .at(name::position(ident)));
    }
    Ok(first)
}

fn check_clauses(select: &ast::Select, into_allowed: bool) -> Result<()> {
    if select.into.is_some() && !into_allowed {
        return Err(Error::new(
            Code::Syntax,
            "SELECT ... INTO is not allowed here",
        ));
    }
    let others = select.top.is_some()
        || select.exclude.is_some()
        || !select.lateral_views.is_empty()
        || select.prewhere.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || select.qualify.is_some()
        || select.value_table_mode.is_some()
        || select.select_modifiers.is_some();
    match others {
        true => Err(Error::unsupported("this clause of SELECT")),
        false => Ok(()),
    }
}
