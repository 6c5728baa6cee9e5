//! What a database tells about itself, as results like any other: histories, commits, tables, counters.

use super::{AsOf, Checked, Compacted, Database, History, StatementResult, TransactionStatus};
use crate::column::{Chunk, VectorBuilder};
use crate::error::Result;
use crate::expr::Json;
use crate::log::Problem;
use crate::plan::OutputColumn;
use crate::table::{Catalog, CommitInfo};
use crate::types::{ColumnId, DataType, RelationKind, Seq, SortedSet, TableId, TableSchema, Value};
use std::rc::Rc;

/// Columns that are filled row by row.
struct Report {
    fields: Vec<OutputColumn>,
    columns: Vec<VectorBuilder>,
    rows: usize,
}

impl Report {
    fn new(fields: impl IntoIterator<Item = (String, DataType)>) -> Report {
        let fields: Vec<OutputColumn> = fields
            .into_iter()
            .map(|(name, data_type)| OutputColumn { name, data_type })
            .collect();
        let columns = fields
            .iter()
            .map(|field| VectorBuilder::new(field.data_type.physical()))
            .collect();
        Report {
            fields,
            columns,
            rows: 0,
        }
    }

    fn named(fields: &[(&str, DataType)]) -> Report {
        Report::new(fields.iter().map(|(name, kind)| (name.to_string(), *kind)))
    }

    fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        let mut count = 0;
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(&value);
            count += 1;
        }
        debug_assert_eq!(count, self.columns.len());
        self.rows += 1;
    }

    fn finish(self, command: &'static str, seq: Option<Seq>) -> StatementResult {
        let columns = self
            .columns
            .into_iter()
            .map(|column| Rc::new(column.finish()));
        StatementResult {
            command,
            fields: self.fields.into(),
            chunks: vec![Chunk::new(columns.collect(), self.rows)],
            affected_rows: 0,
            seq,
            committed: false,
            transaction: TransactionStatus::Idle,
            notice: None,
        }
    }
}

/// A history: seq, time, operation, seq and time of the end, positions of the changed columns as JSON,
/// meta; then the columns of the row, all NULL after a delete.
pub fn history(history: &History, seq: Option<Seq>) -> StatementResult {
    let head = [
        ("seq", DataType::BigInt),
        ("time", DataType::TimestampTz),
        ("op", DataType::Text),
        ("until_seq", DataType::BigInt),
        ("until_time", DataType::TimestampTz),
        ("changed", DataType::Json),
        ("meta", DataType::Json),
    ];
    let row = history.fields.iter();
    let mut report = Report::new(
        head.iter()
            .map(|(name, kind)| (name.to_string(), *kind))
            .chain(row.map(|field| (field.name.clone(), field.data_type))),
    );
    for entry in &history.entries {
        let (until_seq, until_time) = match entry.until {
            Some((seq, time)) => (number(seq.0), Value::I64(time)),
            None => (Value::Null, Value::Null),
        };
        let positions = entry.changed.iter().map(|position| *position as u64);
        let positions = Json::from_iter(positions);
        let head = [
            number(entry.seq.0),
            Value::I64(entry.time),
            Value::text(entry.operation.name()),
            until_seq,
            until_time,
            Value::text(&positions.printed()),
            text_or_null(entry.meta.as_deref()),
        ];
        let row = match &entry.row {
            Some(row) => row.clone(),
            None => vec![Value::Null; history.fields.len()],
        };
        report.push(head.into_iter().chain(row));
    }
    report.finish("HISTORY", seq)
}

/// The commits from `from` to `to`, both included, at most `limit`: seq, time, statement, affected rows,
/// names of tables as JSON, meta; and as JSON by what names `diff` finds the tables of which rows may have changed, and the names of those of which that is lost.
pub fn commits(database: &Database, from: u64, to: u64, limit: u32) -> Result<StatementResult> {
    let mut report = Report::named(&[
        ("seq", DataType::BigInt),
        ("time", DataType::TimestampTz),
        ("statement", DataType::Text),
        ("affected_rows", DataType::BigInt),
        ("tables", DataType::Json),
        ("meta", DataType::Json),
        ("changed", DataType::Json),
        ("lost", DataType::Json),
    ]);
    let lost: Vec<TableId> = database.shared.store.lost_tables().collect();
    let last = database.applied_seq();
    let to = last.map_or(0, |last| last.0.min(to));
    let count = if last.is_some() { limit as usize } else { 0 };
    for seq in (from..=to).map(Seq).take(count) {
        let Some(info) = database.commit_info(seq) else {
            continue;
        };
        let tables = tables_of(database, seq, info)?;
        let mut names = tables.iter().map(|table| table.name.as_str());
        // Of several tables that had a name it has one, and if one of them is lost it is.
        let keys = [true, false].map(|is_lost| {
            let own = tables.iter().filter(|t| t.kind() == RelationKind::Table);
            let meant = own.filter(|table| lost.contains(&table.id) == is_lost);
            meant
                .map(|table| table.key())
                .collect::<SortedSet<String>>()
        });
        let [lost, changed] = &keys;
        let changed = changed.iter().filter(|key| !lost.contains(*key));
        report.push([
            number(seq.0),
            Value::I64(info.time),
            Value::text(&info.statement),
            number(info.affected_rows),
            as_json(&mut names),
            text_or_null(info.meta.as_deref()),
            as_json(&mut changed.map(String::as_str)),
            as_json(&mut lost.iter().map(String::as_str)),
        ]);
    }
    database.check_usable()?;
    Ok(report.finish("COMMITS", last))
}

fn as_json(names: &mut dyn Iterator<Item = &str>) -> Value {
    Value::text(&Json::from_iter(names).printed())
}

