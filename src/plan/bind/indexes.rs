//! CREATE INDEX and DROP INDEX, and the names and keys of indexes.

use super::binder::Binder;
use super::define::{column_names, order_of};
use super::key::bind_key;
use super::name;
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{Plan, TimeSlot};
use crate::sql::{self, CreateIndex};
use crate::table::{Catalog, mentions_in};
use crate::types::{
    ColumnId, ComputedKey, DataType, IndexId, IndexSchema, RelationKind, TableSchema,
};
use sqlparser::ast::{self, Ident, IndexColumn};

/// As many columns as a key of PostgreSQL may have.
const KEY_COLUMNS_MAX: usize = 32;

impl Binder<'_> {
    pub fn bind_create_index(&mut self, index: &CreateIndex) -> Result<Plan> {
        let (table_name, position) = self.relation(&index.table)?;
        let table_name = table_name.as_str();
        let found = self.find_table(table_name, position, TimeSlot::Present);
        let table = match found {
            Ok(view) if view.kind() == RelationKind::MaterializedView => view,
            _ => self.target(table_name, position)?,
        };
        let is_plain =
            |column: &IndexColumn| matches!(column.column.expr, ast::Expr::Identifier(_));
        let (mut key, mut computed) = (Vec::new(), None);
        if index.predicate.is_none() && index.columns.iter().all(is_plain) {
            key = key_columns(&table, &column_names(&index.columns)?, true)?;
            for (column, id) in index.columns.iter().zip(&key) {
                check_class(&table, *id, &column.operator_class)?;
            }
        } else {
            if index
                .columns
                .iter()
                .any(|column| column.operator_class.is_some())
            {
                return Err(Error::unsupported("an operator class for an expression"));
            }
            check_width(index.columns.len())?;
            let texts = &self.statement.texts;
            let mut with_ids = |text: &String| self.with_ids(text, true);
            let parts = texts.parts.iter().map(&mut with_ids);
            let given = ComputedKey {
                parts: parts.collect::<Result<_>>()?,
                predicate: texts.predicate.as_ref().map(with_ids).transpose()?,
            };
            self.check_casts(&table, &given)?;
            bind_key(&table, &given).map_err(|error| match error.code() {
                Code::UndefinedFunction if self.calls_host(index, &table) => {
                    Error::unsupported("a function of the application in an index")
                        .with_hint("Make a generated column of it, and index that.")
                }
                _ => error.moved_to(position),
            })?;
            computed = Some(given);
        }
        let included: Vec<&Ident> = index.included.iter().collect();
        let included = key_columns(&table, &included, true)?;
        let (mut descending, mut nulls_first) = (Vec::new(), Vec::new());
        for (at, column) in index.columns.iter().enumerate() {
            let order = order_of(column)?;
            let id = key.get(at).copied().unwrap_or(ColumnId(at as u32));
            descending.extend(order.0.then_some(id));
            nulls_first.extend(order.1.then_some(id));
        }
        let index_name = match &index.name {
            Some(given) => {
                let given = name::single(given)?;
                let (given, position) = (&given.value, name::position(given));
                let free = check_free(self.catalog(), &table, given);
                if !index.if_not_exists {
                    free.map_err(|error| error.at(position))?;
                }
                given.to_string()
            }
            None => choose_name(self.catalog(), &table, &part_names(&index.columns), "idx"),
        };
        Ok(Plan::CreateIndex {
            table: table.id,
            index: IndexSchema {
                id: IndexId(0),
                name: index_name,
                columns: key,
                unique: index.unique,
                constraint: false,
                nulls_not_distinct: index.nulls_not_distinct,
                descending,
                nulls_first,
                computed,
                included,
                deferred: false,
                deferrable: false,
            },
            if_not_exists: index.if_not_exists,
        })
    }

    /// Whether functions of the host are what a key wants. None is in one: keys are made again of rows of every moment, and
    /// when a database is opened, which is before any is registered.
    fn calls_host(&mut self, index: &CreateIndex, table: &TableSchema) -> bool {
        let parts = index.columns.iter().map(|part| &part.column.expr);
        let mut all = parts.chain(&index.predicate);
        let is_host = |expr: &Expr| matches!(expr.kind, ExprKind::External { .. });
        all.any(|ast| {
            let bound = self.over_columns(ast, table, "index expressions", None);
            bound.is_ok_and(|bound| bound.any(&mut |expr| is_host(expr)))
        })
    }

    /// An error if a key casts to a type that is not known where keys are made of rows: that knows the enumerated
    /// types of the table's columns.
    fn check_casts(&self, table: &TableSchema, key: &ComputedKey) -> Result<()> {
        let texts = key.parts.iter().chain(&key.predicate);
        let named = texts.flat_map(|text| mentions_in(text));
        let mut named = named.filter_map(|id| self.catalog().table_by_id(id));
        let unknown = named.find(|named| match named.kind() {
            RelationKind::Enum => !table.has_type(named.id),
            kind => kind == RelationKind::Domain,
        });
        match unknown {
            Some(named) => Err(Error::unsupported(format!(
                "a cast to {} in the key of an index of \"{}\"",
                named.shown(),
                table.name
            ))),
            None => Ok(()),
        }
    }

    /// An error if a foreign key leads to the table by the index.
    fn check_index_free(&self, table: &TableSchema, index: &IndexSchema) -> Result<()> {
        let mut leading = self.catalog().referencing(table.id);
        let needs = |columns: &[ColumnId]| {
            (table.unique_key(columns)).is_some_and(|key| key.id == index.id)
        };
        match leading.find(|(_, key)| needs(&key.referenced)) {
            None => Ok(()),
            Some((child, key)) => Err(super::alter::dependent(
                &format!("index {}", index.name),
                format!(
                    "constraint {} on table {} depends on index {}",
                    key.name, child.name, index.name
                ),
            )),
        }
    }

    pub fn bind_drop_index(&mut self, names: &[ast::ObjectName], if_exists: bool) -> Result<Plan> {
        let mut indexes = Vec::with_capacity(names.len());
        for index in names {
            let (index, position) = self.relation(index)?;
            let index = index.as_str();
            match self.catalog().index(index) {
                None if !if_exists => {
                    return Err(Error::new(
                        Code::UndefinedObject,
                        format!("index \"{index}\" does not exist"),
                    )
                    .at(position));
                }
                Some((table, found)) if found.constraint => {
                    return Err(Error::new(
                        Code::DependentObjects,
                        format!(
                            "cannot drop index {index} because constraint {index} on table {} requires it",
                            table.name
                        ),
                    )
                    .at(position));
                }
                Some((table, found)) => self.check_index_free(table, found)?,
                _ => {}
            }
            if !indexes.iter().any(|other| other == index) {
                indexes.push(index.to_string());
            }
        }
        Ok(Plan::DropIndex {
            names: indexes,
            if_exists,
        })
    }
}

