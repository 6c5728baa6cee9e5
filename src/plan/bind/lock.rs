//! `FOR UPDATE` and its like.
//!
//! A transaction that may write is the only such one of its database from its first statement on, and a statement that
//! asks for locks is taken for one that writes (see `sql::locking`). So all that a lock could keep away is away already,
//! whichever tables it names and whether it says SKIP LOCKED; what is left to do is to say where it has no meaning.

use super::binder::Binder;
use super::name;
use crate::error::{Code, Error, Result};
use crate::plan::{Node, TimeSlot};
use crate::types::RelationKind;
use sqlparser::ast::{
    self, GroupByExpr, LockClause, LockType, SetExpr, TableFactor, TableWithJoins,
};

/// Checks the locks of a query against its text and what it was bound to.
pub fn check_locks(binder: &mut Binder, query: &ast::Query, node: &Node) -> Result<()> {
    let Some(first) = query.locks.first() else {
        return Ok(());
    };
    let strength = strength(first);
    let SetExpr::Select(select) = &*query.body else {
        let message = match &*query.body {
            SetExpr::SetOperation { .. } => "is not allowed with UNION/INTERSECT/EXCEPT",
            SetExpr::Values(_) => "cannot be applied to VALUES",
            // A query in parentheses, whose rows are the same.
            _ => return Ok(()),
        };
        return Err(Error::new(
            Code::Unsupported,
            format!("{strength} {message}"),
        ));
    };
    let grouped = match &select.group_by {
        GroupByExpr::Expressions(list, modifiers) => !list.is_empty() || !modifiers.is_empty(),
        GroupByExpr::All(_) => true,
    };
    let obstacle = if select.distinct.is_some() {
        Some("DISTINCT clause")
    } else if grouped {
        Some("GROUP BY clause")
    } else if select.having.is_some() {
        Some("HAVING clause")
    } else {
        calls_over_rows(node)
    };
    if let Some(obstacle) = obstacle {
        let message = format!("{strength} is not allowed with {obstacle}");
        return Err(Error::new(Code::Unsupported, message));
    }
    let mut all_are_of_present = true;
    for lock in &query.locks {
        let named = named(lock, &select.from)?;
        all_are_of_present &= named.is_some_and(|table| binder.is_present(table));
    }
    if !all_are_of_present && reads_past(node) {
        let message = format!("{strength} at a past moment, which nothing changes any more");
        return Err(Error::new(Code::ReadOnly, message));
    }
    Ok(())
}

impl Binder<'_> {
    /// Whether it is a table without a clause. (What a view reads, its plan says.)
    fn is_present(&mut self, factor: &TableFactor) -> bool {
        let TableFactor::Table { name, .. } = factor else {
            return false;
        };
        let Ok((relation, position)) = self.relation(name) else {
            return false;
        };
        let time = self.time_of_table(position);
        let table = self.find_table(relation.as_str(), position, time);
        time == TimeSlot::Present
            && self.common_table(name).is_none()
            && table.is_ok_and(|table| table.kind() == RelationKind::Table)
    }
}

fn strength(lock: &LockClause) -> &'static str {
    match lock.lock_type {
        LockType::Share => "FOR SHARE",
        LockType::Update => "FOR UPDATE",
    }
}

/// What the SELECT itself, and not what it reads from, makes of its rows.
fn calls_over_rows(node: &Node) -> Option<&'static str> {
    match node {
        Node::Aggregate { .. } => Some("aggregate functions"),
        Node::Window { .. } => Some("window functions"),
        Node::Project { input, .. } | Node::Filter { input, .. } | Node::Sort { input, .. } => {
            calls_over_rows(input)
        }
        Node::Limit { input, .. } => calls_over_rows(input),
        _ => None,
    }
}

fn reads_past(node: &Node) -> bool {
    match node {
        Node::Scan { time, .. } | Node::IndexScan { time, .. } => *time != TimeSlot::Present,
        Node::Past { .. } => true,
        _ => node.inputs().into_iter().any(reads_past),
    }
}

/// The table that the name behind OF is.
fn named<'a>(lock: &LockClause, tables: &'a [TableWithJoins]) -> Result<Option<&'a TableFactor>> {
    let Some(of) = &lock.of else {
        return Ok(None);
    };
    let strength = strength(lock);
    let [wanted] = name::parts(of)?[..] else {
        let message = format!("{strength} must specify unqualified relation names");
        return Err(Error::new(Code::Syntax, message));
    };
    let found = tables.iter().find_map(|table| joined(table, &wanted.value));
    if found.is_some() {
        return Ok(found);
    }
    let name = &wanted.value;
    let message = format!("relation \"{name}\" in {strength} clause not found in FROM clause");
    Err(Error::new(Code::UndefinedTable, message).at(name::position(wanted)))
}

/// The table of that name that is joined here.
fn joined<'a>(table: &'a TableWithJoins, wanted: &str) -> Option<&'a TableFactor> {
    let others = table.joins.iter().map(|join| &join.relation);
    let mut factors = std::iter::once(&table.relation).chain(others);
    factors.find_map(|factor| match factor {
        TableFactor::NestedJoin {
            table_with_joins,
            alias: None,
        } => joined(table_with_joins, wanted),
        _ => is_named(factor, wanted).then_some(factor),
    })
}

fn is_named(factor: &TableFactor, wanted: &str) -> bool {
    match factor {
        TableFactor::Table { name, alias, .. } => match alias {
            Some(alias) => alias.name.value == wanted,
            None => name::parts(name)
                .is_ok_and(|parts| parts.last().is_some_and(|last| last.value == wanted)),
        },
        TableFactor::Derived { alias, .. } => alias
            .as_ref()
            .is_some_and(|alias| alias.name.value == wanted),
        _ => false,
    }
}
