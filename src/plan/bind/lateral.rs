//! LATERAL: tables of a FROM that see those before them, as functions always do, and subqueries in the condition of a join.

use super::binder::Binder;
use super::dependent::{
    Dependent, FIRST_RIGHT, Placed, Stand, filter, stand, widen_left, without_left,
};
use super::from::join;
use super::outer::Level;
use super::scope::Scope;
use crate::error::{Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{JoinKind, Node};
use sqlparser::ast::{TableFactor, TableWithJoins};

/// What something in a FROM sees of the tables before it.
pub type Slots = Vec<(usize, Expr)>;

impl Binder<'_> {
    /// Binds something in a FROM that may see the tables before it; gives what it sees of them, too.
    pub fn beside<T>(
        &mut self,
        before: &Scope,
        looks_left: bool,
        bind: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Slots)> {
        if !looks_left {
            return Ok((bind(self)?, Slots::new()));
        }
        self.outer.all.push(Level::before(before));
        let bound = bind(self);
        let level = self.outer.all.pop().expect("it was pushed");
        Ok((bound?, level.used))
    }

    /// Lets something see the tables before it in its FROM.
    pub fn lateral<T>(&mut self, bind: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (first, last) = (self.from_level, self.outer.all.len());
        let show = |binder: &mut Self, visible| {
            let levels = &mut binder.outer.all[first..last];
            levels.iter_mut().for_each(|level| level.visible = visible);
        };
        show(self, true);
        let bound = bind(self);
        show(self, false);
        bound
    }

    /// A join whose condition holds subqueries: they are run beside the side whose columns they see.
    pub fn join_by_subqueries(
        &mut self,
        since: usize,
        kind: JoinKind,
        left: Node,
        right: Node,
        outer: Slots,
        mut condition: Expr,
    ) -> Result<Node> {
        let (mut types, left_width) = (left.types(), left.width());
        types.extend(right.types());
        let mut dependents = self.dependents.split_off(since);
        let mut placed = Placed::default();
        let mut left_extra = 0;
        let node = match (kind, stand(&mut dependents, left_width)) {
            (JoinKind::Inner, _) => {
                let joined = lateral_join(kind, left, right, outer, None);
                let joined = placed.place(joined, dependents);
                placed.resolve(&mut condition);
                filter(joined, condition)
            }
            (_, Stand::Right) => {
                without_left(&mut dependents, left_width);
                let right = placed.place(right, dependents);
                placed.shift(left_width);
                placed.resolve(&mut condition);
                lateral_join(kind, left, right, outer, Some(condition))
            }
            (_, Stand::Left) => {
                let left = placed.place(left, dependents);
                left_extra = left.width() - left_width;
                widen_left(&mut condition, left_width, left_extra);
                placed.resolve(&mut condition);
                lateral_join(kind, left, right, outer, Some(condition))
            }
            (JoinKind::Left, Stand::Both) => {
                let right = self.see_left(left_width, outer, |slot| {
                    let own = dependents.iter_mut().flat_map(Dependent::expressions_mut);
                    own.chain([&mut condition]).for_each(slot);
                    let right = placed.place(right, dependents);
                    placed.resolve(&mut condition);
                    filter(right, condition)
                });
                lateral_join(kind, left, right.0, right.1, None)
            }
            _ => {
                let what = "a subquery over both sides in the condition of this join";
                return Err(Error::unsupported(what));
            }
        };
        // What the subqueries yielded has done its duty.
        let own = types.into_iter().enumerate().map(|(at, data_type)| {
            let extra = if at < left_width { 0 } else { left_extra };
            Expr::column(at + extra, data_type)
        });
        Ok(Node::Project {
            expressions: own.collect(),
            input: Box::new(node),
        })
    }

    /// Makes the right side of a join see the left's columns: what is handed to `build` changes an
    /// expression over both sides to one over the right.
    fn see_left(
        &mut self,
        left_width: usize,
        outer: Slots,
        build: impl FnOnce(&mut dyn FnMut(&mut Expr)) -> Node,
    ) -> (Node, Slots) {
        let mut level = Level::before(&Scope::default());
        level.used = outer;
        self.outer.all.push(level);
        let mine = self.outer.all.len() - 1;
        let node = build(&mut |expr| {
            expr.visit_mut(&mut |expr| match expr.kind {
                ExprKind::Column(at) if at < left_width => {
                    *expr = self.outer.slot(mine, expr.clone());
                }
                ExprKind::Column(at) if at < FIRST_RIGHT => {
                    expr.kind = ExprKind::Column(at - left_width);
                }
                _ => {}
            });
        });
        let level = self.outer.all.pop().expect("it was pushed");
        (node, level.used)
    }
}

/// A join; a dependent one if the right side sees the left's columns.
pub fn lateral_join(
    kind: JoinKind,
    left: Node,
    right: Node,
    outer: Slots,
    condition: Option<Expr>,
) -> Node {
    if outer.is_empty() {
        return join(kind, left, right, condition);
    }
    Node::Apply {
        kind,
        left: Box::new(left),
        right: Box::new(right),
        outer,
        guard: None,
        condition,
    }
}

/// Whether anything in a join may see the tables before the join.
pub fn looks_left(table: &TableWithJoins) -> bool {
    let joins = table.joins.iter().map(|join| &join.relation);
    std::iter::once(&table.relation)
        .chain(joins)
        .any(factor_looks_left)
}

pub fn factor_looks_left(factor: &TableFactor) -> bool {
    match factor {
        TableFactor::Derived { lateral, .. } => *lateral,
        TableFactor::Table { args, .. } => args.is_some(),
        TableFactor::Function { .. } | TableFactor::UNNEST { .. } => true,
        TableFactor::NestedJoin {
            table_with_joins, ..
        } => looks_left(table_with_joins),
        _ => false,
    }
}
