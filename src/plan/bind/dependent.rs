//! Subqueries that are run for each row, until there is a place for them in the tree.
//!
//! While the clause that holds such a subquery is bound, what it yields stands as a column far beyond
//! those of the rows. Then the subquery is put above the rows as a dependent join
//! ([`Node::Apply`]), whose columns follow theirs, and the clause above that.

use super::binder::Binder;
use super::scope::shift_columns;
use crate::error::{Error, Result};
use crate::expr::{self, Expr, ExprKind};
use crate::plan::{JoinKind, Node};

/// No row has so many columns: from here on the columns of a subquery in its own condition, …
pub const FIRST_RIGHT: usize = 1 << 28;
/// … from here on what subqueries yield …
pub const FIRST_RESULT: usize = 1 << 29;
/// … from here on aggregates …
pub const FIRST_AGGREGATE: usize = 1 << 30;
/// … from here on window functions …
pub const FIRST_WINDOW: usize = 1 << 31;
/// … and from here on functions that answer rows.
pub const FIRST_SET: usize = 3 << 30;

/// A subquery that has no place yet.
pub struct Dependent {
    kind: JoinKind,
    right: Node,
    outer: Vec<(usize, Expr)>,
    guard: Option<Expr>,
    /// Its columns are those from [`FIRST_RIGHT`] on.
    condition: Option<Expr>,
    /// The first of the columns that stand for what it yields.
    first: usize,
    /// How deep in aggregates and window functions it stands ([`Context::depth`](super::expression::Context::depth)).
    pub depth: u8,
}

impl Dependent {
    /// What of it is asked over the rows it is joined to.
    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        let outer = self.outer.iter_mut().map(|(_, value)| value);
        outer
            .chain(&mut self.guard)
            .chain(&mut self.condition)
            .collect()
    }

    fn width(&self) -> usize {
        match self.kind {
            JoinKind::Mark => 1,
            _ => self.right.width(),
        }
    }

    fn yields(&self, column: usize) -> bool {
        (self.first..self.first + self.width()).contains(&column)
    }
}

impl Binder<'_> {
    /// Notes a subquery; gives the first of the columns that stand for what it yields.
    pub fn depend(
        &mut self,
        kind: JoinKind,
        right: Node,
        outer: Vec<(usize, Expr)>,
        condition: Option<Expr>,
    ) -> usize {
        let first = FIRST_RESULT + self.results;
        let dependent = Dependent {
            kind,
            right,
            outer,
            guard: None,
            condition,
            first,
            depth: 0,
        };
        self.results += dependent.width();
        self.dependents.push(dependent);
        first
    }

    /// Those noted since there were so many are run only where the conditions so far came to this: the
    /// guard is asked for only if there are such.
    pub fn guard(
        &mut self,
        since: usize,
        depth: u8,
        guard: impl FnOnce() -> Result<Expr>,
    ) -> Result<()> {
        if self.dependents.len() == since {
            return Ok(());
        }
        let guard = guard()?;
        if guard.volatility() == expr::Volatility::Volatile {
            return Ok(());
        }
        for dependent in &mut self.dependents[since..] {
            if dependent.depth > depth {
                continue;
            }
            dependent.guard = Some(match dependent.guard.take() {
                None => guard.clone(),
                Some(other) => expr::resolve_and(vec![guard.clone(), other])?,
            });
        }
        Ok(())
    }

    /// Puts those noted since there were so many above the node.
    pub fn place_since<'e>(
        &mut self,
        since: usize,
        node: Node,
        expressions: impl IntoIterator<Item = &'e mut Expr>,
    ) -> Node {
        let mut placed = Placed::default();
        let node = placed.place(node, self.dependents.split_off(since));
        expressions
            .into_iter()
            .for_each(|expr| placed.resolve(expr));
        node
    }

    /// A condition over the rows of a node. What needs no subquery is asked first.
    pub fn filter_since(&mut self, since: usize, node: Node, condition: Expr) -> Node {
        if self.dependents.len() == since {
            return filter(node, condition);
        }
        let conjuncts = match condition.kind {
            ExprKind::And(operands) => operands,
            kind => vec![Expr::new(kind, condition.data_type)],
        };
        let (mut above, below): (Vec<Expr>, Vec<Expr>) = conjuncts.into_iter().partition(asks);
        let node = below.into_iter().fold(node, filter);
        let node = self.place_since(since, node, &mut above);
        above.into_iter().fold(node, filter)
    }

    /// Whether an expression, with those noted since there were so many, asks for a column of the rows,
    /// and whether it asks for one of the rows around them.
    pub fn asks_since(&self, since: usize, expr: &Expr) -> (bool, bool) {
        let mut seen = (false, false);
        look(expr, &mut seen);
        for dependent in &self.dependents[since..] {
            let filled = dependent.outer.iter().map(|(_, value)| value);
            let condition = filled.chain(&dependent.guard).chain(&dependent.condition);
            condition.for_each(|expr| look(expr, &mut seen));
            let is_filled = |slot: &usize| dependent.outer.iter().any(|(own, _)| own == slot);
            let asked = self.outer.asked_by(&dependent.right);
            seen.1 |= asked.iter().any(|slot| !is_filled(slot));
        }
        seen
    }

    /// Those noted since there were so many have no place here.
    pub fn refuse_since(&self, since: usize) -> Result<()> {
        match self.dependents.len() > since {
            true => Err(Error::unsupported("this subquery in this place")),
            false => Ok(()),
        }
    }
}

