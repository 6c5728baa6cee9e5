//! Queries of many forms, in which each table has a moment or a range of its own.

use super::program::{KEYS, Program};
use super::question::{Expected, Rows, number};
use super::state::{Kind, Row, Table, Version};
use driftdb::db::{AsOf, Parameter};
use std::collections::BTreeSet;

/// A range of moments, or all of them.
pub struct Period {
    kind: usize,
    pub from: u64,
    pub to: u64,
}

impl Period {
    pub fn holds(&self, version: &Version) -> bool {
        let is_alive_after = version.end.is_none_or(|end| end > self.from);
        match self.kind {
            0 => version.start < self.to && is_alive_after,
            1 => version.start <= self.to && is_alive_after,
            2 => version.start >= self.from && version.end.is_some_and(|end| end <= self.to),
            _ => true,
        }
    }

    pub fn sql(&self, from: &str, to: &str) -> String {
        match self.kind {
            0 => format!("FROM {from} TO {to}"),
            1 => format!("BETWEEN {from} AND {to}"),
            2 => format!("CONTAINED IN ({from}, {to})"),
            _ => "ALL".to_string(),
        }
    }
}

/// A table as of a moment.
struct Then {
    table: Table,
    seq: u64,
    said: String,
}

impl Program {
    pub fn period(&mut self) -> Period {
        Period {
            kind: self.random.below(5),
            from: self.moment(),
            to: self.moment(),
        }
    }

    fn then(&mut self) -> Option<Then> {
        let seq = self.moment();
        let tables = self.past.states[seq as usize].tables.clone();
        let table = self.pick(&tables)?;
        let said = self.said(seq);
        Some(Then { table, seq, said })
    }

    pub fn form(&mut self) -> Option<(String, Expected)> {
        match self.random.below(6) {
            0 => self.joined_periods(),
            1 => self.recursive(),
            2 => self.whole_and_own(),
            3 => self.nested_in_rows(),
            4 => self.united(),
            _ => self.view_and_table(),
        }
    }

    /// The clause of a range, and the versions of a table that it reads: row, key, start.
    fn versions_in(&mut self, table: &Table) -> (String, Vec<(i64, u64)>) {
        let period = self.period();
        let (from, to) = (self.said(period.from), self.said(period.to));
        let versions = self.past.versions(table.id);
        let read = versions.iter().filter(|version| period.holds(version));
        let read = read.map(|version| (version.values.key(), version.start));
        (period.sql(&from, &to), read.collect())
    }

    fn joined_periods(&mut self) -> Option<(String, Expected)> {
        let (left, right) = (self.table_of_present()?, self.table_of_present()?);
        let (one, starts) = self.versions_in(&left);
        let (other, others) = self.versions_in(&right);
        let pairs = starts
            .iter()
            .flat_map(|left| others.iter().map(move |right| (left, right)));
        let rows = pairs.filter(|(left, right)| left.0 == right.0);
        let rows = rows.map(|(left, right)| vec![number(left.0), number(left.1), number(right.1)]);
        let (left, right) = (&left.name, &right.name);
        Some((
            format!(
                "SELECT l.id, l.system_seq_start, r.system_seq_start FROM {left} FOR SYSTEM_TIME {one} l JOIN {right} FOR SYSTEM_TIME {other} r ON l.id = r.id"
            ),
            Ok(rows.collect()),
        ))
    }

