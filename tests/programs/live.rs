//! Queries that are kept up to date as live queries are: answered again only where the database says that they may answer
//! something else. Where it says that they do not, they must not.

use super::program::{KEYS, Program};
use super::question::Rows;
use super::state::Table;

/// How many are kept at a time.
const KEPT: usize = 4;

pub struct Live {
    sql: String,
    /// The commit as of which it was answered, and the answer; the SQLSTATE where there was none.
    seq: u64,
    answer: Result<Rows, String>,
}

impl Program {
    /// Looks at all live queries after a commit, or at another moment, and now and then begins one.
    pub fn keep_up(&mut self) {
        let last = self.past.last();
        for mut live in std::mem::take(&mut self.live) {
            let to = if self.random.chance(30) {
                self.moment()
            } else {
                last
            };
            let sql = format!("{} AS OF @seq:{to}", live.sql);
            let touched = match to == last {
                true => self.engine.touched(&live.sql, live.seq, None),
                false => self.engine.touched(&live.sql, live.seq, Some(to)),
            };
            let answer = self.answer(&sql);
            if !touched && answer != live.answer {
                let before = (live.seq, &live.answer);
                self.fail(&format!(
                    "{sql}\nis said to be as at {before:?}\nbut is {answer:?}"
                ));
            }
            self.saved += usize::from(!touched && live.seq != to);
            (live.seq, live.answer) = (to, answer);
            if !self.random.chance(10) {
                self.live.push(live);
            }
        }
        if self.live.len() < KEPT
            && let Some(sql) = self.query()
        {
            let answer = self.answer(&format!("{sql} AS OF @seq:{last}"));
            self.live.push(Live {
                sql,
                seq: last,
                answer,
            });
        }
    }

    fn answer(&mut self, sql: &str) -> Result<Rows, String> {
        let answer = self.engine.run(sql);
        let mut rows = answer.map_err(|refused| refused.state)?.rows;
        rows.sort();
        Ok(rows)
    }

    fn query(&mut self) -> Option<String> {
        let table: Table = self.pick(&self.now.tables.clone())?;
        let name = &table.name;
        let column = self.pick(&table.columns)?.name;
        let other = self.pick(&self.now.tables.clone())?.name;
        let [one, two] = [0, 1].map(|_| self.random.below(KEYS));
        Some(match self.random.below(10) {
            0 => format!("SELECT * FROM {name}"),
            1 => format!("SELECT {column} FROM {name} WHERE id = {one}"),
            2 => format!("SELECT {column} FROM {name} WHERE id IN ({one}, {two}, 3)"),
            3 => format!(
                "SELECT id FROM {name} WHERE id BETWEEN {one} AND {}",
                one + two
            ),
            4 => format!("SELECT count(*), max({column}) FROM {name} WHERE id > {one}"),
            5 => format!(
                "SELECT x.id, y.id FROM {name} x JOIN {other} y ON x.id = y.id WHERE x.id < {two}"
            ),
            6 => format!(
                "SELECT id FROM {name} WHERE id NOT IN (SELECT id FROM {other} WHERE id > {one})"
            ),
            7 => "SELECT * FROM v".to_string(),
            8 => "SELECT x, count(*) FROM m GROUP BY x".to_string(),
            _ => format!(
                "SELECT {column} FROM {name} WHERE id = ANY (ARRAY[{one}, {two}]) ORDER BY 1 LIMIT 2"
            ),
        })
    }
}
