//! MERGE: the rows of a source joined with those of a table, and for each of them the first clause that fits.
//!
//! ```text
//! Project   row id, what becomes of the row, the whole new row with its generated columns
//!   Project   the same: the values of the clause that was chosen, and of no other
//!     Project   the columns below, and the number of the clause, or NULL
//!       Join      the table and its row id, then the source; rows of the source alone if some clause is for them
//! ```

use super::binder::Binder;
use super::expression::Context;
use super::from::join;
use super::scope::{Scope, shift_columns};
use super::update::{positions, project};
use super::writable::Writable;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, Expr};
use crate::plan::{JoinKind, Plan, RowChange, Update};
use crate::types::{DataType, TableSchema, sort_by};
use sqlparser::ast::{self, MergeAction, MergeClauseKind, MergeInsertKind, MergeUpdateKind};

impl<'a> Binder<'a> {
    pub fn bind_merge(&mut self, merge: &'a ast::Merge) -> Result<Plan> {
        if merge.output.is_some() {
            return Err(Error::unsupported("RETURNING of MERGE"));
        }
        let target = self.target_rows(&merge.table, &[], None, "merge into")?;
        if target.written.is_view() {
            let message = format!(
                "cannot execute MERGE on relation \"{}\"",
                target.scope.tables[0].name
            );
            return Err(Error::new(Code::Unsupported, message)
                .with_detail("This operation is not supported for views."));
        }
        let written = &target.written;
        let (table, width) = (target.table, target.scope.width);
        let (source, source_scope) = self.source_factor(&merge.source)?;
        let scope = target.scope.beside(source_scope)?;
        let since = self.dependents.len();
        let mut context = Context::new(&scope, "JOIN conditions");
        let on = self.condition(&merge.on, &mut context, "JOIN/ON")?;
        let kind = match merge.clauses.iter().all(is_of_matched) {
            true => JoinKind::Inner,
            false => JoinKind::Right,
        };
        let mut node = match self.dependents.len() > since {
            true => self.join_by_subqueries(since, kind, target.node, source, Vec::new(), on)?,
            false => join(kind, target.node, source, Some(on)),
        };
        // Where no row matched, the table has no columns.
        let mut alone = scope.clone();
        alone.tables[0].name.clear();
        for column in &mut alone.columns[..width] {
            column.name.clear();
        }
        let seen_by = |clause: &ast::MergeClause| match is_of_matched(clause) {
            true => &scope,
            false => &alone,
        };
        let mut chosen = self.clause_of_row(&merge.clauses, &table, &seen_by)?;
        node = self.place_since(since, node, std::iter::once(&mut chosen));
        let types = node.types().into_iter().enumerate();
        let mut below: Vec<Expr> = types.map(|(at, t)| Expr::column(at, t)).collect();
        let number = Expr::column(below.len(), DataType::Integer);
        below.push(chosen);
        let node = project(node, below);

        let mut kinds = Vec::new();
        let mut values: Vec<Vec<(Expr, Expr)>> = vec![Vec::new(); table.columns.len()];
        let mut changed = Vec::new();
        for (at, clause) in merge.clauses.iter().enumerate() {
            let is_chosen = equals(&number, at)?;
            let since = self.dependents.len();
            let Some((kind, row)) = self.action(clause, written, seen_by(clause), &mut changed)?
            else {
                continue;
            };
            self.guard(since, 0, || Ok(is_chosen.clone()))?;
            kinds.push((is_chosen.clone(), Expr::integer(kind as i32)));
            for (values, value) in values.iter_mut().zip(row) {
                values.push((is_chosen.clone(), value));
            }
        }
        let id = Expr::column(table.columns.len(), DataType::BigInt);
        let mut expressions = vec![id, case(kinds, DataType::Integer)?];
        for (column, values) in table.columns.iter().zip(values) {
            expressions.push(case(values, column.data_type)?);
        }
        let node = self.place_since(since, node, &mut expressions);
        let mut top = positions(&expressions);
        let node = project(node, expressions);

        let rules = self.rules(&table)?;
        for (at, value) in &rules.generated {
            let mut value = value.clone();
            shift_columns(&mut value, 2);
            let deleted = Expr::integer(RowChange::Delete as i32);
            let is_kept = expr::resolve_operator(BinaryOperator::Greater, top[1].clone(), deleted)?;
            top[2 + at] = case(vec![(is_kept, value)], table.columns[*at].data_type)?;
            changed.push(*at);
        }
        let mut columns: Vec<_> = changed.iter().map(|at| table.columns[*at].id).collect();
        sort_by(&mut columns, Ord::cmp);
        columns.dedup();
        Ok(Plan::Merge(Update {
            columns,
            source: project(node, top),
            table,
            rules,
            subplans: std::mem::take(&mut self.subplans),
            returning: None,
        }))
    }

