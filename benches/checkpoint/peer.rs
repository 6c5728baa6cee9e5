//! The same rows in SQLite, with a history table that a trigger keeps.

use super::{name, updates};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

const SCHEMA: &str = "
CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, name TEXT, since INTEGER);
CREATE TABLE history (id INTEGER, v INTEGER, name TEXT, since INTEGER, until INTEGER);
CREATE TRIGGER keep AFTER UPDATE ON t BEGIN
  INSERT INTO history VALUES (old.id, old.v, old.name, old.since, new.since);
END;";

/// Bytes of the database, and of one with an index to find the past of a row.
pub fn bytes() -> Option<(u64, u64)> {
    Some((
        with("")?,
        with("CREATE INDEX past ON history (id, since);")?,
    ))
}

fn with(index: &str) -> Option<u64> {
    let directory = tempfile::tempdir().ok()?;
    let path = directory.path().join("peer.db");
    let mut script = format!("PRAGMA synchronous=OFF;{SCHEMA}{index}BEGIN;");
    for id in 0..10_000 {
        let _ = writeln!(
            script,
            "INSERT INTO t VALUES ({id},{},'{}',1700000000000);",
            id * 7 % 1000,
            name(id)
        );
    }
    for (at, one) in updates(10_000, 200_000).enumerate() {
        if at % 100 == 0 {
            script.push_str("COMMIT;BEGIN;");
        }
        let time = 1_700_000_000_000u64 + at as u64 / 100;
        let _ = writeln!(
            script,
            "UPDATE t SET v={}, since={time} WHERE id={};",
            one.value, one.id
        );
    }
    script.push_str("COMMIT;VACUUM;");
    let mut shell = Command::new("sqlite3");
    let mut shell = shell.arg(&path).stdin(Stdio::piped()).spawn().ok()?;
    shell.stdin.take()?.write_all(script.as_bytes()).ok()?;
    shell
        .wait()
        .ok()?
        .success()
        .then(|| std::fs::metadata(&path).ok().map(|file| file.len()))?
}
