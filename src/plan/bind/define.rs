//! CREATE TABLE, DROP TABLE and TRUNCATE.

use super::binder::{Binder, COLUMNS_MAX};
use super::from::SYSTEM_COLUMNS;
use super::{data_type, indexes, name};
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::types::{
    ColumnId, ColumnSchema, DataType, DefaultValue, IndexId, IndexSchema, TableId, TableSchema,
};
use sqlparser::ast::{
    self, ColumnOption, ConstraintCharacteristics, CreateTableOptions, HiveDistributionStyle,
    Ident, IndexColumn, NullsDistinctOption, TableConstraint,
};

/// A PRIMARY KEY or UNIQUE constraint as it was written.
struct Constraint<'a> {
    name: Option<&'a Ident>,
    columns: Vec<&'a Ident>,
    primary: bool,
}

impl Binder<'_> {
    pub fn bind_create_table(&mut self, table: &ast::CreateTable) -> Result<Plan> {
        check_clauses(table)?;
        let (table_name, position) = name::relation(&table.name)?;
        if self.catalog().table(table_name).is_some() && !table.if_not_exists {
            return Err(Error::new(
                Code::DuplicateTable,
                format!("relation \"{table_name}\" already exists"),
            )
            .at(position));
        }
        if table.columns.len() > COLUMNS_MAX {
            return Err(Error::new(
                Code::LimitColumns,
                format!("tables can have at most {COLUMNS_MAX} columns"),
            ));
        }
        let mut schema = TableSchema {
            id: TableId(0),
            name: table_name.to_string(),
            columns: Vec::with_capacity(table.columns.len()),
            next_column: ColumnId(table.columns.len() as u32),
            primary_key: None,
            indexes: Vec::new(),
        };
        let mut constraints = Vec::new();
        let mut defaults = self.statement.defaults.iter();
        for column in &table.columns {
            let bound = self.column_definition(column, &schema, &mut defaults, &mut constraints)?;
            schema.columns.push(bound);
        }
        for constraint in &table.constraints {
            constraints.push(table_constraint(constraint)?);
        }
        for constraint in constraints {
            self.add_constraint(&mut schema, constraint)?;
        }
        Ok(Plan::CreateTable {
            schema,
            if_not_exists: table.if_not_exists,
        })
    }

    fn column_definition<'c>(
        &mut self,
        column: &'c ast::ColumnDef,
        schema: &TableSchema,
        defaults: &mut std::slice::Iter<String>,
        constraints: &mut Vec<Constraint<'c>>,
    ) -> Result<ColumnSchema> {
        let ident = &column.name;
        let position = name::position(ident);
        if schema.position_by_name(&ident.value).is_some() {
            let message = format!("column \"{}\" specified more than once", ident.value);
            return Err(Error::new(Code::DuplicateColumn, message).at(position));
        }
        if SYSTEM_COLUMNS
            .iter()
            .any(|(system, _)| *system == ident.value)
        {
            let message = format!(
                "column name \"{}\" conflicts with a system column name",
                ident.value
            );
            return Err(Error::new(Code::DuplicateColumn, message).at(position));
        }
        let data_type = data_type::bind(&column.data_type).map_err(|error| error.at(position))?;
        if data_type == DataType::Interval {
            return Err(Error::unsupported("a column of type interval").at(position));
        }
        let mut bound = ColumnSchema {
            id: ColumnId(schema.columns.len() as u32),
            name: ident.value.clone(),
            data_type,
            nullable: true,
            default: None,
        };
        let mut says_null = false;
        for option in &column.options {
            match &option.option {
                ColumnOption::Null => says_null = true,
                ColumnOption::NotNull => bound.nullable = false,
                ColumnOption::Default(_) if bound.default.is_some() => {
                    let message = format!(
                        "multiple default values specified for column \"{}\" of table \"{}\"",
                        ident.value, schema.name
                    );
                    return Err(Error::new(Code::Syntax, message).at(position));
                }
                ColumnOption::Default(ast) => {
                    self.bind_default(ast, &bound)?;
                    let sql = defaults.next().cloned();
                    let sql = sql
                        .ok_or_else(|| Error::new(Code::Internal, "a DEFAULT without its text"))?;
                    crate::sql::parse_default(&sql)?;
                    bound.default = Some(DefaultValue { sql });
                }
                ColumnOption::PrimaryKey(key) => {
                    check_constraint(&key.characteristics, None)?;
                    constraints.push(Constraint {
                        name: option.name.as_ref().or(key.name.as_ref()),
                        columns: vec![ident],
                        primary: true,
                    });
                }
                ColumnOption::Unique(unique) => {
                    check_constraint(&unique.characteristics, Some(&unique.nulls_distinct))?;
                    constraints.push(Constraint {
                        name: option.name.as_ref().or(unique.name.as_ref()),
                        columns: vec![ident],
                        primary: false,
                    });
                }
                other => return Err(Error::unsupported(option_name(other)).at(position)),
            }
        }
        if says_null && !bound.nullable {
            let message = format!(
                "conflicting NULL/NOT NULL declarations for column \"{}\" of table \"{}\"",
                ident.value, schema.name
            );
            return Err(Error::new(Code::Syntax, message).at(position));
        }
        Ok(bound)
    }

    fn add_constraint(&mut self, schema: &mut TableSchema, constraint: Constraint) -> Result<()> {
        if constraint.primary && schema.primary_key.is_some() {
            let message = format!(
                "multiple primary keys for table \"{}\" are not allowed",
                schema.name
            );
            let error = Error::new(Code::InvalidTableDefinition, message);
            return Err(match constraint.columns.first() {
                Some(ident) => error.at(name::position(ident)),
                None => error,
            });
        }
        let columns = indexes::key_columns(schema, &constraint.columns)?;
        if constraint.primary {
            for id in &columns {
                schema.columns[id.0 as usize].nullable = false;
            }
        }
        let suffix = if constraint.primary { "pkey" } else { "key" };
        let listed: &[&Ident] = if constraint.primary {
            &[]
        } else {
            &constraint.columns
        };
        let index_name = match constraint.name {
            Some(ident) => {
                indexes::check_free(self.catalog(), schema, &ident.value)
                    .map_err(|error| error.at(name::position(ident)))?;
                ident.value.clone()
            }
            None => indexes::choose_name(self.catalog(), schema, listed, suffix),
        };
        let id = IndexId(schema.indexes.len() as u32);
        if constraint.primary {
            schema.primary_key = Some(id);
        }
        schema.indexes.push(IndexSchema {
            id,
            name: index_name,
            columns,
            unique: true,
            constraint: true,
        });
        Ok(())
    }

    pub fn bind_drop_table(&mut self, names: &[ast::ObjectName], if_exists: bool) -> Result<Plan> {
        let mut tables = Vec::with_capacity(names.len());
        for table in names {
            let (table, position) = name::relation(table)?;
            if self.catalog().table(table).is_none() && !if_exists {
                return Err(Error::new(
                    Code::UndefinedTable,
                    format!("table \"{table}\" does not exist"),
                )
                .at(position));
            }
            if !tables.iter().any(|other| other == table) {
                tables.push(table.to_string());
            }
        }
        Ok(Plan::DropTable {
            names: tables,
            if_exists,
        })
    }

    pub fn bind_truncate(&mut self, names: &[ast::ObjectName]) -> Result<Plan> {
        let mut tables = Vec::with_capacity(names.len());
        for table in names {
            let (table, position) = name::relation(table)?;
            let id = self.target(table, position)?.id;
            if !tables.contains(&id) {
                tables.push(id);
            }
        }
        Ok(Plan::Truncate { tables })
    }
}

