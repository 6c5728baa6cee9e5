//! FOREIGN KEY and REFERENCES, and the rules of the tables that their actions change.

use super::binder::Binder;
use super::constraint::{check_constraint_free, numbered};
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, Expr, ExprKind};
use crate::plan::{JoinKind, Node, Related, Rules, TimeSlot};
use crate::sql::check_name;
use crate::types::{Action, ColumnId, DataType, ForeignKey, TableId, TableSchema};
use sqlparser::ast::{
    self, ConstraintReferenceMatchKind, DeferrableInitial, Ident, ReferentialAction,
};
use std::rc::Rc;

/// The id of the table that is being made, for a key that leads to itself.
pub const OWN: TableId = TableId(u32::MAX);

impl Binder<'_> {
    pub fn foreign_key(
        &mut self,
        schema: &TableSchema,
        given: Option<&Ident>,
        columns: &[&Ident],
        clause: &ast::ForeignKeyConstraint,
    ) -> Result<ForeignKey> {
        let (target, position) = self.relation(&clause.foreign_table)?;
        let target = target.as_str();
        let is_own = target == schema.key() || schema.is_temporary() && target == schema.name;
        let other = match is_own {
            true => Rc::new(schema.clone()),
            false => self.target(target, position)?,
        };
        if other.is_temporary() != schema.is_temporary() {
            let kind = if schema.is_temporary() {
                "temporary"
            } else {
                "permanent"
            };
            let message = format!("constraints on {kind} tables may reference only {kind} tables");
            return Err(Error::new(Code::InvalidTableDefinition, message).at(position));
        }
        let own = key_columns(schema, columns)?;
        let referred: Vec<&Ident> = clause.referred_columns.iter().collect();
        let waiting = |kind: &str| {
            let message =
                format!("cannot use a deferrable {kind} for referenced table \"{target}\"");
            Err(Error::new(Code::NotInPrerequisiteState, message))
        };
        let referenced = match (referred.is_empty(), other.primary_key()) {
            (true, Some(key)) if key.may_wait() => return waiting("primary key"),
            (false, _) => key_columns(&other, &referred)?,
            (true, Some(key)) => key.columns.clone(),
            (true, None) => {
                let message = format!("there is no primary key for referenced table \"{target}\"");
                return Err(Error::new(Code::UndefinedObject, message));
            }
        };
        if own.len() != referenced.len() {
            let message = "number of referencing and referenced columns for foreign key disagree";
            return Err(Error::new(Code::InvalidForeignKey, message));
        }
        if other.unique_key(&referenced).is_none() {
            let mut keys = other.indexes.iter();
            if keys.any(|key| key.may_wait() && key.columns == referenced) {
                return waiting("unique constraint");
            }
            let message = format!(
                "there is no unique constraint matching given keys for referenced table \"{target}\""
            );
            return Err(Error::new(Code::InvalidForeignKey, message));
        }
        let name = match given {
            Some(ident) => {
                check_name(ident)?;
                check_constraint_free(schema, &ident.value)?;
                ident.value.clone()
            }
            None => {
                let columns: Vec<&str> = columns.iter().map(|c| c.value.as_str()).collect();
                let base = format!("{}_{}_fkey", schema.name, columns.join("_"));
                numbered(base, |name| schema.has_constraint(name))
            }
        };
        for (from, to) in own.iter().zip(&referenced) {
            check_types(&name, (schema, *from), (&other, *to))?;
        }
        let match_full = match clause.match_kind {
            Some(ConstraintReferenceMatchKind::Partial) => {
                return Err(Error::unsupported("MATCH PARTIAL"));
            }
            kind => kind == Some(ConstraintReferenceMatchKind::Full),
        };
        let when = clause.characteristics.as_ref();
        if when.is_some_and(|when| when.enforced == Some(false)) {
            return Err(Error::unsupported("NOT ENFORCED"));
        }
        Ok(ForeignKey {
            name,
            columns: own,
            // A table that is not made yet has no id.
            table: if is_own && self.catalog().table(target).is_none() {
                OWN
            } else {
                other.id
            },
            referenced,
            on_delete: action(clause.on_delete),
            on_update: action(clause.on_update),
            match_full,
            deferrable: when.is_some_and(|when| when.deferrable == Some(true)),
            deferred: when.is_some_and(|when| when.initially == Some(DeferrableInitial::Deferred)),
            not_valid: false,
        })
    }

    /// The rules of all tables that actions may change, beginning from one.
    pub fn related(&mut self, table: &TableSchema) -> Result<Rc<Related>> {
        let catalog = self.catalog();
        let mut reached = vec![table.id];
        let mut related: Vec<(TableId, Rules)> = Vec::new();
        let mut next = 0;
        while let Some(id) = reached.get(next).copied() {
            next += 1;
            for (child, _) in catalog.referencing(id) {
                if related.iter().any(|(known, _)| *known == child.id) {
                    continue;
                }
                let mut rules = self.own_rules(child)?;
                rules.defaults = self.defaults(child)?;
                related.push((child.id, rules));
                reached.push(child.id);
            }
        }
        Ok(Rc::new(related))
    }

    /// The rows that lead nowhere.
    pub fn dangling(&mut self, schema: &TableSchema, foreign: &ForeignKey) -> Result<Node> {
        let table = Rc::new(schema.clone());
        let other = match foreign.table == schema.id {
            true => table.clone(),
            false => self.catalog().require(foreign.table)?.clone(),
        };
        let scan = |table: &Rc<TableSchema>, columns: &[ColumnId]| Node::Scan {
            table: table.clone(),
            time: TimeSlot::Present,
            columns: (columns.iter())
                .map(|id| crate::types::ScanColumn::Column(*id))
                .collect(),
            filter: None,
        };
        let column = |table: &TableSchema, at: usize, id: ColumnId| {
            let position = table.position(id).expect("a column of the table");
            Expr::column(at, table.columns[position].data_type)
        };
        let width = foreign.columns.len();
        let is_there = |at: usize| {
            let operand = Box::new(column(&table, at, foreign.columns[at]));
            let negated = true;
            Expr::new(ExprKind::IsNull { operand, negated }, DataType::Boolean)
        };
        // Their types are held alike.
        let pair = |at: usize| {
            let left = column(&table, at, foreign.columns[at]);
            (left, column(&other, at, foreign.referenced[at]))
        };
        Ok(Node::Join {
            kind: JoinKind::Anti,
            left: Box::new(Node::Filter {
                input: Box::new(scan(&table, &foreign.columns)),
                // A part of a key that matches in full leads nowhere.
                predicate: match foreign.match_full && width > 1 {
                    true => expr::resolve_or((0..width).map(is_there).collect())?,
                    false => all((0..width).map(is_there).collect())?,
                },
            }),
            right: Box::new(scan(&other, &foreign.referenced)),
            keys: (0..width).map(pair).collect(),
            condition: None,
        })
    }
}

