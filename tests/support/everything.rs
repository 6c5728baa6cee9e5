//! What a database answers as text, and all that it holds: every table and view at every moment, and what led from one to the next.

#![allow(dead_code)]

use driftdb::db::{AsOf, Database, Failure, Request, SessionId, StatementResult};
use driftdb::error::Error;
use driftdb::expr::format_value;
use driftdb::table::CommitInfo;
use driftdb::types::{DataType, Seq, Value};

/// What one statement answered, as text.
pub struct Answer {
    pub columns: usize,
    pub affected: u64,
    pub rows: Vec<Vec<String>>,
}

/// As the package does it: by the short way where the plan cache knows the statement, else as a task.
pub fn run(database: &mut Database, session: SessionId, sql: &str) -> Result<Answer, Error> {
    if let Some(result) = database.execute_text(session, sql, &[])? {
        database.flush()?;
        return Ok(Answer::of(&result));
    }
    match database.run(session, Request::script(sql)) {
        Ok(results) => Ok(results.last().map_or_else(Answer::nothing, Answer::of)),
        Err((_, Failure { error, .. })) => Err(error),
    }
}

impl Answer {
    pub fn nothing() -> Answer {
        Answer {
            columns: 0,
            affected: 0,
            rows: Vec::new(),
        }
    }

    pub fn of(result: &StatementResult) -> Answer {
        let text = |(value, data_type): (Value, DataType)| {
            let mut text = String::new();
            format_value(&value, data_type, &mut text);
            match (&value, text.is_empty()) {
                (Value::Null, _) => "NULL".to_string(),
                (_, true) => "(empty)".to_string(),
                _ => text,
            }
        };
        let types = || result.fields.iter().map(|field| field.data_type);
        let rows = result.values().into_iter();
        Answer {
            columns: result.fields.len(),
            affected: result.affected_rows,
            rows: rows
                .map(|row| row.into_iter().zip(types()).map(text).collect())
                .collect(),
        }
    }
}

/// What something was after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub seq: u64,
    pub what: String,
    /// In no order.
    pub rows: Vec<String>,
}

pub fn commits(database: &Database) -> u64 {
    database.applied_seq().map_or(0, |seq| seq.0 + 1)
}

/// All rows of all tables and views at all moments, and of all of the past.
pub fn everything(database: &mut Database) -> Result<Vec<Told>, String> {
    let mut told = Vec::new();
    let last = commits(database);
    for seq in 0..last {
        at(database, seq, &mut told)?;
    }
    if let Some(last) = last.checked_sub(1) {
        told.extend(past(database, last)?);
    }
    Ok(told)
}

/// What there is after a commit.
pub fn at(database: &mut Database, seq: u64, told: &mut Vec<Told>) -> Result<(), String> {
    let session = database.session();
    let catalog = database.catalog(Some(&AsOf::Seq(seq)));
    let catalog = catalog.map_err(|error| error.to_string())?;
    let info = database.commit_info(Seq(seq)).map(describe);
    let tags = catalog
        .tags()
        .map(|(name, seq)| format!("{name} {}", seq.0));
    let mut tell = |what: &str, mut rows: Vec<String>| {
        rows.sort();
        let what = what.to_string();
        told.push(Told { seq, what, rows });
    };
    tell("commit", info.into_iter().collect());
    tell("tags", tags.collect());
    for table in catalog.tables().filter(|table| table.is_relation()) {
        let name = quoted(table.schema_name(), &table.name);
        let columns = match &table.view {
            Some(view) if view.is_materialized && !view.is_populated => continue,
            Some(view) if !view.is_materialized => "",
            _ => ", system_seq_start, system_time_start, system_time_end",
        };
        let sql = format!("SELECT *{columns} FROM {name} AS OF @seq:{seq}");
        let rows = match run(database, session, &sql) {
            // The text of a view may name a tag that there was not.
            Err(error) if table.view.is_some() && error.to_string().starts_with("DT004") => {
                vec![error.to_string()]
            }
            answer => lines(answer.map_err(|error| format!("{sql}: {error}"))?),
        };
        tell(&name, rows);
    }
    database.end_session(session);
    Ok(())
}

/// What only the last moment knows. Not every table can be asked all of it, which must then be so again.
fn past(database: &mut Database, last: u64) -> Result<Vec<Told>, String> {
    let session = database.session();
    let catalog = database.catalog(Some(&AsOf::Seq(last)));
    let catalog = catalog.map_err(|error| error.to_string())?;
    let mut told = Vec::new();
    for table in catalog.tables().filter(|table| is_stored(table)) {
        let name = quoted(table.schema_name(), &table.name);
        for what in [
            format!("SELECT *, system_seq_end FROM {name} FOR SYSTEM_TIME ALL"),
            format!("SELECT * FROM diff('{name}', 0, {last})"),
            format!("SELECT * FROM blame('{name}')"),
        ] {
            let mut rows = match run(database, session, &what) {
                Ok(answer) => lines(answer),
                Err(error) => vec![error.to_string()],
            };
            rows.sort();
            let seq = last;
            told.push(Told { seq, what, rows });
        }
    }
    database.end_session(session);
    Ok(told)
}

fn is_stored(table: &driftdb::types::TableSchema) -> bool {
    let has_rows = |view: &driftdb::types::ViewSchema| view.is_materialized && view.is_populated;
    table.is_relation() && table.view.as_ref().is_none_or(has_rows)
}

fn quoted(schema: &str, name: &str) -> String {
    let [schema, name] = [schema, name].map(|name| name.replace('"', "\"\""));
    format!("\"{schema}\".\"{name}\"")
}

fn lines(answer: Answer) -> Vec<String> {
    answer.rows.iter().map(|row| row.join("|")).collect()
}

/// Field by field, since there may be more of them one day.
fn describe(info: &CommitInfo) -> String {
    let CommitInfo {
        time,
        clock_lag,
        statement,
        meta,
        affected_rows,
        request,
        tables,
    } = info;
    format!("{time} {clock_lag} {statement} {meta:?} {affected_rows} {request:?} {tables:?}")
}