    /// The number of the first clause whose condition is true of a row.
    fn clause_of_row<'s>(
        &mut self,
        clauses: &'a [ast::MergeClause],
        table: &TableSchema,
        seen_by: &dyn Fn(&ast::MergeClause) -> &'s Scope,
    ) -> Result<Expr> {
        if clauses.is_empty() {
            return Err(Error::new(Code::Syntax, "MERGE has a WHEN clause at least"));
        }
        let id = Expr::column(table.columns.len(), DataType::BigInt);
        let mut branches = Vec::with_capacity(clauses.len());
        let mut is_over = [false; 2];
        for (at, clause) in clauses.iter().enumerate() {
            let is_matched = is_of_matched(clause);
            let message = "unreachable WHEN clause specified after unconditional WHEN clause";
            match &mut is_over[usize::from(is_matched)] {
                true => return Err(Error::new(Code::Syntax, message)),
                is_over => *is_over = clause.predicate.is_none(),
            }
            let mut condition = expr::resolve_is_null(id.clone(), is_matched)?;
            if let Some(predicate) = &clause.predicate {
                let mut context = Context::new(seen_by(clause), "MERGE WHEN AND");
                let predicate = self.condition(predicate, &mut context, "WHEN")?;
                condition = expr::resolve_and(vec![condition, predicate])?;
            }
            branches.push((condition, Expr::integer(at as i32)));
        }
        case(branches, DataType::Integer)
    }

    /// What becomes of a row by a clause and the whole row then; nothing where it stays. Notes the columns that an
    /// UPDATE sets.
    fn action(
        &mut self,
        clause: &'a ast::MergeClause,
        written: &Writable,
        scope: &Scope,
        changed: &mut Vec<usize>,
    ) -> Result<Option<(RowChange, Vec<Expr>)>> {
        let table = &written.table;
        let columns = table.columns.iter().enumerate();
        let mut row: Vec<Expr> = columns
            .map(|(at, column)| Expr::column(at, column.data_type))
            .collect();
        let kind = match &clause.action {
            MergeAction::DoNothing { .. } => return Ok(None),
            MergeAction::Delete { .. } => RowChange::Delete,
            MergeAction::Update(update) => {
                let MergeUpdateKind::Set(assignments) = &update.kind else {
                    return Err(Error::unsupported("this form of MERGE"));
                };
                if update.update_predicate.is_some() || update.delete_predicate.is_some() {
                    return Err(Error::unsupported("this form of MERGE"));
                }
                for (at, value) in self.assignments(assignments, written, scope)? {
                    changed.push(at);
                    row[at] = value;
                }
                RowChange::Update
            }
            MergeAction::Insert(insert) => {
                let (MergeInsertKind::Values(values), None) =
                    (&insert.kind, &insert.insert_predicate)
                else {
                    return Err(Error::unsupported("this form of MERGE"));
                };
                let [values] = values.rows.as_slice() else {
                    return Err(Error::new(Code::Syntax, "MERGE inserts one row for each"));
                };
                let targets = written.targets(&insert.columns)?;
                row = self.defaults(table)?;
                let is_listed = !insert.columns.is_empty();
                self.fill_row(
                    &mut row,
                    &values.content,
                    written,
                    (&targets, is_listed),
                    scope,
                )?;
                RowChange::Insert
            }
        };
        Ok(Some((kind, row)))
    }
}

fn is_of_matched(clause: &ast::MergeClause) -> bool {
    clause.clause_kind == MergeClauseKind::Matched
}

fn equals(number: &Expr, at: usize) -> Result<Expr> {
    expr::resolve_operator(
        BinaryOperator::Equal,
        number.clone(),
        Expr::integer(at as i32),
    )
}

/// The first value whose condition is true; NULL if there is none.
fn case(branches: Vec<(Expr, Expr)>, data_type: DataType) -> Result<Expr> {
    match branches.is_empty() {
        true => Ok(Expr::constant(crate::types::Value::Null, data_type)),
        false => expr::resolve_case(None, branches, None),
    }
}
