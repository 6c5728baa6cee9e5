//! Sequences: their definitions, and those that come with SERIAL and IDENTITY columns.

use super::alter::{altered, dependent};
use super::binder::Binder;
use super::constraint::numbered;
use super::definitions::statement;
use super::name;
use crate::error::{Code, Error, Result};
use crate::plan::{AlterStep, Plan};
use crate::sql::SequenceOptions;
use crate::table::mention;
use crate::types::{
    ColumnId, ColumnSchema, DataType, OnCommit, SequenceSchema, TableId, TableSchema,
};
use sqlparser::ast;

impl Binder<'_> {
    pub fn bind_create_sequence(
        &mut self,
        sequence: &ast::ObjectName,
        if_not_exists: bool,
        temporary: bool,
        options: &SequenceOptions,
    ) -> Result<Plan> {
        refuse_name(options)?;
        let temporary = temporary.then(OnCommit::default);
        let (made, position) = self.new_table(sequence, temporary)?;
        if !if_not_exists {
            let other = TableSchema {
                schema: made.schema.clone(),
                ..TableSchema::default()
            };
            let taken = super::indexes::check_free(self.catalog(), &other, &made.name);
            taken.map_err(|error| error.at(position))?;
        }
        let mut schema = with_options(options, DataType::BigInt, None)?;
        schema.owner = self.owner(options)?;
        Ok(Plan::CreateTable {
            schema: relation(made, schema),
            sequences: Vec::new(),
            if_not_exists,
            on_commit: OnCommit::default(),
        })
    }

    /// The error that a column needs the sequence, if only its default does unless that goes along.
    pub fn dependent_on_sequence(
        &mut self,
        sequence: &TableSchema,
        cascade: bool,
    ) -> Result<Option<Error>> {
        let name = &sequence.shown();
        let names = names_of(sequence);
        for table in self.catalog().tables() {
            for column in &table.columns {
                let identity = column.identity.as_ref();
                let what = format!("column {} of table {}", column.name, table.name);
                if identity.is_some_and(|identity| identity.sequence == sequence.id) {
                    let message = format!("cannot drop sequence {name} because {what} requires it");
                    let hint = format!("You can drop {what} instead.");
                    return Ok(Some(
                        Error::new(Code::DependentObjects, message).with_hint(hint),
                    ));
                }
                if !cascade && self.default_uses(column, &names)? {
                    let depends = format!("default value for {what} depends on sequence {name}");
                    return Ok(Some(dependent(&format!("sequence {name}"), depends)));
                }
            }
        }
        Ok(None)
    }

    fn default_uses(&mut self, column: &ColumnSchema, names: &[String]) -> Result<bool> {
        Ok(column.default.is_some() && self.default_of(column)?.uses_sequence(names))
    }

    /// What drops sequences, and the defaults that take their values.
    pub fn without_defaults(&mut self, gone: &[TableId], drop: Plan) -> Result<Plan> {
        let catalog = self.catalog();
        let gone = gone.iter().filter_map(|id| catalog.table_by_id(*id));
        let names: Vec<String> = gone.flat_map(|gone| names_of(gone)).collect();
        let mut steps = Vec::new();
        for table in catalog.tables() {
            let mut kept = TableSchema::clone(table);
            for (column, kept) in table.columns.iter().zip(&mut kept.columns) {
                if self.default_uses(column, &names)? {
                    kept.default = None;
                }
            }
            if kept != **table {
                steps.push(AlterStep::Table(kept));
            }
        }
        if steps.is_empty() {
            return Ok(drop);
        }
        steps.push(statement(drop));
        Ok(altered(steps, "DROP SEQUENCE"))
    }

    pub fn sequence_named(&self, name: &str, position: u32) -> Result<TableSchema> {
        let found = self.find_table(name, position, crate::plan::TimeSlot::Present)?;
        if found.sequence.is_none() {
            let message = format!("\"{name}\" is not a sequence");
            return Err(Error::new(Code::WrongObjectType, message));
        }
        Ok(TableSchema::clone(&*found))
    }

    pub fn alter_sequence(
        &mut self,
        name: &str,
        position: u32,
        options: &SequenceOptions,
    ) -> Result<Vec<AlterStep>> {
        refuse_name(options)?;
        let mut schema = self.sequence_named(name, position)?;
        let known = schema.sequence.as_ref();
        let mut changed = with_options(options, DataType::BigInt, known)?;
        if options.owner.is_some() {
            changed.owner = self.owner(options)?;
        }
        let restart = options.restart.map(|value| value.unwrap_or(changed.start));
        if let Some(value) = restart {
            check_within("RESTART", value, changed.min, changed.max)?;
        }
        schema.sequence = Some(changed);
        let sequence = schema.id;
        let restart = restart.map(|value| AlterStep::Restart { sequence, value });
        Ok([AlterStep::Table(schema)]
            .into_iter()
            .chain(restart)
            .collect())
    }

    /// The column that OWNED BY names.
    fn owner(&self, options: &SequenceOptions) -> Result<Option<(TableId, ColumnId)>> {
        let Some(Some(owner)) = &options.owner else {
            return Ok(None);
        };
        let parts = name::parts(owner)?;
        let [table @ .., column] = parts.as_slice() else {
            return Err(Error::new(Code::Internal, "an empty name"));
        };
        if table.is_empty() {
            return Err(Error::new(Code::Syntax, "invalid OWNED BY option")
                .with_hint("Specify OWNED BY table.column or OWNED BY NONE."));
        }
        let table: Vec<ast::Ident> = table.iter().map(|part| (*part).clone()).collect();
        let (table, position) = self.relation(&table.into())?;
        let found = self.find_table(&table, position, crate::plan::TimeSlot::Present)?;
        let at = super::insert::find_column(&found, column)?;
        Ok(Some((found.id, found.columns[at].id)))
    }

    /// The sequence of a SERIAL or IDENTITY column; its owner is known when it gets its id.
    pub fn column_sequence(
        &self,
        table: &TableSchema,
        column: &ColumnSchema,
        taken: &[(usize, TableSchema)],
        options: &SequenceOptions,
    ) -> Result<TableSchema> {
        let catalog = self.catalog();
        let is_free = |name: &str| match taken.iter().any(|(_, sequence)| sequence.name == name) {
            true => Err(super::indexes::is_taken(name)),
            false => super::indexes::check_free(catalog, table, name),
        };
        let name = match &options.name {
            Some(named) => {
                let (schema, wanted, position) = name::in_schema(named)?;
                if named.0.len() > 1 && schema != table.schema.as_deref() {
                    let what = "the sequence of a column in another schema";
                    return Err(Error::unsupported(what).at(position));
                }
                is_free(wanted).map_err(|error| error.at(position))?;
                wanted.to_string()
            }
            None => {
                let base = format!("{}_{}_seq", table.name, column.name);
                numbered(base, |name| is_free(name).is_err())
            }
        };
        let mut schema = with_options(options, column.data_type, None)?;
        schema.owner = Some((TableId(0), column.id));
        let made = TableSchema {
            name,
            schema: table.schema.clone(),
            ..TableSchema::default()
        };
        Ok(relation(made, schema))
    }
}