fn table_constraint(constraint: &TableConstraint) -> Result<Constraint<'_>> {
    match constraint {
        TableConstraint::PrimaryKey(key) => {
            check_constraint(&key.characteristics, None)?;
            Ok(Constraint {
                name: key.name.as_ref(),
                columns: column_names(&key.columns)?,
                primary: true,
            })
        }
        TableConstraint::Unique(unique) => {
            check_constraint(&unique.characteristics, Some(&unique.nulls_distinct))?;
            Ok(Constraint {
                name: unique.name.as_ref(),
                columns: column_names(&unique.columns)?,
                primary: false,
            })
        }
        TableConstraint::ForeignKey(_) => Err(Error::unsupported("FOREIGN KEY")),
        TableConstraint::Check(_) => Err(Error::unsupported("CHECK")),
        _ => Err(Error::unsupported("this constraint")),
    }
}

/// The columns of a constraint or index, which are plain names.
pub fn column_names(columns: &[IndexColumn]) -> Result<Vec<&Ident>> {
    columns
        .iter()
        .map(|column| {
            let options = &column.column.options;
            let is_plain = column.operator_class.is_none()
                && column.column.with_fill.is_none()
                && options.nulls_first.is_none()
                && matches!(options.sort, None | Some(ast::OrderBySort::Asc));
            match &column.column.expr {
                ast::Expr::Identifier(ident) if is_plain => Ok(ident),
                _ => Err(Error::unsupported(
                    "an index over anything but columns in ascending order",
                )),
            }
        })
        .collect()
}

fn check_constraint(
    characteristics: &Option<ConstraintCharacteristics>,
    nulls: Option<&NullsDistinctOption>,
) -> Result<()> {
    if characteristics.is_some() {
        return Err(Error::unsupported("a deferrable constraint"));
    }
    match nulls {
        Some(NullsDistinctOption::NotDistinct) => Err(Error::unsupported("NULLS NOT DISTINCT")),
        _ => Ok(()),
    }
}

fn option_name(option: &ColumnOption) -> &'static str {
    match option {
        ColumnOption::ForeignKey(_) => "REFERENCES",
        ColumnOption::Check(_) => "CHECK",
        ColumnOption::Generated { .. } | ColumnOption::Identity(_) => "a generated column",
        ColumnOption::Collation(_) => "COLLATE",
        _ => "this option of a column",
    }
}

fn check_clauses(table: &ast::CreateTable) -> Result<()> {
    if table.query.is_some() {
        return Err(Error::unsupported("CREATE TABLE AS"));
    }
    let others = table.like.is_some()
        || table.clone.is_some()
        || table.inherits.is_some()
        || table.partition_of.is_some()
        || table.partition_by.is_some()
        || table.on_commit.is_some()
        || table.on_cluster.is_some()
        || table.order_by.is_some()
        || table.primary_key.is_some()
        || table.cluster_by.is_some()
        || table.clustered_by.is_some()
        || table.comment.is_some()
        || table.without_rowid
        || table.strict
        || !matches!(table.hive_distribution, HiveDistributionStyle::NONE)
        || !matches!(table.table_options, CreateTableOptions::None);
    match others {
        true => Err(Error::unsupported("this clause of CREATE TABLE")),
        false => Ok(()),
    }
}
