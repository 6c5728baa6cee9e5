//! OVER and WINDOW: which rows a window function sees, and in what order.
//!
//! As with an aggregate, the value of the n-th call stands as a column far beyond the rows' own until the
//! clauses are bound. Then the calls are put above the rows, or above their groups:
//!
//! ```text
//! … -> Project (keys that are no columns) -> Sort (by partition and order) -> Window -> …
//! ```
//!
//! Calls over the same partition and order share a node; a sort that the rows have already is left out.
//! Windows are computed from the last to the first, so that the rows come in the first one's order.

use super::binder::Binder;
use super::dependent::{Dependent, FIRST_WINDOW, Placed, take_asked};
use super::expression::Context;
use super::frame;
use super::query::sort_key;
use super::{assign, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr, ExprKind};
use crate::plan::{Frame, Node, SortKey, WindowCall};
use crate::sql::check_name;
use crate::types::DataType;
use sqlparser::ast::{self, NamedWindowExpr, WindowSpec, WindowType};

/// The windows of a query and what is called over them.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    named: Vec<(String, Window)>,
    calls: Vec<(Window, WindowCall)>,
}

impl Windows {
    /// Whether no window function is called.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Window {
    partition: Vec<Expr>,
    pub order: Vec<SortKey>,
    /// None if none is written.
    frame: Option<Frame>,
}

impl Window {
    pub fn frame(&self) -> Frame {
        self.frame.clone().unwrap_or_default()
    }
}

fn windowing<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::new(Code::Windowing, message))
}

impl<'a> Binder<'a> {
    /// The clause WINDOW.
    pub fn named_windows(
        &mut self,
        definitions: &'a [ast::NamedWindowDefinition],
        context: &mut Context,
    ) -> Result<()> {
        for ast::NamedWindowDefinition(name, definition) in definitions {
            check_name(name)?;
            let NamedWindowExpr::WindowSpec(spec) = definition else {
                return Err(Error::new(
                    Code::Syntax,
                    "a window is named without its parentheses",
                ));
            };
            let window =
                self.inside_window(context, |binder, context| binder.window(spec, context))?;
            let windows = context.windows.get_or_insert_default();
            if windows.named.iter().any(|(other, _)| *other == name.value) {
                return windowing(format!("window \"{}\" is already defined", name.value));
            }
            windows.named.push((name.value.clone(), window));
        }
        Ok(())
    }

    /// What stands behind OVER.
    pub fn over(&mut self, over: &'a WindowType, context: &mut Context) -> Result<Window> {
        match over {
            WindowType::NamedWindow(name) => base_window(name, context).cloned(),
            WindowType::WindowSpec(spec) => self.window(spec, context),
        }
    }

    /// Binds what belongs to a call of a window function.
    pub fn inside_window<T>(
        &mut self,
        context: &mut Context,
        bind: impl FnOnce(&mut Self, &mut Context) -> Result<T>,
    ) -> Result<T> {
        context.inside_window = true;
        let bound = bind(self, context);
        context.inside_window = false;
        bound
    }

    fn window(&mut self, spec: &'a WindowSpec, context: &mut Context) -> Result<Window> {
        let exclusion = spec.window_name.as_ref().map(name::position);
        let exclusion = exclusion.and_then(|position| self.statement.exclusion_at(position));
        let base = spec
            .window_name
            .as_ref()
            .filter(|name| !name.value.is_empty());
        let mut window = match base {
            Some(name) => inherited(name, spec, context)?,
            None => Window::default(),
        };
        for ast in &spec.partition_by {
            let key = self.window_key(ast, context)?;
            name::at(expr::grouping_key(key.clone()), ast)?;
            window.partition.push(key);
        }
        for item in &spec.order_by {
            let key = self.window_key(&item.expr, context)?;
            window.order.push(sort_key(key, item)?);
        }
        if exclusion.is_some() && spec.window_frame.is_none() {
            return Err(Error::new(Code::Syntax, "EXCLUDE without a frame"));
        }
        if let Some(frame) = &spec.window_frame {
            let mut frame = frame::bind(self, frame, &window.order)?;
            frame.exclusion = exclusion.unwrap_or_default();
            window.frame = Some(frame);
        }
        Ok(window)
    }

    fn window_key(&mut self, ast: &'a ast::Expr, context: &mut Context) -> Result<Expr> {
        let bound = self.expression(ast, context)?;
        match bound.data_type {
            DataType::Unknown => assign::as_text(bound),
            _ => Ok(bound),
        }
    }
}

fn base_window<'c>(name: &ast::Ident, context: &'c Context) -> Result<&'c Window> {
    let named = context.windows.iter().flat_map(|windows| &windows.named);
    let mut found = named.filter(|(other, _)| *other == name.value);
    match found.next() {
        Some((_, window)) => Ok(window),
        None => {
            let message = format!("window \"{}\" does not exist", name.value);
            Err(Error::new(Code::UndefinedObject, message).at(name::position(name)))
        }
    }
}

