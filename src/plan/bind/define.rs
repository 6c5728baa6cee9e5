//! CREATE TABLE, DROP TABLE and TRUNCATE.

use super::binder::{Binder, COLUMNS_MAX};
use super::constraint::{self, Constraint};
use super::from::SYSTEM_COLUMNS;
use super::predicate::check_collation;
use super::{data_type, indexes, name};
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::sql::{self, CreateTable, SequenceOptions, Texts};
use crate::table::next_of;
use crate::types::{
    ColumnId, ColumnSchema, DefaultValue, IdentitySchema, IndexId, IndexSchema, RelationKind,
    TableId, TableSchema,
};
use sqlparser::ast::{self, ColumnOption, Ident, IndexColumn};

/// What is being defined: the schema so far, the constraints to be added when its columns are known, and the
/// texts of its expressions that are left.
pub struct Definition<'c> {
    pub schema: TableSchema,
    pub constraints: Vec<Constraint<'c>>,
    defaults: std::slice::Iter<'c, String>,
    checks: std::slice::Iter<'c, String>,
    generated: std::slice::Iter<'c, String>,
    identities: std::slice::Iter<'c, SequenceOptions>,
    /// The sequences of its columns, by position.
    pub sequences: Vec<(usize, TableSchema)>,
}

impl<'c> Definition<'c> {
    pub fn new(schema: TableSchema, texts: &'c Texts) -> Self {
        Definition {
            schema,
            constraints: Vec::new(),
            defaults: texts.defaults.iter(),
            checks: texts.checks.iter(),
            generated: texts.generated.iter(),
            identities: texts.identities.iter(),
            sequences: Vec::new(),
        }
    }

    pub fn push(&mut self, column: ColumnSchema) {
        self.schema.next_column = ColumnId(column.id.0 + 1);
        self.schema.columns.push(column);
    }

    pub fn next_check(&mut self) -> Result<String> {
        text_of(self.checks.next())
    }

    pub fn next_default(&mut self) -> Result<String> {
        text_of(self.defaults.next())
    }
}

/// The text of an expression, which reads by itself.
fn text_of(text: Option<&String>) -> Result<String> {
    let text = text.ok_or_else(|| Error::new(Code::Internal, "an expression without its text"))?;
    sql::parse_expression(text)?;
    Ok(text.clone())
}

impl<'a> Binder<'a> {
    pub fn bind_create_table(&mut self, table: &'a CreateTable) -> Result<Plan> {
        let (schema, position) = self.new_table(&table.name, table.temporary)?;
        if self.catalog().table(&schema.key()).is_some() && !table.if_not_exists {
            return Err(Error::new(
                Code::DuplicateTable,
                format!("relation \"{}\" already exists", schema.name),
            )
            .at(position));
        }
        if table.columns.len() > COLUMNS_MAX {
            return Err(Error::new(
                Code::LimitColumns,
                format!("tables can have at most {COLUMNS_MAX} columns"),
            ));
        }
        let mut definition = Definition::new(schema, &self.statement.texts);
        let mut likes = table.likes.iter().peekable();
        for at in 0..=table.columns.len() {
            while let Some((_, like)) = likes.next_if(|(before, _)| *before == at) {
                self.take_over(like, &mut definition.schema)?;
            }
            if let Some(column) = table.columns.get(at) {
                let bound = self.column_definition(column, &mut definition)?;
                definition.push(bound);
            }
        }
        for constraint in &table.constraints {
            let constraint = constraint::of_table(constraint, &mut definition)?;
            definition.constraints.push(constraint);
        }
        self.check_generated(&definition.schema)?;
        self.add_constraints(&mut definition)?;
        if let Some([id]) = (definition.schema.primary_key()).map(|key| &*key.columns)
            && let Some(at) = definition.schema.position(*id)
        {
            let name = &definition.schema.columns[at].name;
            let written = table
                .columns
                .iter()
                .find(|column| column.name.value == *name);
            let is_integer =
                |column: &ast::ColumnDef| matches!(column.data_type, ast::DataType::Integer(None));
            definition.schema.columns[at].numbered = written.is_some_and(is_integer);
        }
        for (name, columns) in &table.indexes {
            let schema = &mut definition.schema;
            indexes::check_free(self.catalog(), schema, &name.value)
                .map_err(|error| error.at(name::position(name)))?;
            let columns = indexes::key_columns(schema, &column_names(columns)?, true)?;
            schema.indexes.push(IndexSchema {
                id: IndexId(u32::MAX - schema.indexes.len() as u32),
                name: name.value.clone(),
                columns,
                ..IndexSchema::default()
            });
        }
        Ok(Plan::CreateTable {
            schema: definition.schema,
            sequences: definition.sequences,
            if_not_exists: table.if_not_exists,
            on_commit: table.temporary.unwrap_or_default(),
        })
    }