/// The relation that holds a sequence's row.
/// What a default may call it.
fn names_of(sequence: &TableSchema) -> [String; 2] {
    [sequence.shown(), mention(sequence.id)]
}

fn relation(made: TableSchema, sequence: SequenceSchema) -> TableSchema {
    let column = |id, name: &str, data_type| ColumnSchema {
        id: ColumnId(id),
        name: name.to_string(),
        data_type,
        ..ColumnSchema::default()
    };
    TableSchema {
        columns: vec![
            column(0, "last_value", DataType::BigInt),
            column(1, "log_cnt", DataType::BigInt),
            column(2, "is_called", DataType::Boolean),
        ],
        next_column: ColumnId(3),
        sequence: Some(sequence),
        ..made
    }
}

/// The sequence of an identity column alone is named among its options.
fn refuse_name(options: &SequenceOptions) -> Result<()> {
    match options.name {
        None => Ok(()),
        Some(_) => Err(Error::new(
            Code::Syntax,
            "invalid sequence option SEQUENCE NAME",
        )),
    }
}

/// The least and the greatest value that a sequence of the type may have.
fn range_of(data_type: DataType) -> Option<(i64, i64)> {
    Some(match data_type {
        DataType::SmallInt => (i16::MIN.into(), i16::MAX.into()),
        DataType::Integer => (i32::MIN.into(), i32::MAX.into()),
        DataType::BigInt => (i64::MIN, i64::MAX),
        _ => return None,
    })
}

/// What the options make of a new sequence or one that is known.
fn with_options(
    options: &SequenceOptions,
    default_type: DataType,
    known: Option<&SequenceSchema>,
) -> Result<SequenceSchema> {
    let data_type = match &options.data_type {
        Some(given) => super::data_type::bind(given)?,
        None => known.map_or(default_type, |known| known.data_type),
    };
    let Some((least, greatest)) = range_of(data_type) else {
        return Err(invalid(
            "sequence type must be smallint, integer, or bigint".to_string(),
        ));
    };
    let before = known.and_then(|known| range_of(known.data_type));
    let increment = options
        .increment
        .or(known.map(|known| known.increment))
        .unwrap_or(1);
    if increment == 0 {
        return Err(invalid("INCREMENT must not be zero".to_string()));
    }
    let ascends = increment > 0;
    // A bound that was the type's follows it.
    let kept = |given: Option<Option<i64>>, old: Option<i64>, edge: Option<i64>| match given {
        Some(given) => given,
        None => old.filter(|_| options.data_type.is_none() || old != edge),
    };
    let edge = before.map(|(least, _)| least);
    let min = kept(options.min, known.map(|known| known.min), edge);
    let min = min.unwrap_or(if ascends { 1 } else { least });
    let edge = before.map(|(_, greatest)| greatest);
    let max = kept(options.max, known.map(|known| known.max), edge);
    let max = max.unwrap_or(if ascends { greatest } else { -1 });
    for (bound, name) in [(max, "MAXVALUE"), (min, "MINVALUE")] {
        if !(least..=greatest).contains(&bound) {
            return Err(invalid(format!(
                "{name} ({bound}) is out of range for sequence data type {data_type}"
            )));
        }
    }
    if min >= max {
        return Err(invalid(format!(
            "MINVALUE ({min}) must be less than MAXVALUE ({max})"
        )));
    }
    let start = options
        .start
        .or(known.map(|known| known.start))
        .unwrap_or(if ascends { min } else { max });
    check_within("START", start, min, max)?;
    Ok(SequenceSchema {
        data_type,
        start,
        increment,
        min,
        max,
        cycle: options
            .cycle
            .or(known.map(|known| known.cycle))
            .unwrap_or(false),
        owner: known.and_then(|known| known.owner),
    })
}

fn check_within(what: &str, value: i64, min: i64, max: i64) -> Result<()> {
    if value < min {
        let message = format!("{what} value ({value}) cannot be less than MINVALUE ({min})");
        return Err(invalid(message));
    }
    if value > max {
        let message = format!("{what} value ({value}) cannot be greater than MAXVALUE ({max})");
        return Err(invalid(message));
    }
    Ok(())
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidParameterValue, message)
}