fn all(mut conditions: Vec<Expr>) -> Result<Expr> {
    match conditions.len() {
        1 => Ok(conditions.remove(0)),
        _ => expr::resolve_and(conditions),
    }
}

fn key_columns(table: &TableSchema, columns: &[&Ident]) -> Result<Vec<ColumnId>> {
    let find = |ident: &&Ident| {
        let at = table.position_by_name(&ident.value);
        at.map(|at| table.columns[at].id).ok_or_else(|| {
            let message = format!(
                "column \"{}\" referenced in foreign key constraint does not exist",
                ident.value
            );
            Error::new(Code::UndefinedColumn, message)
        })
    };
    columns.iter().map(find).collect()
}

fn check_types(
    name: &str,
    (from, own): (&TableSchema, ColumnId),
    (to, other): (&TableSchema, ColumnId),
) -> Result<()> {
    let column = |table: &TableSchema, id| {
        let at = table.position(id).expect("a column of the table");
        table.columns[at].clone()
    };
    let (own, other) = (column(from, own), column(to, other));
    let (a, b) = (own.data_type, other.data_type);
    let is_text = |t: DataType| matches!(t, DataType::Text | DataType::Varchar(_));
    if a.base() == b.base() || a.is_integer() && b.is_integer() || is_text(a) && is_text(b) {
        return Ok(());
    }
    let left = Expr::column(0, a);
    let right = Expr::column(1, b);
    if expr::resolve_operator(BinaryOperator::Equal, left, right).is_ok() {
        let what = format!("a foreign key from {} to {}", a.base(), b.base());
        return Err(Error::unsupported(what));
    }
    let message = format!("foreign key constraint \"{name}\" cannot be implemented");
    Err(
        Error::new(Code::DatatypeMismatch, message).with_detail(format!(
            "Key columns \"{}\" and \"{}\" are of incompatible types: {} and {}.",
            own.name,
            other.name,
            a.base(),
            b.base()
        )),
    )
}

fn action(action: Option<ReferentialAction>) -> Action {
    match action {
        None | Some(ReferentialAction::NoAction) => Action::NoAction,
        Some(ReferentialAction::Restrict) => Action::Restrict,
        Some(ReferentialAction::Cascade) => Action::Cascade,
        Some(ReferentialAction::SetNull) => Action::SetNull,
        Some(ReferentialAction::SetDefault) => Action::SetDefault,
    }
}
