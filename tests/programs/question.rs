//! Questions about the past and the present, with the answers that the copies give.

use super::program::{KEYS, Program};
use super::state::{Cell, Kind, Table};
use driftdb::db::{AsOf, Parameter};
use std::collections::{BTreeMap, BTreeSet};

pub type Rows = Vec<Vec<Cell>>;
/// The rows in any order, or the SQLSTATE.
pub type Expected = Result<Rows, &'static str>;

pub fn number(number: impl ToString) -> Cell {
    Some(number.to_string())
}

impl Program {
    pub fn ask(&mut self) {
        if self.past.states.is_empty() {
            return;
        }
        let asked = match self.random.below(20) {
            0..3 => self.at_a_moment(),
            3..6 => self.range(),
            6 => self.joined(),
            7 => self.history(),
            8 => self.difference(),
            9 => self.blame(),
            10 => self.commits(),
            11 => self.view(),
            12 => self.grouped(),
            13 => self.session(),
            14 => self.nested(),
            15..17 => self.form(),
            17 => {
                self.given();
                return;
            }
            _ => self.present(),
        };
        let Some((sql, expected)) = asked else { return };
        // A mistake ends a transaction, so it is not made in one.
        if self.in_transaction && expected.is_err() {
            return;
        }
        self.compare(&sql, expected);
    }

    fn compare(&mut self, sql: &str, expected: Expected) {
        self.compare_given(sql, Vec::new(), None, expected);
    }

    /// The same with parameters, and of a moment that is told with the request.
    pub fn compare_given(
        &mut self,
        sql: &str,
        parameters: Vec<Parameter>,
        as_of: Option<AsOf>,
        expected: Expected,
    ) {
        self.questions += 1;
        let told = format!("{parameters:?} {as_of:?}");
        let answer = self.engine.run_with(sql, parameters, as_of);
        let answer = answer.map(|rows| sorted(rows.rows));
        let expected = expected.map(sorted);
        let agree = match (&answer, &expected) {
            (Ok(rows), Ok(wanted)) => rows == wanted,
            (Err(refused), Err(state)) => refused.state == *state,
            _ => false,
        };
        if !agree {
            self.fail(&format!(
                "{sql} {told}\nanswered {answer:?}\ninstead  {expected:?}"
            ));
        }
    }

    /// A name of a table, of any time.
    fn some_table(&mut self) -> Option<Table> {
        let seq = self.moment();
        let mut all = self.past.states[seq as usize].tables.clone();
        all.extend(self.now.tables.iter().cloned());
        self.pick(&all)
    }

    /// A table of the last commit that the open transaction has left as it is.
    pub fn table_of_present(&mut self) -> Option<Table> {
        let present = self.past.present();
        let same = |table: &&Table| self.now.by_id(table.id) == Some(table);
        let tables: Vec<Table> = present.tables.iter().filter(same).cloned().collect();
        self.pick(&tables)
    }

    fn present(&mut self) -> Option<(String, Expected)> {
        let table = self.pick(&self.now.tables.clone())?;
        let condition = self.condition(&table);
        let rows = table.rows.values().filter(|row| condition.holds(row));
        let rows = rows.map(|row| table.values(row)).collect();
        Some((
            format!("SELECT * FROM {}{}", table.name, condition.sql),
            Ok(rows),
        ))
    }

    fn at_a_moment(&mut self) -> Option<(String, Expected)> {
        let name = self.some_table()?.name;
        if self.random.chance(5) {
            let beyond = self.past.last() + 1;
            return Some((
                format!("SELECT * FROM {name} AS OF @seq:{beyond}"),
                Err("DT001"),
            ));
        }
        let seq = self.moment();
        let said = self.said(seq);
        let then = self.past.states[seq as usize].clone();
        let Some(table) = then.table(&name) else {
            if then.view(&name).is_some() {
                return None;
            }
            return Some((format!("SELECT * FROM {name} AS OF {said}"), Err("42P01")));
        };
        let condition = self.condition(table);
        let rows = table.rows.values().filter(|row| condition.holds(row));
        let rows = rows.map(|row| table.values(row)).collect();
        let by = &condition.sql;
        let sql = match self.random.below(4) {
            0 => format!("SELECT * FROM {name}{by} AS OF {said}"),
            1 => format!("SELECT x.* FROM {name} FOR SYSTEM_TIME AS OF {said} x{by}"),
            2 => format!("SELECT * FROM {name} AS x FOR SYSTEM_TIME AS OF {said}{by}"),
            _ => format!(
                "WITH w AS (SELECT * FROM {name} FOR SYSTEM_TIME AS OF {said}) SELECT * FROM w{by}"
            ),
        };
        Some((sql, Ok(rows)))
    }