    /// What is reached from a key by a column, whose rows begin at one moment and go on at another.
    fn recursive(&mut self) -> Option<(String, Expected)> {
        let (base, then) = (self.then()?, self.then()?);
        let columns = then.table.columns[1..].iter();
        let columns: Vec<_> = columns.filter(|c| c.kind != Kind::Text).cloned().collect();
        let column = self.pick(&columns)?;
        let first = self.random.below(KEYS) as i64;
        let base_keys = base.table.rows.values().map(Row::key);
        let mut reached: BTreeSet<i64> = base_keys.filter(|key| *key == first).collect();
        loop {
            let leads = |row: &&Row| {
                let to = row.cell(column.id).and_then(|cell| cell.parse().ok());
                to.is_some_and(|to| reached.contains(&to))
            };
            let found = then.table.rows.values().filter(leads).map(Row::key);
            let found: BTreeSet<i64> = found.filter(|key| !reached.contains(key)).collect();
            if found.is_empty() {
                break;
            }
            reached.extend(found);
        }
        Some((
            format!(
                "WITH RECURSIVE w (id) AS (SELECT id FROM {} FOR SYSTEM_TIME AS OF {} WHERE id = {first} UNION SELECT t.id FROM {} FOR SYSTEM_TIME AS OF {} t JOIN w ON t.{} = w.id) SELECT id FROM w",
                base.table.name, base.said, then.table.name, then.said, column.name
            ),
            Ok(reached.into_iter().map(|key| vec![number(key)]).collect()),
        ))
    }

    /// A moment for the whole query, and one of its own for a table.
    fn whole_and_own(&mut self) -> Option<(String, Expected)> {
        let (whole, own) = (self.then()?, self.then()?);
        let keys = |then: &Then| {
            then.table
                .rows
                .values()
                .map(Row::key)
                .collect::<BTreeSet<_>>()
        };
        let (left, right) = (keys(&whole), keys(&own));
        let rows = left.intersection(&right).map(|key| vec![number(key)]);
        Some((
            format!(
                "SELECT l.id FROM {} l JOIN {} FOR SYSTEM_TIME AS OF {} r ON l.id = r.id AS OF {}",
                whole.table.name, own.table.name, own.said, whole.said
            ),
            Ok(rows.collect()),
        ))
    }

    /// A subquery for each row, and one in the place of a table.
    fn nested_in_rows(&mut self) -> Option<(String, Expected)> {
        let (outer, inner) = (self.then()?, self.then()?);
        let table = self.table_of_present()?;
        let (clause, versions) = self.versions_in(&table);
        let rows = outer.table.rows.values().map(|row| {
            let key = row.key();
            let below = inner.table.rows.values().filter(|other| other.key() <= key);
            let count = versions.iter().filter(|(of, _)| *of == key).count();
            vec![number(key), number(below.count()), number(count)]
        });
        Some((
            format!(
                "SELECT o.id, (SELECT count(*) FROM {} FOR SYSTEM_TIME AS OF {} i WHERE i.id <= o.id), coalesce(n.n, 0) FROM {} FOR SYSTEM_TIME AS OF {} o LEFT JOIN (SELECT id, count(*) AS n FROM {} FOR SYSTEM_TIME {clause} GROUP BY id) n ON n.id = o.id",
                inner.table.name, inner.said, outer.table.name, outer.said, table.name
            ),
            Ok(rows.collect()),
        ))
    }

    /// Arms of set operations: a range, a moment, the present.
    fn united(&mut self) -> Option<(String, Expected)> {
        let (then, table) = (self.then()?, self.table_of_present()?);
        let now = self.pick(&self.now.tables.clone())?;
        let (clause, versions) = self.versions_in(&table);
        let mut rows: Rows = versions.iter().map(|(key, _)| vec![number(key)]).collect();
        rows.extend(then.table.rows.values().map(|row| vec![row.cell(0)]));
        rows.extend(now.rows.values().map(|row| vec![row.cell(0)]));
        Some((
            format!(
                "SELECT id FROM {} FOR SYSTEM_TIME {clause} UNION ALL SELECT id FROM {} FOR SYSTEM_TIME AS OF {} UNION ALL SELECT id FROM {}",
                table.name, then.table.name, then.said, now.name
            ),
            Ok(rows),
        ))
    }