/// The tables of a commit as they were right after it, or before it if it dropped them.
fn tables_of(database: &Database, seq: Seq, info: &CommitInfo) -> Result<Vec<Rc<TableSchema>>> {
    let after = database.catalog(Some(&AsOf::Seq(seq.0)))?;
    let mut tables = Vec::with_capacity(info.tables.len());
    for table in info.tables.iter() {
        match after.table_by_id(*table) {
            Some(table) => tables.push(table.clone()),
            None if seq.0 > 0 => {
                let before = database.catalog(Some(&AsOf::Seq(seq.0 - 1)))?;
                tables.extend(before.table_by_id(*table).cloned());
            }
            None => {}
        }
    }
    Ok(tables)
}

/// The tables of a catalog: name, and as JSON the columns, the primary key and the indexes.
pub fn tables(catalog: &Catalog, seq: Option<Seq>) -> StatementResult {
    let mut report = Report::named(&[
        ("name", DataType::Text),
        ("columns", DataType::Json),
        ("primary_key", DataType::Json),
        ("indexes", DataType::Json),
    ]);
    let named = catalog.with_names();
    let catalog = named.as_ref().unwrap_or(catalog);
    for schema in (catalog.tables()).filter(|table| table.kind() == RelationKind::Table) {
        let columns = schema.columns.iter().map(|column| {
            let default = column.default.as_ref();
            Json::object([
                ("name", column.name.as_str().into()),
                ("type", column.data_type.to_string().as_str().into()),
                ("dataTypeID", column.data_type.oid().into()),
                ("nullable", column.nullable.into()),
                (
                    "default",
                    default.map(|default| default.sql.as_str()).into(),
                ),
            ])
        });
        let key = schema.primary_key().map_or(&[][..], |index| &index.columns);
        let indexes = schema.indexes.iter().map(|index| {
            Json::object([
                ("name", index.name.as_str().into()),
                (
                    "columns",
                    match &index.computed {
                        Some(key) => key.parts.iter().map(String::as_str).collect(),
                        None => column_names(schema, &index.columns),
                    },
                ),
                ("unique", index.unique.into()),
            ])
        });
        report.push([
            Value::text(&match schema.schema {
                None => schema.name.clone(),
                Some(_) => schema.key(),
            }),
            Value::text(&Json::from_iter(columns).printed()),
            Value::text(&column_names(schema, key).printed()),
            Value::text(&Json::from_iter(indexes).printed()),
        ]);
    }
    report.finish("TABLES", seq)
}

fn column_names(schema: &TableSchema, ids: &[ColumnId]) -> Json {
    ids.iter()
        .filter_map(|id| schema.position(*id))
        .map(|position| schema.columns[position].name.as_str())
        .collect()
}

/// Whether a query may answer something else, and the sequence up to which it was looked at.
pub fn touched(touched: bool, seq: Option<Seq>) -> StatementResult {
    let mut report = Report::named(&[("touched", DataType::Boolean), ("seq", DataType::BigInt)]);
    let to = seq.map_or(Value::Null, |seq| number(seq.0));
    report.push([Value::Bool(touched), to]);
    report.finish("TOUCHED", seq)
}

/// How large a database is: one JSON text.
pub fn stats(database: &Database) -> StatementResult {
    told("STATS", &super::stats::describe(database), database)
}

/// How far a compaction has come: one JSON text.
pub fn compaction(compacted: &Compacted, database: &Database) -> StatementResult {
    let told_of = Json::object([
        ("over", compacted.is_over.into()),
        ("done", compacted.done.into()),
        ("total", compacted.total.into()),
        ("before", compacted.before.into()),
        ("after", compacted.after.into()),
        ("commits", compacted.commits.into()),
    ]);
    told("COMPACT", &told_of, database)
}

fn told(command: &'static str, json: &Json, database: &Database) -> StatementResult {
    let mut report = Report::named(&[("told", DataType::Json)]);
    report.push([Value::text(&json.printed())]);
    report.finish(command, database.applied_seq())
}

/// The counters of a database: one JSON text.
pub fn status(database: &mut Database) -> Result<StatementResult> {
    let (counters, stats) = (database.counters(), database.stats());
    let seq = |seq: Option<Seq>| seq.map(|seq| seq.0).into();
    let durable = database.durable_seq()?;
    let status = Json::object([
        ("appliedSeq", seq(database.applied_seq())),
        ("durableSeq", seq(durable)),
        ("parses", counters.parses.into()),
        ("planCacheHits", counters.plan_cache_hits.into()),
        ("entriesTouched", counters.entries_touched.into()),
        ("blocks", stats.blocks.into()),
        ("versions", stats.versions.into()),
    ]);
    Ok(told("STATUS", &status, database))
}

/// How far a check has come and what it has found: one JSON text.
pub fn check(checked: &Checked, database: &Database) -> StatementResult {
    let problem = |problem: &Problem| {
        Json::object([
            ("code", problem.error.code().name().into()),
            ("message", problem.error.message().into()),
            ("segment", problem.segment.into()),
            ("file", problem.file.into()),
            ("offset", problem.offset.into()),
        ])
    };
    let check = Json::object([
        ("over", checked.is_over.into()),
        ("done", checked.done.into()),
        ("total", checked.total.into()),
        ("bytes", checked.bytes.into()),
        ("versions", checked.versions.into()),
        ("problems", checked.problems.iter().map(problem).collect()),
    ]);
    told("CHECK", &check, database)
}

fn number(value: u64) -> Value {
    Value::I64(i64::try_from(value).unwrap_or(i64::MAX))
}

fn text_or_null(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::text)
}