    fn range(&mut self) -> Option<(String, Expected)> {
        let table = self.table_of_present()?;
        let period = self.period();
        let (from, to) = (self.said(period.from), self.said(period.to));
        let clause = period.sql(&from, &to);
        // One that was a number is text, as all its values are.
        let mut typed = table.clone();
        typed
            .columns
            .iter_mut()
            .filter(|c| !c.replaced.is_empty())
            .for_each(|c| c.kind = Kind::Text);
        let column = self.pick(&typed.columns)?;
        let value = self.value(column.kind);
        let value = if column.id == 0 {
            number(self.random.below(KEYS))
        } else {
            value
        };
        let literal = Self::literal(&value, column.kind);
        let (by, all) = match value.is_some() && self.random.chance(60) {
            true => (format!(" WHERE {} = {literal}", column.name), false),
            false => (String::new(), true),
        };
        let versions = self.past.versions(table.id);
        let rows = versions.iter().filter(|version| period.holds(version));
        let rows = rows.filter(|version| all || version.values.any_cell(&column) == value);
        let rows = rows.map(|version| {
            let own = table
                .columns
                .iter()
                .map(|column| version.values.any_cell(column));
            own.chain([
                number(version.start),
                version.end.map(|end| end.to_string()),
            ])
            .collect()
        });
        let rows = rows.collect();
        let name = &table.name;
        Some((
            format!(
                "SELECT *, system_seq_start, system_seq_end FROM {name} FOR SYSTEM_TIME {clause}{by}"
            ),
            Ok(rows),
        ))
    }

    fn joined(&mut self) -> Option<(String, Expected)> {
        let [(one, left), (other, right)] = [0, 1].map(|_| {
            let seq = self.moment();
            let tables = self.past.states[seq as usize].tables.clone();
            (self.said(seq), self.pick(&tables))
        });
        let (left, right) = (left?, right?);
        let (a, b) = (self.pick(&left.columns)?, self.pick(&right.columns)?);
        let outer = self.random.chance(40);
        let mut rows = Rows::new();
        for row in left.rows.values() {
            let matches = right.rows.values().filter(|other| other.key() == row.key());
            let matches: Rows = matches.map(|other| vec![other.cell(b.id)]).collect();
            let matches = if matches.is_empty() && outer {
                vec![vec![None]]
            } else {
                matches
            };
            let head = [number(row.key()), row.cell(a.id)];
            rows.extend(
                matches
                    .into_iter()
                    .map(|found| head.iter().cloned().chain(found).collect()),
            );
        }
        let join = if outer { "LEFT JOIN" } else { "JOIN" };
        Some((
            format!(
                "SELECT l.id, l.{}, r.{} FROM {} FOR SYSTEM_TIME AS OF {one} l {join} {} FOR SYSTEM_TIME AS OF {other} r ON l.id = r.id",
                a.name, b.name, left.name, right.name
            ),
            Ok(rows),
        ))
    }

    fn view(&mut self) -> Option<(String, Expected)> {
        let seq = self.moment();
        let then = &self.past.states[seq as usize].clone();
        let ranged = self.random.chance(30);
        let then = if ranged {
            self.past.present()
        } else {
            then.clone()
        };
        if ranged && then != self.now {
            return None;
        }
        let said = self.said(seq);
        if self.random.chance(40) {
            let kept = self.past.states[seq as usize].materialized.as_ref()?;
            let sql = format!("SELECT * FROM m FOR SYSTEM_TIME AS OF {said}");
            return Some((sql, Ok(kept.rows.clone())));
        }
        let view = then.view("v")?;
        let table = then.by_id(view.table)?;
        let column = table.column(view.column)?;
        if ranged {
            let period = self.period();
            let clause = period.sql(&self.said(period.from), &self.said(period.to));
            let versions = self.past.versions(table.id);
            let rows = (versions.iter())
                .filter(|version| version.values.key() > view.above && period.holds(version));
            let rows = rows.map(|v| vec![number(v.values.key()), v.values.any_cell(column)]);
            let sql = format!("SELECT * FROM v FOR SYSTEM_TIME {clause}");
            return Some((sql, Ok(rows.collect())));
        }
        Some((
            format!("SELECT * FROM v FOR SYSTEM_TIME AS OF {said}"),
            Ok(then.rows_of(view)),
        ))
    }