    pub fn column_definition<'c>(
        &mut self,
        column: &'c ast::ColumnDef,
        definition: &mut Definition<'c>,
    ) -> Result<ColumnSchema> {
        let schema = &definition.schema;
        let ident = &column.name;
        let position = name::position(ident);
        check_name(ident, schema)?;
        let serial = data_type::serial(&column.data_type);
        let rounded = data_type::split_precision(&column.data_type);
        let (data_type, domain) = match serial {
            Some(integer) => (integer, None),
            None => {
                let written = rounded
                    .as_ref()
                    .map_or(&column.data_type, |(plain, _)| plain);
                let named = self.named_type(written);
                let named = named.map_err(|error| error.at(position))?;
                (named.data_type, named.domain.map(|domain| domain.id))
            }
        };
        let mut bound = ColumnSchema {
            id: schema.next_column,
            name: ident.value.clone(),
            data_type,
            nullable: serial.is_none(),
            domain,
            precision: rounded.map(|(_, digits)| digits),
            ..ColumnSchema::default()
        };
        let (mut says_null, mut says_default) = (false, serial.is_some());
        if serial.is_some() {
            self.add_sequence(definition, &bound, &SequenceOptions::default())?;
            let sql = next_of(TableId(u32::MAX));
            bound.default = Some(DefaultValue { sql });
        }
        let is_generated = |option: &&ast::ColumnOptionDef| {
            matches!(option.option, ColumnOption::Generated { .. })
        };
        if column.options.iter().filter(is_generated).count() > 1 {
            let message = format!("multiple generation clauses for column \"{}\"", ident.value);
            return Err(Error::new(Code::Syntax, message).at(position));
        }
        for option in &column.options {
            match &option.option {
                ColumnOption::Null => says_null = true,
                ColumnOption::Collation(name) => check_collation(name)?,
                ColumnOption::NotNull => bound.nullable = false,
                ColumnOption::Default(_) if says_default => {
                    let message = format!(
                        "multiple default values specified for column \"{}\" of table \"{}\"",
                        ident.value, definition.schema.name
                    );
                    return Err(Error::new(Code::Syntax, message).at(position));
                }
                ColumnOption::Default(ast) => {
                    let sql = definition.next_default()?;
                    bound.default = self.default_value(ast, &bound, sql)?;
                    says_default = true;
                }
                ColumnOption::Generated {
                    generation_expr: Some(_),
                    generation_expr_mode: Some(ast::GeneratedExpressionMode::Stored),
                    ..
                } => {
                    let sql = text_of(definition.generated.next())?;
                    bound.generated = Some(self.with_ids(&sql, true)?);
                }
                ColumnOption::Generated {
                    generation_expr: None,
                    generated_as,
                    ..
                } => {
                    self.identity_sequence(definition, &bound)?;
                    bound.nullable = false;
                    bound.identity = Some(IdentitySchema {
                        always: matches!(generated_as, ast::GeneratedAs::Always),
                        sequence: TableId(u32::MAX),
                    });
                }
                _ => {
                    let constraint = constraint::of_column(ident, option, definition)?;
                    definition.constraints.push(constraint);
                }
            }
        }
        let table = &definition.schema.name;
        let kinds = [
            (bound.default.is_some(), "default"),
            (bound.identity.is_some(), "identity"),
            (bound.generated.is_some(), "generation expression"),
        ];
        let mut said = kinds.iter().filter(|(is_said, _)| *is_said);
        if let (Some((_, one)), Some((_, other))) = (said.next(), said.next()) {
            let message = format!(
                "both {one} and {other} specified for column \"{}\" of table \"{table}\"",
                ident.value
            );
            return Err(Error::new(Code::Syntax, message).at(position));
        }
        if says_null && !bound.nullable {
            let message = format!(
                "conflicting NULL/NOT NULL declarations for column \"{}\" of table \"{table}\"",
                ident.value
            );
            return Err(Error::new(Code::Syntax, message).at(position));
        }
        Ok(bound)
    }

    /// Adds the sequence of a column whose identity is the next in the statement.
    pub fn identity_sequence(
        &mut self,
        definition: &mut Definition,
        column: &ColumnSchema,
    ) -> Result<()> {
        let options = definition.identities.next();
        let options =
            options.ok_or_else(|| Error::new(Code::Internal, "an identity without options"))?;
        self.add_sequence(definition, column, options)
    }

    /// Adds the sequence of a column that is about to be added.
    fn add_sequence(
        &mut self,
        definition: &mut Definition,
        column: &ColumnSchema,
        options: &SequenceOptions,
    ) -> Result<()> {
        let (schema, taken) = (&definition.schema, &definition.sequences);
        let sequence = self.column_sequence(schema, column, taken, options)?;
        let at = definition.schema.columns.len();
        definition.sequences.push((at, sequence));
        Ok(())
    }

    /// Binds the expressions of the generated columns, to see that they can be.
    pub fn check_generated(&mut self, schema: &TableSchema) -> Result<()> {
        for column in &schema.columns {
            if let Some(text) = &column.generated {
                let ast = sql::parse_expression(text)?;
                self.bind_generated(&ast, schema, column)?;
            }
        }
        Ok(())
    }

    pub fn bind_drop_table(
        &mut self,
        kind: RelationKind,
        names: &[ast::ObjectName],
        if_exists: bool,
        cascade: bool,
    ) -> Result<Plan> {
        let mut tables = Vec::with_capacity(names.len());
        let mut sequences = Vec::new();
        for table in names {
            let (table, position) = self.relation(table)?;
            let table = table.as_str();
            match self.catalog().table(table) {
                Some(found) if kind == RelationKind::Sequence => {
                    if let Some(error) = self.dependent_on_sequence(found, cascade)? {
                        return Err(error.at(position));
                    }
                    sequences.push(found.id);
                }
                Some(_) => {}
                None if if_exists => {}
                None => {
                    return Err(Error::new(
                        Code::UndefinedTable,
                        format!("{} \"{table}\" does not exist", kind.word()),
                    )
                    .at(position));
                }
            }
            if !tables.iter().any(|other| other == table) {
                tables.push(table.to_string());
            }
        }
        let drop = Plan::DropTable {
            kind,
            names: tables,
            if_exists,
            cascade,
        };
        match cascade && !sequences.is_empty() {
            true => self.without_defaults(&sequences, drop),
            false => Ok(drop),
        }
    }

    pub fn bind_truncate(
        &mut self,
        names: &[ast::ObjectName],
        restart: bool,
        cascade: bool,
    ) -> Result<Plan> {
        let mut tables = Vec::with_capacity(names.len());
        for table in names {
            let (table, position) = self.relation(table)?;
            let table = table.as_str();
            let id = self.target(table, position)?.id;
            if !tables.contains(&id) {
                tables.push(id);
            }
        }
        let catalog = self.catalog();
        let mut next = 0;
        while let Some(table) = tables.get(next).copied() {
            next += 1;
            for (child, _) in catalog.referencing(table) {
                if tables.contains(&child.id) {
                    continue;
                }
                if !cascade {
                    return Err(referenced(child, catalog.require(table)?));
                }
                tables.push(child.id);
            }
        }
        let is_owned = |sequence: &TableSchema| {
            restart && tables.iter().any(|table| sequence.belongs_to(*table))
        };
        let sequences = self.catalog().tables().filter(|other| is_owned(other));
        Ok(Plan::Truncate {
            restart: sequences.map(|sequence| sequence.id).collect(),
            tables,
        })
    }
}

