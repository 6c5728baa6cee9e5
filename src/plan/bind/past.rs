//! The functions in FROM that tell about the past: whose table, at which moments, with which columns.

use super::binder::Binder;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::plan::{Node, OutputColumn, PastCall, PastFunction, Retyped, TimeSlot};
use crate::sql;
use crate::types::{DataType, RelationKind, TableSchema, Value};
use sqlparser::ast::{Expr as Ast, ObjectName};
use std::rc::Rc;

/// Some of the columns that a function yields: those of a table as it is at a time.
pub struct About {
    /// The position of the first.
    pub at: usize,
    /// What stands before their names.
    pub prefix: &'static str,
    pub name: Rc<str>,
    pub table: Rc<TableSchema>,
    pub time: TimeSlot,
}

impl Binder<'_> {
    /// A call, the columns it yields, and which of them are a table's.
    pub fn past_function(
        &mut self,
        function: PastFunction,
        position: u32,
        mut arguments: Vec<Expr>,
    ) -> Result<(Node, Vec<OutputColumn>, Vec<About>)> {
        let times = self.times_of_function(position);
        let about_table = !matches!(function, PastFunction::Commits | PastFunction::Tags);
        let wanted = usize::from(about_table);
        let fits = match function {
            PastFunction::History => arguments.len() > wanted,
            _ => arguments.len() == wanted,
        } && (function != PastFunction::Diff || times[0] != times[1]);
        if !fits {
            let message = "function does not exist with these arguments";
            return Err(Error::new(Code::UndefinedFunction, message).with_hint(
                "diff('t', a, b), history('t', key, …), blame('t'), commits(a, b), tags()",
            ));
        }
        let mut tables = [None, None];
        let mut told = None;
        if about_table {
            let said = text_of(&arguments.remove(0))?;
            tables = self.tables_said(&said, position, times)?;
            told = Some(said);
        }
        let after = tables[1].clone().unwrap_or_default();
        let key = match function {
            PastFunction::History => key_of(&after, arguments)?,
            _ => Vec::new(),
        };
        let mut output = output_of(function, &tables)?;
        let mut retyped = None;
        if function == PastFunction::History {
            retyped = Retyped::of(&after)?;
            let own = output.len() - after.columns.len();
            let values = retyped.iter().flat_map(|retyped| &retyped.values);
            for (column, value) in output[own..].iter_mut().zip(values) {
                column.data_type = value.data_type;
            }
        }
        let about = match told {
            Some(name) => about_tables(function, &name, &tables, times, output.len())?,
            None => Vec::new(),
        };
        let call = PastCall {
            retyped,
            target: None,
            function,
            tables,
            times,
            types: output.iter().map(|column| column.data_type).collect(),
        };
        let call = Rc::new(call);
        Ok((Node::Past { call, key }, output, about))
    }

    /// The tables that a text names: as it is, or as a name in a statement is read.
    fn tables_said(
        &self,
        said: &str,
        position: u32,
        times: [TimeSlot; 2],
    ) -> Result<[Option<Rc<TableSchema>>; 2]> {
        let name = match self.seen {
            None => self.text_on_path(said)?,
            Some(_) => said.to_string(),
        };
        let error = match self.tables_of(&name, position, times) {
            Err(error) if self.seen.is_none() && error.code() == Code::UndefinedTable => error,
            found => return found,
        };
        let parts = match sql::parse_expression(said) {
            Ok(Ast::Identifier(name)) => vec![name],
            Ok(Ast::CompoundIdentifier(names)) => names,
            _ => return Err(error),
        };
        let (name, _) = self.relation(&ObjectName::from(parts))?;
        self.tables_of(&name, position, times).map_err(|_| error)
    }

    /// A name at the second moment, or else at the first; what it names there is found at the other by its
    /// identity, or else, if something else had the name, by that.
    fn tables_of(
        &self,
        name: &str,
        position: u32,
        [from, to]: [TimeSlot; 2],
    ) -> Result<[Option<Rc<TableSchema>>; 2]> {
        let at = |time| self.find_table(name, position, time);
        let same = |table: &TableSchema, time| self.table_at(table.id, time);
        let tables = match (at(from).ok(), at(to)) {
            (_, after) if from == to => [None, Some(after?)],
            (before, Ok(after)) => [same(&after, from).or(before), Some(after)],
            (Some(before), Err(_)) => {
                let after = same(&before, to);
                [Some(before), after]
            }
            (None, Err(error)) => return Err(error),
        };
        for table in tables.iter().flatten() {
            if table.kind() != RelationKind::Table {
                let message = format!("\"{name}\" is not a table");
                return Err(Error::new(Code::WrongObjectType, message));
            }
        }
        Ok(tables)
    }
}

/// The constant that the first argument is.
fn text_of(argument: &Expr) -> Result<Rc<str>> {
    match argument.as_constant() {
        Some(Value::Text(text)) => Ok(text.clone()),
        _ => Err(Error::unsupported("a table's name that is no constant")),
    }
}

