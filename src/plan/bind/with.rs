//! WITH: queries with a name.
//!
//! One is bound before what follows its WITH, so that a long row of them costs no stack, and is run once, as a subplan that all
//! its readers share; where it has a single reader it is put in its place in the end ([`share`](super::share)). One that
//! sees rows around its WITH cannot be shared and is bound anew at each place that reads it, so inside other queries all are
//! bound only when they are first read. So is one that is read with a FOR SYSTEM_TIME of its own.
//!
//! A statement that writes may stand in the WITH of a whole statement. It is run whether it is read or not, and
//! all read the tables as they were before it ([`Node::Write`]).
//!
//! With RECURSIVE a query sees all the others of its WITH and itself ([`super::recursive`]).

use super::assign::Untyped;
use super::binder::Binder;
use super::from::{rename, scope_of_output};
use super::name;
use super::parameter::visit_node;
use super::query::is_write;
use super::recursive::Recursion;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::Volatility;
use crate::plan::{Node, OutputColumn, Plan, TimeSlot};
use crate::sql::check_name;
use sqlparser::ast::{self, CteAsMaterialized, TableAlias};
use std::cell::RefCell;
use std::rc::Rc;

/// How many are bound within each other: each takes 8 kB of stack in WebAssembly.
const COMMON_TABLES_BOUND_MAX: usize = 24;

/// A query with a name.
pub struct CommonTable<'a> {
    pub alias: &'a TableAlias,
    pub query: &'a ast::Query,
    /// How many of the others it sees: those before it, and with RECURSIVE all of its WITH.
    sees: usize,
    pub recursive: bool,
    /// AS MATERIALIZED.
    kept: bool,
    /// When its tables are read that have no clause.
    time: TimeSlot,
    /// How many queries there are around its WITH, and of those of its WITH's FROM.
    levels: (usize, usize),
    pub state: RefCell<State>,
}

/// How far a query of WITH has come.
pub enum State {
    Unread,
    /// Being bound: who reads it now reads it within itself.
    Binding,
    /// The second part of a recursive query is being bound.
    Recursion(Recursion),
    /// A subplan that others may read, too.
    Shared {
        subplan: usize,
        output: Vec<OutputColumn>,
    },
    /// It sees rows around its WITH; whether a volatile function is in it.
    Anew {
        is_volatile: bool,
    },
}

impl<'a> Binder<'a> {
    /// Binds something that sees the queries of a WITH.
    pub fn with<T>(
        &mut self,
        with: &'a ast::With,
        bind: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let outer = self.common_tables.len();
        let at_top = std::mem::take(&mut self.at_top);
        for table in &with.cte_tables {
            if !at_top && is_write(&table.query.body) {
                let message =
                    "WITH clause containing a data-modifying statement must be at the top level";
                return Err(Error::new(Code::Unsupported, message));
            }
            self.add_common_table(table, outer, with)?;
        }
        if self.outer.all.is_empty() {
            let into_at_top = std::mem::take(&mut self.into_at_top);
            self.bind_unread(outer)?;
            self.into_at_top = into_at_top;
        }
        let bound = bind(self)?;
        // What nobody reads must be right, too.
        self.bind_unread(outer)?;
        self.common_tables.truncate(outer);
        Ok(bound)
    }

    fn add_common_table(
        &mut self,
        table: &'a ast::Cte,
        outer: usize,
        with: &ast::With,
    ) -> Result<()> {
        if table.from.is_some() {
            return Err(Error::unsupported("FROM after a query of WITH"));
        }
        let name = &table.alias.name;
        check_name(name)?;
        let mut others = self.common_tables[outer..].iter();
        if others.any(|other| other.alias.name.value == name.value) {
            let message = format!(
                "WITH query name \"{}\" specified more than once",
                name.value
            );
            return Err(Error::new(Code::DuplicateAlias, message).at(name::position(name)));
        }
        self.common_tables.push(Rc::new(CommonTable {
            alias: &table.alias,
            query: &table.query,
            sees: match with.recursive {
                true => outer + with.cte_tables.len(),
                false => self.common_tables.len(),
            },
            recursive: with.recursive,
            kept: matches!(table.materialized, Some(CteAsMaterialized::Materialized)),
            time: self.time,
            levels: (self.outer.all.len(), self.from_level),
            state: RefCell::new(State::Unread),
        }));
        Ok(())
    }

    fn bind_unread(&mut self, outer: usize) -> Result<()> {
        for at in outer..self.common_tables.len() {
            let table = self.common_tables[at].clone();
            if matches!(*table.state.borrow(), State::Unread) {
                self.bind_common_table(&table, table.time)?;
            }
        }
        Ok(())
    }

