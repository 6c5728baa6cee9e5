//! The queries around the one being bound, and what it sees of their rows.
//!
//! A column of a query around becomes a slot ([`ExprKind::Outer`]). The query it belongs to notes the slot
//! and the column, and hands its value down where the subquery is run.

use super::expression::Context;
use super::grouping::Calls;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{Aggregate, Node};
use sqlparser::ast::Ident;
use std::rc::Rc;

/// A query around the one being bound.
pub struct Level {
    pub scope: Rc<Scope>,
    /// The tables of a FROM before the one being bound are seen by LATERAL alone.
    pub visible: bool,
    /// What the clause that the subquery stands in knows of aggregates.
    pub calls: Option<Calls>,
    inside_aggregate: bool,
    clause: &'static str,
    /// The slots that have been asked for, with what fills them, over this query's rows.
    pub used: Vec<(usize, Expr)>,
}

impl Level {
    /// The query whose clause holds the subquery. It has the clause's aggregates until it ends.
    pub fn around(context: &mut Context) -> Level {
        Level {
            scope: Rc::new(context.scope.clone()),
            visible: true,
            calls: context.calls.take(),
            inside_aggregate: context.inside_aggregate,
            clause: context.clause,
            used: Vec::new(),
        }
    }

    /// The tables of a FROM before one that may be LATERAL.
    pub fn before(scope: &Scope) -> Level {
        Level {
            scope: Rc::new(scope.clone()),
            visible: false,
            calls: None,
            inside_aggregate: false,
            clause: "FROM clause of their own query level",
            used: Vec::new(),
        }
    }
}

/// The query levels around, the nearest last.
#[derive(Default)]
pub struct Levels {
    pub all: Vec<Level>,
    /// How many slots there are in the statement.
    slots: usize,
}

impl Levels {
    /// The column of a query around that a name means; `None` if there is none.
    pub fn find(&mut self, table: Option<&Ident>, column: &Ident) -> Result<Option<Expr>> {
        for level in (0..self.all.len()).rev() {
            let Level { scope, visible, .. } = &self.all[level];
            if !visible {
                continue;
            }
            if let Some(found) = scope.find(table, column)? {
                let expr = found.expr.clone();
                return Ok(Some(self.slot(level, expr)));
            }
            if table.is_some_and(|table| scope.table(&table.value).is_some()) {
                return Err(scope.missing(table, column));
            }
        }
        Ok(None)
    }

    /// The column of a table of a query around that has that schema's name before its own.
    pub fn find_in(&mut self, path: [&Ident; 3]) -> Result<Option<Expr>> {
        let [schema, table, column] = path;
        let has_it = |level: &Level| level.visible && level.scope.table_in(schema, table).is_some();
        let Some(at) = self.all.iter().rposition(has_it) else {
            return Ok(None);
        };
        let scope = &self.all[at].scope;
        let found = scope.find_in(path);
        let expr = match found {
            Some(found) => found.expr.clone(),
            None => return Err(scope.missing(Some(table), column)),
        };
        Ok(Some(self.slot(at, expr)))
    }

    /// The columns of a table of a query around.
    pub fn table(&mut self, name: &str) -> Option<Vec<(String, Expr)>> {
        let has_it = |level: &Level| level.visible && level.scope.table(name).is_some();
        let at = self.all.iter().rposition(has_it)?;
        let scope = self.all[at].scope.clone();
        let table = scope.table(name);
        let columns = scope.columns.iter().filter(|column| {
            // The columns behind a merged one are still their table's.
            column.table == table && (column.visible || !column.unqualified)
        });
        let columns = columns.map(|column| {
            column.note();
            (column.name.clone(), self.slot(at, column.expr.clone()))
        });
        Some(columns.collect())
    }

    /// The slot of an expression over a level's rows.
    pub fn slot(&mut self, level: usize, expr: Expr) -> Expr {
        let data_type = expr.data_type;
        let used = &mut self.all[level].used;
        let known = used.iter().find(|(_, other)| *other == expr);
        let slot = match known {
            Some((slot, _)) => *slot,
            None => {
                self.slots += 1;
                used.push((self.slots - 1, expr));
                self.slots - 1
            }
        };
        Expr::new(ExprKind::Outer(slot), data_type)
    }

    /// An aggregate whose argument has columns of queries around and none of its own belongs to the
    /// nearest of those.
    pub fn aggregate(&mut self, mut aggregate: Aggregate) -> Result<Expr> {
        let asks = |level: &Level, expr: &Expr| {
            expr.any(&mut |expr| match expr.kind {
                ExprKind::Outer(slot) => level.used.iter().any(|(used, _)| *used == slot),
                _ => false,
            })
        };
        let of_level = |level: &Level| aggregate.expressions().any(|expr| asks(level, expr));
        let Some(at) = self.all.iter().rposition(of_level) else {
            return Err(Error::new(Code::Internal, "an aggregate of no query"));
        };
        let level = &mut self.all[at];
        for argument in aggregate.expressions_mut() {
            argument.visit_mut(&mut |expr| {
                if let ExprKind::Outer(slot) = expr.kind
                    && let Some((_, own)) = level.used.iter().find(|(used, _)| *used == slot)
                {
                    *expr = own.clone();
                }
            });
        }
        let message = match &mut level.calls {
            Some(_) if level.inside_aggregate => {
                "aggregate function calls cannot be nested".to_string()
            }
            None => format!("aggregate functions are not allowed in {}", level.clause),
            Some(calls) => {
                let data_type = aggregate.data_type;
                let value = Expr::column(calls.place(aggregate), data_type);
                return Ok(self.slot(at, value));
            }
        };
        Err(Error::new(Code::Grouping, message))
    }

    /// The values of rows around it that a tree asks for.
    pub fn asked_by(&self, node: &Node) -> Vec<usize> {
        let mut filled = Vec::new();
        let mut asked = Vec::new();
        if self.slots > 0 {
            slots(node, &mut filled, &mut asked);
        }
        asked.retain(|slot| !filled.contains(slot));
        asked
    }
}

/// The slots that are filled in a tree, and those that are asked for.
fn slots(node: &Node, filled: &mut Vec<usize>, asked: &mut Vec<usize>) {
    if let Node::Apply { outer, .. } = node {
        filled.extend(outer.iter().map(|(slot, _)| *slot));
    }
    for expr in node.expressions() {
        expr.any(&mut |expr| {
            if let ExprKind::Outer(slot) = expr.kind {
                asked.push(slot);
            }
            false
        });
    }
    for input in node.inputs() {
        slots(input, filled, asked);
    }
}