/// What the parts of a key are called in the name of its index.
/// The names of the parts of a computed key, as columns of its index.
pub fn names_of_parts(key: &ComputedKey) -> Result<Vec<String>> {
    let parts = key.parts.iter().map(|part| sql::parse_expression(part));
    let parts = parts.collect::<Result<Vec<_>>>()?;
    Ok(names_of(parts.iter()))
}

fn part_names(columns: &[IndexColumn]) -> Vec<String> {
    names_of(columns.iter().map(|part| &part.column.expr))
}

fn names_of<'p>(parts: impl Iterator<Item = &'p ast::Expr>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        let name = match name::of_output(part) {
            name if name == "?column?" => "expr".to_string(),
            name => name,
        };
        let name = super::constraint::numbered(name, |name| names.iter().any(|n| n == name));
        names.push(name);
    }
    names
}

fn check_width(parts: usize) -> Result<()> {
    match parts > KEY_COLUMNS_MAX {
        true => Err(Error::new(
            Code::LimitColumns,
            format!("cannot use more than {KEY_COLUMNS_MAX} columns in an index"),
        )),
        false => Ok(()),
    }
}

/// An error for a type that keys are not made of.
pub fn check_key_type(data_type: DataType) -> Result<()> {
    match data_type.element().unwrap_or(data_type) {
        DataType::Json | DataType::Jsonb | DataType::Interval => Err(Error::unsupported(format!(
            "an index over a column of type {data_type}"
        ))),
        _ => Ok(()),
    }
}

