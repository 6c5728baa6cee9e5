//! The names that an expression can see: the tables of a FROM and their columns.

use super::name;
use crate::error::{Code, Error, Result};
use crate::expr::Expr;
use crate::types::DataType;
use sqlparser::ast::Ident;
use std::cell::Cell;
use std::rc::Rc;

/// The columns of the rows that a FROM yields, in the order of `*`.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub tables: Vec<ScopeTable>,
    pub columns: Vec<ScopeColumn>,
    /// How many columns the rows have.
    pub width: usize,
}

/// A table, or something that stands like one in a FROM.
#[derive(Debug, Clone)]
pub struct ScopeTable {
    /// The alias, or else the name.
    pub name: String,
    /// The table's own name, if an alias hides it.
    pub hidden_name: Option<String>,
    /// The schema that may stand before its name; empty behind an alias. Where it is not known any may.
    pub schema: Option<String>,
    /// Its columns among the rows' columns.
    pub start: usize,
    pub end: usize,
    /// The positions of a primary key that determines all its columns.
    pub key: Option<Vec<usize>>,
    /// It is on a side of an outer join that has not a row for each.
    pub may_be_missing: bool,
}

#[derive(Debug, Clone)]
pub struct ScopeColumn {
    /// The table it belongs to; none for the merged columns of a join with USING.
    pub table: Option<usize>,
    pub name: String,
    /// What it is over the rows' columns.
    pub expr: Expr,
    /// Part of `*` and of a natural join.
    pub visible: bool,
    /// Found by its name alone; not so the two columns behind a merged one.
    pub unqualified: bool,
    /// Says that the column was used, where that is to be known.
    pub used: Option<Rc<Cell<bool>>>,
}

impl ScopeColumn {
    pub fn note(&self) {
        if let Some(used) = &self.used {
            used.set(true);
        }
    }
}

impl Scope {
    /// A scope of one table with these columns.
    pub fn of_table(table: ScopeTable, columns: impl Iterator<Item = (String, DataType)>) -> Scope {
        let columns: Vec<ScopeColumn> = columns
            .enumerate()
            .map(|(at, (name, data_type))| ScopeColumn {
                table: Some(0),
                name,
                expr: Expr::column(at, data_type),
                visible: true,
                unqualified: true,
                used: None,
            })
            .collect();
        Scope {
            width: columns.len(),
            tables: vec![table],
            columns,
        }
    }

    /// Both scopes side by side; the second's columns follow the first's.
    pub fn beside(mut self, mut right: Scope) -> Result<Scope> {
        for table in &right.tables {
            // A subquery may go without a name, and a name may be that of tables of several schemas.
            let is_named = !table.name.is_empty();
            let is_same = |other: &ScopeTable| {
                other.name == table.name
                    && (table.schema.is_none()
                        || table.hidden_name.is_some()
                        || other.hidden_name.is_some()
                        || other.schema.is_none()
                        || other.schema == table.schema)
            };
            if is_named && self.tables.iter().any(is_same) {
                return Err(Error::new(
                    Code::DuplicateAlias,
                    format!("table name \"{}\" specified more than once", table.name),
                ));
            }
        }
        right.shift(self.width, self.tables.len());
        self.width += right.width;
        self.tables.extend(right.tables);
        self.columns.extend(right.columns);
        Ok(self)
    }

    /// What is visible of it as the columns of one table.
    pub fn into_one(self, name: &str) -> Scope {
        let table = ScopeTable {
            name: name.to_string(),
            hidden_name: None,
            schema: None,
            start: 0,
            end: self.width,
            key: None,
            may_be_missing: false,
        };
        let visible = self.columns.into_iter().filter(|column| column.visible);
        let columns = visible.map(|column| ScopeColumn {
            table: Some(0),
            unqualified: true,
            ..column
        });
        Scope {
            columns: columns.collect(),
            tables: vec![table],
            width: self.width,
        }
    }

    fn shift(&mut self, columns: usize, tables: usize) {
        for table in &mut self.tables {
            table.start += columns;
            table.end += columns;
            for position in table.key.iter_mut().flatten() {
                *position += columns;
            }
        }
        for column in &mut self.columns {
            column.table = column.table.map(|table| table + tables);
            shift_columns(&mut column.expr, columns);
        }
    }