    /// A view or a materialized one at a moment, beside a table at another.
    fn view_and_table(&mut self) -> Option<(String, Expected)> {
        let seq = self.moment();
        let state = self.past.states[seq as usize].clone();
        let (name, viewed) = match (&state.materialized, state.view("v")) {
            (Some(kept), _) if self.random.chance(50) => ("m", kept.rows.clone()),
            (_, Some(view)) => ("v", state.rows_of(view)),
            _ => return None,
        };
        let (said, then) = (self.said(seq), self.then()?);
        let keys: BTreeSet<String> = then
            .table
            .rows
            .values()
            .filter_map(|row| row.cell(0))
            .collect();
        let is_there =
            |row: &Vec<Option<String>>| row[0].as_ref().is_some_and(|key| keys.contains(key));
        let rows = viewed.into_iter().filter(is_there).collect();
        Some((
            format!(
                "SELECT w.id, w.x FROM {name} FOR SYSTEM_TIME AS OF {said} w, {} FOR SYSTEM_TIME AS OF {} t WHERE w.id = t.id",
                then.table.name, then.said
            ),
            Ok(rows),
        ))
    }

    // ---- moments that do not stand in the text -----------------------------------------------------------------------

    /// Moments as parameters, as calculations, for the whole request, or of a statement that is prepared in SQL.
    pub fn given(&mut self) -> Option<()> {
        let then = self.then()?;
        let name = &then.table.name;
        let rows = then.table.rows.values();
        let rows: Rows = rows.map(|row| then.table.values(row)).collect();
        let time = self.past.times[then.seq as usize].clone();
        let seq = then.seq as i64;
        match self.random.below(6) {
            0 => {
                let sql = format!("SELECT * FROM {name} FOR SYSTEM_TIME AS OF $1");
                let moment = match self.random.chance(50) {
                    true => Parameter::I64(seq),
                    false => Parameter::from(time.as_str()),
                };
                self.compare_given(&sql, vec![moment], None, Ok(rows));
            }
            1 => {
                let sql = format!("SELECT * FROM {name} WHERE id >= $1 AS OF $2");
                let least = self.random.below(KEYS) as i64;
                let rows = then.table.rows.values().filter(|row| row.key() >= least);
                let rows = rows.map(|row| then.table.values(row)).collect();
                let given = vec![Parameter::I64(least), Parameter::I64(seq)];
                self.compare_given(&sql, given, None, Ok(rows));
            }
            2 => {
                let part = self.random.below(5) as i64;
                let sql = format!(
                    "SELECT * FROM {name} FOR SYSTEM_TIME AS OF ({} + {part})",
                    seq - part
                );
                self.compare_given(&sql, Vec::new(), None, Ok(rows));
            }
            3 => {
                let as_of = match self.random.chance(50) {
                    true => AsOf::Seq(then.seq),
                    false => AsOf::Text(time),
                };
                // It stands beside the session's transaction.
                let sql = format!("SELECT * FROM {name}");
                self.compare_given(&sql, Vec::new(), Some(as_of.clone()), Ok(rows));
                let sql = format!("DELETE FROM {name}");
                self.compare_given(&sql, Vec::new(), Some(as_of), Err("25006"));
            }
            4 => {
                let (table, period) = (self.table_of_present()?, self.period());
                let versions = self.past.versions(table.id);
                let read = versions.iter().filter(|version| period.holds(version));
                let rows = read
                    .map(|v| vec![number(v.values.key()), number(v.start)])
                    .collect();
                let sql = format!(
                    "SELECT id, system_seq_start FROM {} FOR SYSTEM_TIME {}",
                    table.name,
                    period.sql("$1", "$2")
                );
                let given = match period.sql("", "").as_str() {
                    "ALL" => Vec::new(),
                    _ => vec![
                        Parameter::I64(period.from as i64),
                        Parameter::I64(period.to as i64),
                    ],
                };
                self.compare_given(&sql, given, None, Ok(rows));
            }
            // One that is prepared is of the present.
            _ if self.past.present().table(name).is_none() => return None,
            _ => {
                let prepare = format!(
                    "DEALLOCATE ALL; PREPARE q (bigint) AS SELECT * FROM {name} FOR SYSTEM_TIME AS OF $1"
                );
                self.compare_given(&prepare, Vec::new(), None, Ok(Rows::new()));
                let sql = format!("EXECUTE q ({seq})");
                self.compare_given(&sql, Vec::new(), None, Ok(rows));
            }
        }
        Some(())
    }
}