/// Notes whether an expression asks for a column of the rows, or of rows around them.
fn look(expr: &Expr, seen: &mut (bool, bool)) {
    expr.any(&mut |expr| {
        seen.0 |= matches!(expr.kind, ExprKind::Column(at) if at < FIRST_RIGHT);
        seen.1 |= matches!(expr.kind, ExprKind::Outer(_));
        false
    });
}

pub fn filter(input: Node, predicate: Expr) -> Node {
    Node::Filter {
        input: Box::new(input),
        predicate,
    }
}

/// Whether an expression asks for what a subquery yields.
fn asks(expr: &Expr) -> bool {
    let result = FIRST_RESULT..FIRST_AGGREGATE;
    expr.any(&mut |expr| matches!(expr.kind, ExprKind::Column(at) if result.contains(&at)))
}

/// Takes out those that the expressions ask for, and those that they in turn need.
pub fn take_asked(dependents: &mut Vec<Dependent>, expressions: &[&Expr]) -> Vec<Dependent> {
    let asks_for = |expr: &Expr, dependent: &Dependent| {
        expr.any(&mut |e| matches!(e.kind, ExprKind::Column(at) if dependent.yields(at)))
    };
    let mut asked = vec![false; dependents.len()];
    // One asks only for those before it.
    for at in (0..dependents.len()).rev() {
        let is_asked = |expr: &Expr| asks_for(expr, &dependents[at]);
        let by_later = (at + 1..dependents.len())
            .filter(|later| asked[*later])
            .any(|later| {
                let Dependent {
                    outer,
                    guard,
                    condition,
                    ..
                } = &dependents[later];
                let outer = outer.iter().map(|(_, value)| value);
                outer.chain(guard).chain(condition).any(is_asked)
            });
        asked[at] = by_later || expressions.iter().any(|expr| is_asked(expr));
    }
    let mut flags = asked.into_iter();
    let (taken, left) = std::mem::take(dependents)
        .into_iter()
        .partition(|_| flags.next().expect("one each"));
    *dependents = left;
    taken
}

/// Where in the rows lies what subqueries yield.
#[derive(Default)]
pub struct Placed {
    /// The column that stood for it, how many there are, and their place.
    columns: Vec<(usize, usize, usize)>,
}

impl Placed {
    /// Puts subqueries above a node, one upon the other.
    pub fn place(&mut self, node: Node, dependents: Vec<Dependent>) -> Node {
        dependents.into_iter().fold(node, |node, mut dependent| {
            let left_width = node.width();
            for expr in dependent.expressions_mut() {
                self.resolve(expr);
                expr.visit_mut(&mut |expr| {
                    if let ExprKind::Column(at) = &mut expr.kind
                        && (FIRST_RIGHT..FIRST_RESULT).contains(at)
                    {
                        *at = *at - FIRST_RIGHT + left_width;
                    }
                });
            }
            self.columns
                .push((dependent.first, dependent.width(), left_width));
            Node::Apply {
                kind: dependent.kind,
                left: Box::new(node),
                right: Box::new(dependent.right),
                outer: dependent.outer,
                guard: dependent.guard,
                condition: dependent.condition,
            }
        })
    }

    /// Says where the column lies that this one stood for.
    pub fn put(&mut self, column: usize, place: usize) {
        self.columns.push((column, 1, place));
    }

    /// The rows stand behind so many more columns.
    pub fn shift(&mut self, by: usize) {
        self.columns
            .iter_mut()
            .for_each(|(_, _, place)| *place += by);
    }

    /// Puts the columns' own places in an expression.
    pub fn resolve(&self, expr: &mut Expr) {
        expr.visit_mut(&mut |expr| {
            let ExprKind::Column(at) = &mut expr.kind else {
                return;
            };
            let mut known = self.columns.iter();
            if let Some((first, _, place)) =
                known.find(|(first, width, _)| (*first..first + width).contains(at))
            {
                *at = *at - first + place;
            }
        });
    }
}

/// On which sides of a join the subqueries of its condition stand.
pub enum Stand {
    Left,
    Right,
    Both,
}

/// On which side all of them can be run.
pub fn stand(dependents: &mut [Dependent], left_width: usize) -> Stand {
    let (mut left, mut right) = (false, false);
    for expr in dependents.iter_mut().flat_map(Dependent::expressions_mut) {
        expr.any(&mut |expr| {
            match expr.kind {
                ExprKind::Column(at) if at < left_width => left = true,
                ExprKind::Column(at) if at < FIRST_RIGHT => right = true,
                _ => {}
            }
            false
        });
    }
    match (left, right) {
        (true, true) => Stand::Both,
        (true, false) => Stand::Left,
        (false, _) => Stand::Right,
    }
}

/// Makes what is over both sides of a join one over the right side alone.
pub fn without_left(dependents: &mut [Dependent], left_width: usize) {
    for expr in dependents.iter_mut().flat_map(Dependent::expressions_mut) {
        expr.visit_mut(&mut |expr| {
            if let ExprKind::Column(at) = &mut expr.kind
                && *at < FIRST_RIGHT
            {
                *at -= left_width;
            }
        });
    }
}

/// Makes room for more columns of the left side.
pub fn widen_left(expr: &mut Expr, left_width: usize, by: usize) {
    expr.visit_mut(&mut |expr| match expr.kind {
        ExprKind::Column(at) if (left_width..FIRST_RIGHT).contains(&at) => shift_columns(expr, by),
        _ => {}
    });
}