    /// The column that a name, perhaps qualified, means; `None` if there is none.
    pub fn find(&self, qualifier: Option<&Ident>, column: &Ident) -> Result<Option<&ScopeColumn>> {
        if let Some(table) = qualifier {
            self.table_alone(table)?;
        }
        let is_meant = |found: &&ScopeColumn| {
            found.name == column.value
                && match qualifier {
                    Some(table) => found
                        .table
                        .is_some_and(|t| self.tables[t].name == table.value),
                    None => found.unqualified,
                }
        };
        let mut found = self.columns.iter().filter(is_meant);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Error::new(
                Code::AmbiguousColumn,
                format!("column reference \"{}\" is ambiguous", column.value),
            )
            .at(name::position(qualifier.unwrap_or(column)))),
            (first, _) => Ok(first.inspect(|column| column.note())),
        }
    }

    /// The column of the table of a schema, where another has a table of the same name.
    pub fn find_in(&self, [schema, table, column]: [&Ident; 3]) -> Option<&ScopeColumn> {
        let at = self.table_in(schema, table)?;
        let mut columns = self.columns.iter();
        let found = columns.find(|own| own.name == column.value && own.table == Some(at))?;
        found.note();
        Some(found)
    }

    pub fn table_in(&self, schema: &Ident, table: &Ident) -> Option<usize> {
        let schema = Some(schema.value.as_str());
        let mut tables = self.tables.iter();
        tables.position(|own| own.name == table.value && own.schema.as_deref() == schema)
    }

    /// The table that a name means, which may be only one.
    pub fn table_alone(&self, name: &Ident) -> Result<Option<usize>> {
        let named = self.tables.iter().filter(|table| table.name == name.value);
        match named.count() > 1 {
            true => {
                let message = format!("table reference \"{}\" is ambiguous", name.value);
                Err(Error::new(Code::AmbiguousAlias, message).at(name::position(name)))
            }
            false => Ok(self.table(&name.value)),
        }
    }

    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name == name)
    }

    /// An error for the name of a table here behind the name of a schema that is not its own.
    pub fn check_schema(&self, schema: &Ident, table: &Ident) -> Result<()> {
        let found = self.table(&table.value).map(|at| &self.tables[at]);
        match found.and_then(|found| found.schema.as_ref()) {
            Some(own) if *own != schema.value => {
                let name = &table.value;
                let message =
                    format!("invalid reference to FROM-clause entry for table \"{name}\"");
                Err(Error::new(Code::UndefinedTable, message).at(name::position(schema)))
            }
            _ => Ok(()),
        }
    }

    /// The error for a name that means nothing here.
    pub fn missing(&self, qualifier: Option<&Ident>, column: &Ident) -> Error {
        let position = name::position(qualifier.unwrap_or(column));
        let Some(table) = qualifier else {
            let message = format!("column \"{}\" does not exist", column.value);
            let error = Error::new(Code::UndefinedColumn, message).at(position);
            return self.with_hint(error, None, &column.value);
        };
        if let Some(found) = self.table(&table.value) {
            let message = format!("column {}.{} does not exist", table.value, column.value);
            let error = Error::new(Code::UndefinedColumn, message).at(position);
            return self.with_hint(error, Some(found), &column.value);
        }
        self.missing_table(table)
    }

    pub fn missing_table(&self, table: &Ident) -> Error {
        let hidden = |found: &&ScopeTable| found.hidden_name.as_deref() == Some(&table.value);
        let (verb, hint) = match self.tables.iter().find(hidden) {
            Some(found) => (
                "invalid reference to",
                Some(format!(
                    "Perhaps you meant to reference the table alias \"{}\".",
                    found.name
                )),
            ),
            None => ("missing", None),
        };
        let message = format!("{verb} FROM-clause entry for table \"{}\"", table.value);
        let error = Error::new(Code::UndefinedTable, message).at(name::position(table));
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn with_hint(&self, error: Error, table: Option<usize>, name: &str) -> Error {
        let candidates = self
            .columns
            .iter()
            .filter(|column| column.visible && (table.is_none() || column.table == table));
        // No hint for a name that is mostly different.
        let furthest = (name.chars().count() / 2).min(3);
        let nearest = candidates
            .map(|column| (distance(&column.name, name), column))
            .filter(|(distance, _)| *distance <= furthest)
            .min_by_key(|(distance, _)| *distance);
        match nearest {
            Some((_, column)) => {
                let name = self.qualified(column);
                error.with_hint(format!(
                    "Perhaps you meant to reference the column \"{name}\"."
                ))
            }
            None => error,
        }
    }

    /// `table.column`.
    pub fn qualified(&self, column: &ScopeColumn) -> String {
        match column.table {
            Some(table) => format!("{}.{}", self.tables[table].name, column.name),
            None => column.name.clone(),
        }
    }
}

/// Moves the columns of an expression to the right.
pub fn shift_columns(expr: &mut Expr, by: usize) {
    expr.visit_mut(&mut |expr| {
        if let crate::expr::ExprKind::Column(position) = &mut expr.kind {
            *position += by;
        }
    });
}

/// How many characters to insert, delete or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