/// `(name …)`: the named window's partition, and its order if it has one.
fn inherited(name: &ast::Ident, spec: &WindowSpec, context: &Context) -> Result<Window> {
    let base = base_window(name, context)?;
    let window = &name.value;
    if !spec.partition_by.is_empty() {
        return windowing(format!(
            "cannot override PARTITION BY clause of window \"{window}\""
        ));
    }
    if !spec.order_by.is_empty() && !base.order.is_empty() {
        return windowing(format!(
            "cannot override ORDER BY clause of window \"{window}\""
        ));
    }
    if base.frame.is_some() {
        return windowing(format!(
            "cannot copy window \"{window}\" because it has a frame clause"
        ));
    }
    Ok(base.clone())
}

impl Windows {
    /// Notes a call; gives the column that stands for its value.
    pub fn add(&mut self, window: Window, call: WindowCall) -> Expr {
        let data_type = call.data_type;
        let is_volatile = |expr: &&Expr| expr.volatility() == expr::Volatility::Volatile;
        let added = (window, call);
        let same = self.calls.iter().position(|call| *call == added);
        let same = same.filter(|_| !added.1.expressions().iter().any(is_volatile));
        let number = same.unwrap_or(self.calls.len());
        if same.is_none() {
            self.calls.push(added);
        }
        Expr::column(FIRST_WINDOW + number, data_type)
    }

    fn expressions(&self) -> Vec<&Expr> {
        let mut all = Vec::new();
        for (window, call) in &self.calls {
            all.extend(&window.partition);
            all.extend(window.order.iter().map(|key| &key.expr));
            all.extend(call.expressions());
        }
        all
    }

    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        let mut all = Vec::new();
        for (window, call) in &mut self.calls {
            all.extend(&mut window.partition);
            all.extend(window.order.iter_mut().map(|key| &mut key.expr));
            all.extend(call.expressions_mut());
        }
        all
    }

    /// Puts the windows above a node, and the subqueries they need below them.
    pub fn place(
        mut self,
        mut node: Node,
        placed: &mut Placed,
        dependents: &mut Vec<Dependent>,
        binder: &mut Binder,
    ) -> Result<Node> {
        if self.calls.is_empty() {
            return Ok(node);
        }
        let asked = take_asked(dependents, &self.expressions());
        node = placed.place(node, asked);
        (self.expressions_mut().into_iter()).for_each(|expr| placed.resolve(expr));
        let mut sorted: Vec<SortKey> = Vec::new();
        let shared = shared(self.calls)?;
        binder.count_levels(shared.len())?;
        for Shared { mut window, calls } in shared.into_iter().rev() {
            let keys = window.order.iter_mut().map(|key| &mut key.expr);
            node = compute(node, keys.chain(&mut window.partition).collect());
            let needed: Vec<SortKey> = (window.partition.iter().map(ascending))
                .chain(window.order.iter().cloned())
                .collect();
            if !sorted.starts_with(&needed) {
                node = Node::Sort {
                    input: Box::new(node),
                    keys: needed.clone(),
                };
                sorted = needed;
            }
            let width = node.width();
            for (at, (number, _)) in calls.iter().enumerate() {
                placed.put(FIRST_WINDOW + number, width + at);
            }
            node = Node::Window {
                input: Box::new(node),
                partition: window.partition,
                order: window.order,
                calls: calls.into_iter().map(|(_, call)| call).collect(),
            };
        }
        Ok(node)
    }
}

/// The calls over one partition and order, each with its number.
struct Shared {
    window: Window,
    calls: Vec<(usize, WindowCall)>,
}

fn shared(calls: Vec<(Window, WindowCall)>) -> Result<Vec<Shared>> {
    let mut all: Vec<Shared> = Vec::new();
    for (number, (mut window, call)) in calls.into_iter().enumerate() {
        window.frame = None;
        let partition = std::mem::take(&mut window.partition).into_iter();
        window.partition = partition.map(expr::grouping_key).collect::<Result<_>>()?;
        match all.iter_mut().find(|shared| shared.window == window) {
            Some(shared) => shared.calls.push((number, call)),
            None => all.push(Shared {
                window,
                calls: vec![(number, call)],
            }),
        }
    }
    Ok(all)
}

/// Sorting puts the rows of a partition together.
fn ascending(key: &Expr) -> SortKey {
    SortKey {
        expr: key.clone(),
        descending: false,
        nulls_first: false,
    }
}

/// Makes columns of keys that are none, so that they are computed once.
fn compute(input: Node, keys: Vec<&mut Expr>) -> Node {
    let types = input.types().into_iter().enumerate();
    let mut expressions: Vec<Expr> = types.map(|(at, t)| Expr::column(at, t)).collect();
    let width = expressions.len();
    for key in keys {
        if !matches!(key.kind, ExprKind::Column(_)) {
            let column = Expr::column(expressions.len(), key.data_type);
            expressions.push(std::mem::replace(key, column));
        }
    }
    match expressions.len() == width {
        true => input,
        false => Node::Project {
            input: Box::new(input),
            expressions,
        },
    }
}