    /// The query of a WITH that a name means, if any.
    pub fn common_table(&self, name: &ast::ObjectName) -> Option<Rc<CommonTable<'a>>> {
        let ident = name::single(name).ok()?;
        let mut tables = self.common_tables.iter().rev();
        let found = tables.find(|table| table.alias.name.value == ident.value);
        found.cloned()
    }

    pub fn table_of_with(
        &mut self,
        table: &CommonTable<'a>,
        name: &ast::ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<(Node, Scope)> {
        let position = name::position(name::single(name)?);
        let has_own = self.statement.temporal.of_table(position).is_some();
        let time = self.time_of_table(position);
        let is_bound = !matches!(&*table.state.borrow(), State::Binding | State::Recursion(_));
        let read = match has_own && (!is_bound || is_write(&table.query.body)) {
            true => {
                let message = "a query of WITH that writes, or that reads itself, has no past";
                Err(Error::new(Code::WrongObjectType, message))
            }
            false if is_bound && time != table.time && !is_write(&table.query.body) => {
                // Not what its other readers share.
                let state = table.state.replace(State::Unread);
                let bound = self.bind_common_table(table, time);
                table.state.replace(state);
                bound
            }
            false => self.read_common_table(table),
        };
        let (node, output) = read.map_err(|error| error.at(position))?;
        if output.is_empty() && is_write(&table.query.body) {
            let name = &table.alias.name.value;
            let message = format!("WITH query \"{name}\" does not have a RETURNING clause");
            return Err(Error::new(Code::Unsupported, message).at(position));
        }
        let scope = scope_of_output(&table.alias.name.value, output);
        let mut scope = rename(scope, Some(table.alias))?;
        if let Some(alias) = alias {
            scope.tables[0].hidden_name = Some(table.alias.name.value.clone());
            scope.tables[0].name = alias.name.value.clone();
        }
        Ok((node, rename(scope, alias)?))
    }

    fn read_common_table(&mut self, table: &CommonTable<'a>) -> Result<(Node, Vec<OutputColumn>)> {
        match &mut *table.state.borrow_mut() {
            State::Shared { subplan, output } => {
                return Ok((shared(*subplan, output), output.clone()));
            }
            State::Recursion(recursion) => return recursion.read(self.common_tables_bound),
            State::Binding if table.recursive => {
                return Err(super::recursive::misplaced(table, "here"));
            }
            State::Anew { is_volatile: true } => {
                let what = "reading a query of WITH with a volatile function twice";
                return Err(Error::unsupported(what));
            }
            _ => {}
        }
        self.bind_common_table(table, table.time)
    }

    /// A statement that writes, as a subplan that yields its RETURNING.
    fn write_of_with(&mut self, table: &CommonTable<'a>) -> Result<(Node, Vec<OutputColumn>)> {
        let body = &table.query.body;
        let (mut plan, output) = match &table.query.with {
            None => self.bind_write(body)?,
            Some(with) => self.with(with, |binder| binder.bind_write(body))?,
        };
        // The subplans are the whole statement's.
        self.subplans = match &mut plan {
            Plan::Merge(_) => return Err(Error::unsupported("MERGE inside WITH")),
            Plan::Insert(insert) => std::mem::take(&mut insert.subplans),
            Plan::Update(update) => std::mem::take(&mut update.subplans),
            Plan::Delete(delete) => std::mem::take(&mut delete.subplans),
            _ => Vec::new(),
        };
        Ok((Node::Write(Box::new(plan)), output))
    }

    fn bind_common_table(
        &mut self,
        table: &CommonTable<'a>,
        time: TimeSlot,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        if self.common_tables_bound == COMMON_TABLES_BOUND_MAX {
            let message = format!(
                "a query of WITH can read from at most {COMMON_TABLES_BOUND_MAX} others that are read here for the first time"
            );
            return Err(Error::new(Code::LimitComplexity, message));
        }
        table.state.replace(State::Binding);
        // It sees what its WITH sees.
        let hidden = self.common_tables.split_off(table.sees);
        let levels = self.outer.all.split_off(table.levels.0);
        let from_level = std::mem::replace(&mut self.from_level, table.levels.1);
        let around = std::mem::replace(&mut self.time, time);
        self.common_tables_bound += 1;
        let is_write = is_write(&table.query.body);
        let bound = match table.recursive {
            _ if is_write => self.write_of_with(table),
            true => self.recursive_query(table),
            false => self.query(table.query, Untyped::Text),
        };
        self.common_tables_bound -= 1;
        self.from_level = from_level;
        self.time = around;
        self.outer.all.extend(levels);
        self.common_tables.extend(hidden);
        let (mut node, output) = bound?;
        let is_volatile = is_volatile(&mut node);
        if !self.outer.asked_by(&node).is_empty() {
            table.state.replace(State::Anew { is_volatile });
            return Ok((node, output));
        }
        let subplan = self.subplans.len();
        self.subplans.push(node);
        self.shared.push(Shared {
            subplan,
            kept: table.kept || is_volatile,
            is_write,
        });
        let node = shared(subplan, &output);
        table.state.replace(State::Shared {
            subplan,
            output: output.clone(),
        });
        Ok((node, output))
    }
}

/// A subplan that is read as a table.
pub struct Shared {
    pub subplan: usize,
    /// It stays one, even if it is read once.
    pub kept: bool,
    /// It is run even if it is not read.
    pub is_write: bool,
}

impl Shared {
    /// Whether it may be put in the place of its only reader.
    pub fn may_move(&self) -> bool {
        !self.kept && !self.is_write
    }
}

fn shared(subplan: usize, output: &[OutputColumn]) -> Node {
    Node::Subplan {
        subplan,
        types: output.iter().map(|column| column.data_type).collect(),
    }
}

fn is_volatile(node: &mut Node) -> bool {
    let mut found = false;
    visit_node(node, &mut |expr| {
        found |= expr.volatility() == Volatility::Volatile;
    });
    found
}
