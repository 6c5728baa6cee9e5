//! WITH: queries with a name, bound anew at each place that reads them.
//!
//! That answers what computing them once would, unless a volatile function is in one that is read twice:
//! that is refused. WITH RECURSIVE and statements that write are left out.

use super::assign::Untyped;
use super::binder::Binder;
use super::from::{rename, scope_of_output};
use super::name;
use super::parameter::visit_node;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::Volatility;
use crate::plan::Node;
use sqlparser::ast::{self, TableAlias};
use std::cell::Cell;
use std::rc::Rc;

/// A query with a name.
pub struct CommonTable<'a> {
    alias: &'a TableAlias,
    query: &'a ast::Query,
    /// How many of the others it sees: those before it.
    sees: usize,
    uses: Cell<u32>,
}

impl<'a> Binder<'a> {
    /// Binds something that sees the queries of a WITH.
    pub fn with<T>(
        &mut self,
        with: &'a ast::With,
        bind: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if with.recursive {
            return Err(Error::unsupported("WITH RECURSIVE"));
        }
        let outer = self.common_tables.len();
        for table in &with.cte_tables {
            self.add_common_table(table, outer)?;
        }
        let bound = bind(self)?;
        self.check_unused(outer)?;
        self.common_tables.truncate(outer);
        Ok(bound)
    }

    fn add_common_table(&mut self, table: &'a ast::Cte, outer: usize) -> Result<()> {
        if table.from.is_some() {
            return Err(Error::unsupported("FROM after a query of WITH"));
        }
        let name = &table.alias.name;
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
            sees: self.common_tables.len(),
            uses: Cell::new(0),
        }));
        Ok(())
    }

    /// What nobody reads must be right, too.
    fn check_unused(&mut self, outer: usize) -> Result<()> {
        for at in outer..self.common_tables.len() {
            let table = self.common_tables[at].clone();
            if table.uses.get() == 0 {
                let subplans = self.subplans.len();
                self.bind_common_table(&table)?;
                self.subplans.truncate(subplans);
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
        if self.statement.temporal.of_table(position).is_some() {
            let message = "FOR SYSTEM_TIME cannot follow the name of a query of WITH";
            return Err(Error::new(Code::WrongObjectType, message)
                .at(position)
                .with_hint("Write it behind the tables inside that query."));
        }
        let (node, scope) = self.bind_common_table(table)?;
        let mut scope = rename(scope, Some(table.alias))?;
        if let Some(alias) = alias {
            scope.tables[0].hidden_name = Some(table.alias.name.value.clone());
            scope.tables[0].name = alias.name.value.clone();
        }
        Ok((node, rename(scope, alias)?))
    }

    fn bind_common_table(&mut self, table: &CommonTable<'a>) -> Result<(Node, Scope)> {
        let hidden = self.common_tables.split_off(table.sees);
        let bound = self.query(table.query, Untyped::Text);
        self.common_tables.extend(hidden);
        let (mut node, output) = bound?;
        table.uses.set(table.uses.get() + 1);
        if table.uses.get() > 1 && is_volatile(&mut node) {
            return Err(Error::unsupported(
                "reading a query of WITH with a volatile function twice",
            ));
        }
        Ok((node, scope_of_output(&table.alias.name.value, output)))
    }
}

fn is_volatile(node: &mut Node) -> bool {
    let mut found = false;
    visit_node(node, &mut |expr| {
        found |= expr.volatility() == Volatility::Volatile;
    });
    found
}