    fn grouped(&mut self) -> Option<(String, Expected)> {
        let table = self.table_of_present()?;
        let mut groups: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for version in self.past.versions(table.id) {
            let group = groups.entry(version.values.key()).or_insert((0, u64::MAX));
            group.0 += 1;
            group.1 = group.1.min(version.start);
        }
        let rows = groups
            .into_iter()
            .map(|(key, (count, first))| vec![number(key), number(count), number(first)]);
        Some((
            format!(
                "SELECT id, count(*), min(system_seq_start) FROM {} FOR SYSTEM_TIME ALL GROUP BY id",
                table.name
            ),
            Ok(rows.collect()),
        ))
    }

    /// The session reads the past until it is told otherwise.
    fn session(&mut self) -> Option<(String, Expected)> {
        if self.in_transaction {
            return None;
        }
        let seq = self.moment();
        let said = self.said(seq);
        let then = self.past.states[seq as usize].clone();
        let (table, other) = (
            self.pick(&then.tables)?,
            self.pick(&self.now.tables.clone()),
        );
        let set = self.engine.run(&format!("SET SESSION AS OF {said}"));
        if let Err(refused) = set {
            self.fail(&format!("SET SESSION AS OF {said}: {refused:?}"));
        }
        let rows = table.rows.values().map(|row| table.values(row)).collect();
        self.compare(&format!("SELECT * FROM {}", table.name), Ok(rows));
        if let Some(other) = other {
            self.compare(&format!("DELETE FROM {}", other.name), Err("25006"));
        }
        let count = then
            .tables
            .iter()
            .map(|table| table.rows.len())
            .sum::<usize>();
        let counts = then
            .tables
            .iter()
            .map(|table| format!("(SELECT count(*) FROM {})", table.name));
        let counts = counts.collect::<Vec<_>>().join(" + ");
        self.compare(&format!("SELECT {counts}"), Ok(vec![vec![number(count)]]));
        Some(("RESET SESSION AS OF".to_string(), Ok(Vec::new())))
    }

    /// Set operations and subqueries, each with moments of its own.
    fn nested(&mut self) -> Option<(String, Expected)> {
        let [(one, left), (other, right)] = [0, 1].map(|_| {
            let seq = self.moment();
            let tables = self.past.states[seq as usize].tables.clone();
            (self.said(seq), self.pick(&tables))
        });
        let (left, right) = (left?, right?);
        let keys = |table: &Table| {
            table
                .rows
                .values()
                .map(|row| row.key())
                .collect::<BTreeSet<_>>()
        };
        let (keys, others) = (keys(&left), keys(&right));
        let first = format!("SELECT id FROM {} FOR SYSTEM_TIME AS OF {one}", left.name);
        let second = format!(
            "SELECT id FROM {} FOR SYSTEM_TIME AS OF {other}",
            right.name
        );
        let (sql, keys): (String, Vec<i64>) = match self.random.below(5) {
            0 => (
                format!("{first} EXCEPT {second}"),
                keys.difference(&others).copied().collect(),
            ),
            1 => (
                format!("{first} INTERSECT {second}"),
                keys.intersection(&others).copied().collect(),
            ),
            2 => (
                format!("{first} UNION {second}"),
                keys.union(&others).copied().collect(),
            ),
            3 => (
                format!("{first} x WHERE NOT EXISTS ({second} y WHERE y.id = x.id)"),
                keys.difference(&others).copied().collect(),
            ),
            _ => (
                format!("{first} x WHERE id IN ({second})"),
                keys.intersection(&others).copied().collect(),
            ),
        };
        Some((
            sql,
            Ok(keys.into_iter().map(|key| vec![number(key)]).collect()),
        ))
    }
}

fn sorted(mut rows: Rows) -> Rows {
    rows.sort();
    rows
}