/// The error for a table that is to be emptied without those that lead to it.
fn referenced(child: &TableSchema, table: &TableSchema) -> Error {
    let (child, table) = (&child.name, &table.name);
    let message = "cannot truncate a table referenced in a foreign key constraint";
    Error::new(Code::Unsupported, message)
        .with_detail(format!("Table \"{child}\" references \"{table}\"."))
        .with_hint(format!(
            "Truncate table \"{child}\" at the same time, or use TRUNCATE ... CASCADE."
        ))
}

/// A name that a new column may have.
pub fn check_name(ident: &Ident, schema: &TableSchema) -> Result<()> {
    sql::check_name(ident)?;
    let name = &ident.value;
    let message = if schema.position_by_name(name).is_some() {
        format!("column \"{name}\" specified more than once")
    } else if SYSTEM_COLUMNS.iter().any(|(system, _)| system == name)
        || ["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"].contains(&name.as_str())
    {
        format!("column name \"{name}\" conflicts with a system column name")
    } else {
        return Ok(());
    };
    Err(Error::new(Code::DuplicateColumn, message).at(name::position(ident)))
}

/// The columns of a constraint or index, which are plain names.
pub fn column_names(columns: &[IndexColumn]) -> Result<Vec<&Ident>> {
    columns
        .iter()
        .map(|column| match &column.column.expr {
            ast::Expr::Identifier(ident) if column.column.with_fill.is_none() => {
                sql::check_name(ident)?;
                Ok(ident)
            }
            _ => Err(Error::unsupported("an index over anything but columns")),
        })
        .collect()
}

/// Whether a column of an index is said to be descending, and whether its NULLs come first.
pub fn order_of(column: &IndexColumn) -> Result<(bool, bool)> {
    let options = &column.column.options;
    let descending = match options.sort {
        None | Some(ast::OrderBySort::Asc) => false,
        Some(ast::OrderBySort::Desc) => true,
        Some(ast::OrderBySort::Using(_)) => return Err(Error::unsupported("ORDER BY USING")),
    };
    Ok((descending, options.nulls_first.unwrap_or(descending)))
}