/// The ids of the columns of a key. In an index one may stand twice.
pub fn key_columns(
    table: &TableSchema,
    columns: &[&Ident],
    may_repeat: bool,
) -> Result<Vec<ColumnId>> {
    check_width(columns.len())?;
    let mut key: Vec<ColumnId> = Vec::with_capacity(columns.len());
    for ident in columns {
        let at = |error: Error| error.at(name::position(ident));
        let column = table.position_by_name(&ident.value).ok_or_else(|| {
            let message = format!("column \"{}\" named in key does not exist", ident.value);
            at(Error::new(Code::UndefinedColumn, message))
        })?;
        let column = &table.columns[column];
        if !may_repeat && key.contains(&column.id) {
            let message = format!("column \"{}\" appears twice in a key", ident.value);
            return Err(at(Error::new(Code::DuplicateColumn, message)));
        }
        check_key_type(column.data_type).map_err(at)?;
        key.push(column.id);
    }
    Ok(key)
}

/// An error if a table or index has the name, in the catalog or the table being made.
pub fn check_free(catalog: &Catalog, table: &TableSchema, wanted: &str) -> Result<()> {
    match is_free(catalog, table, wanted) {
        true => Ok(()),
        false => Err(is_taken(wanted)),
    }
}

pub fn is_taken(wanted: &str) -> Error {
    let message = format!("relation \"{wanted}\" already exists");
    Error::new(Code::DuplicateTable, message)
}

fn is_free(catalog: &Catalog, table: &TableSchema, wanted: &str) -> bool {
    wanted != table.name
        && catalog.table(&table.beside(wanted)).is_none()
        && catalog.index(&table.beside(wanted)).is_none()
        && !table.indexes.iter().any(|index| index.name == wanted)
}

/// `table_a_b_key`, with a number behind it if that is taken.
pub fn choose_name(
    catalog: &Catalog,
    table: &TableSchema,
    columns: &[String],
    suffix: &str,
) -> String {
    let mut base = table.name.clone();
    for column in columns {
        base.push('_');
        base.push_str(column);
    }
    base.push('_');
    base.push_str(suffix);
    super::constraint::numbered(base, |name| !is_free(catalog, table, name))
}

/// An error for an operator class but that of the column's type: there is one order of texts, in which patterns find
/// their beginnings, too.
fn check_class(table: &TableSchema, id: ColumnId, class: &Option<ast::ObjectName>) -> Result<()> {
    let Some(class) = class else {
        return Ok(());
    };
    let ident = name::single(class)?;
    let column = table.columns.iter().find(|column| column.id == id);
    let data_type = column.map_or(DataType::Unknown, |column| column.data_type);
    let of_type = ident.value.strip_suffix("_ops").unwrap_or_default();
    let is_own = match of_type.strip_suffix("_pattern").unwrap_or(of_type) {
        "text" | "varchar" | "bpchar" => data_type.is_text(),
        other => of_type == other && crate::plan::system::type_name(data_type) == other,
    };
    match is_own {
        true => Ok(()),
        false => {
            let message = format!("the operator class \"{}\" here", ident.value);
            Err(Error::unsupported(message).at(name::position(ident)))
        }
    }
}