/// Where the columns of the tables stand among those of a function.
fn about_tables(
    function: PastFunction,
    name: &Rc<str>,
    [before, after]: &[Option<Rc<TableSchema>>; 2],
    [from, to]: [TimeSlot; 2],
    width: usize,
) -> Result<Vec<About>> {
    let part = |at, prefix, (table, time): (&Rc<TableSchema>, TimeSlot)| About {
        at,
        prefix,
        name: name.clone(),
        table: table.clone(),
        time,
    };
    let (old, new) = (
        before.as_ref().map(|t| (t, from)),
        after.as_ref().map(|t| (t, to)),
    );
    let Some(own) = new.or(old) else {
        return Ok(Vec::new());
    };
    Ok(match function {
        PastFunction::Diff => {
            let changed = 1 + own.0.columns.len();
            vec![
                part(1, "", own),
                part(changed + 1, "old_", old.unwrap_or(own)),
            ]
        }
        PastFunction::Blame => {
            let key = primary_key(own.0)?.into_iter();
            let columns = key.map(|at| own.0.columns[at].clone()).collect();
            let key = TableSchema {
                columns,
                ..TableSchema::clone(own.0)
            };
            vec![part(0, "", (&Rc::new(key), to))]
        }
        _ => vec![part(width - own.0.columns.len(), "", own)],
    })
}

fn key_of(table: &TableSchema, arguments: Vec<Expr>) -> Result<Vec<Expr>> {
    let key = primary_key(table)?;
    if key.len() != arguments.len() {
        let message = format!(
            "the key of table \"{}\" has {} columns",
            table.name,
            key.len()
        );
        return Err(Error::new(Code::WrongParameters, message));
    }
    let places = key.into_iter().zip(arguments);
    places
        .map(|(at, argument)| {
            expr::coerce_to(
                argument,
                table.columns[at].data_type,
                CastContext::Assignment,
            )
        })
        .collect()
}

/// The positions of the columns of the primary key.
fn primary_key(table: &TableSchema) -> Result<Vec<usize>> {
    let key = table.primary_key().ok_or_else(|| {
        let message = format!("table \"{}\" has no primary key", table.name);
        Error::new(Code::InvalidColumnReference, message)
    })?;
    let columns = key.columns.iter();
    Ok(columns.filter_map(|id| table.position(*id)).collect())
}

fn output_of(
    function: PastFunction,
    [before, after]: &[Option<Rc<TableSchema>>; 2],
) -> Result<Vec<OutputColumn>> {
    use DataType::{BigInt, Json, Jsonb, Text, TimestampTz};
    let named = |columns: &[(&str, DataType)]| -> Vec<OutputColumn> {
        let columns = columns.iter();
        columns
            .map(|(name, data_type)| OutputColumn {
                name: name.to_string(),
                data_type: *data_type,
            })
            .collect()
    };
    let of_table = |table: &TableSchema, prefix: &str| -> Vec<OutputColumn> {
        let columns = table.columns.iter();
        columns
            .map(|column| OutputColumn {
                name: format!("{prefix}{}", column.name),
                data_type: column.data_type,
            })
            .collect()
    };
    let own = after.as_deref().or(before.as_deref());
    let mut output = Vec::new();
    match (function, own) {
        (PastFunction::Tags, _) => {
            output.extend(named(&[
                ("name", Text),
                ("seq", BigInt),
                ("time", TimestampTz),
            ]));
        }
        (PastFunction::Restore | PastFunction::Undo(_), _) => {}
        (PastFunction::Commits, _) | (_, None) => output.extend(named(&[
            ("seq", BigInt),
            ("time", TimestampTz),
            ("tables", Jsonb),
            ("affected_rows", BigInt),
            ("meta", Json),
            ("statement", Text),
        ])),
        (PastFunction::Diff, Some(own)) => {
            // What comes last without `old_` before its name is `changed`, whatever the table's columns are called.
            output.extend(named(&[("op", Text)]));
            output.extend(of_table(own, ""));
            output.extend(named(&[("changed", Jsonb)]));
            output.extend(of_table(before.as_deref().unwrap_or(own), "old_"));
        }
        (PastFunction::History, Some(own)) => {
            output.extend(named(&[
                ("seq", BigInt),
                ("time", TimestampTz),
                ("op", Text),
                ("changed", Jsonb),
                ("until_seq", BigInt),
                ("until_time", TimestampTz),
                ("meta", Json),
            ]));
            output.extend(of_table(own, ""));
        }
        (PastFunction::Blame, Some(own)) => {
            let columns = of_table(own, "");
            let key = primary_key(own)?;
            output.extend(key.into_iter().map(|at| columns[at].clone()));
            output.extend(named(&[
                ("column_name", Text),
                ("seq", BigInt),
                ("time", TimestampTz),
                ("meta", Json),
            ]));
        }
    }
    Ok(output)
}
