//! What the past promises to cost: a look-up in it next to one of the present, a difference by what changed and not by
//! the size of the table, and a slider that is dragged over all of it.

use super::random;
use super::statements::Bench;
use driftdb::db::{Parameter, StatementId};
use std::time::Instant;

/// The mean and the longest of some runs, in microseconds.
fn each(count: u64, mut run: impl FnMut(u64)) -> (f64, f64) {
    let (mut all, mut longest) = (0.0, 0f64);
    for at in 0..count {
        let start = Instant::now();
        run(at);
        let took = start.elapsed().as_secs_f64() * 1e6;
        all += took;
        longest = longest.max(took);
    }
    (all / count as f64, longest)
}

fn number(number: u64) -> Parameter {
    Parameter::I64(number as i64)
}

/// 10,000 rows with 1,000,000 versions, of which 100,000 are of one row.
pub fn look_ups() {
    const BUSY: u64 = 5_000;
    let mut bench = Bench::with_rows(10_000);
    let first = bench.seq();
    let update = bench.prepare("UPDATE t SET v = $1 WHERE id = $2");
    for round in 0..90 {
        bench.sql("UPDATE t SET v = v + 1");
        for step in 0..1_110 {
            bench.statement(update, vec![number(round * 2_000 + step), number(BUSY)]);
        }
    }
    let last = bench.seq();
    let present = bench.prepare("SELECT v FROM t WHERE id = $1");
    let past = bench.prepare("SELECT v FROM t FOR SYSTEM_TIME AS OF $2 WHERE id = $1");
    for (name, is_busy) in [("of the busy row", true), ("of any row", false)] {
        let mut state = 5;
        let mut key = move || match is_busy {
            true => BUSY,
            false => random(&mut state) % 10_000,
        };
        let mut moments = 9;
        let mut run = |statement: StatementId, is_past: bool| {
            each(100_000, |_| {
                let mut parameters = vec![number(key())];
                if is_past {
                    parameters.push(number(first + random(&mut moments) % (last - first)));
                }
                bench.statement(statement, parameters);
            })
            .0
        };
        run(past, true);
        let (now, then) = (run(present, false), run(past, true));
        println!(
            "figure look-up {name}, {} commits: present {now:.2} us, AS OF {then:.2} us, {:.2} x",
            last + 1,
            then / now
        );
    }
}

/// 100 rows change between the moments, in tables of 1,000 and of 1,000,000 rows.
pub fn differences() {
    let mut least = Vec::new();
    for rows in [1_000, 1_000_000] {
        let mut bench = Bench::with_rows(rows);
        let before = bench.seq();
        let update = bench.prepare("UPDATE t SET v = v + 1 WHERE id = $1");
        for at in 0..100 {
            bench.statement(update, vec![number(at * (rows as u64 / 100))]);
        }
        let after = bench.seq();
        let diff = bench.prepare("SELECT count(*) FROM diff('t', $1, $2)");
        let mut told = Vec::new();
        let (mean, longest) = each(200, |_| {
            told = bench.answer(diff, vec![number(before), number(after)]);
        });
        println!(
            "figure diff of {rows} rows: {} differ, {mean:.1} us, longest {longest:.1} us",
            told[0][0]
        );
        least.push(mean);
    }
    println!(
        "figure diff: {:.2} x for 1,000 times the rows",
        least[1] / least[0]
    );
}

/// 100,000 rows with 200,000 versions; each frame asks for a moment of its own.
pub fn slider() {
    let mut bench = Bench::with_rows(100_000);
    let first = bench.seq();
    let update = bench.prepare("UPDATE t SET v = $1 WHERE id = $2");
    let mut state = 7;
    for step in 0..100_000 {
        let key = random(&mut state) % 100_000;
        bench.statement(update, vec![number(step % 1_000), number(key)]);
    }
    let last = bench.seq();
    let queries = [
        ("viewport", "SELECT * FROM t ORDER BY id LIMIT 50"),
        (
            "group by",
            "SELECT v / 100, count(*), sum(v) FROM t GROUP BY 1",
        ),
        ("point   ", "SELECT * FROM t WHERE id = 77777"),
    ];
    let all = queries.map(|(name, sql)| (name, bench.prepare(&format!("{sql} AS OF $1"))));
    let frames = 300;
    let at = |frame: u64| number(first + (last - first) * frame / frames);
    for (name, statement) in all {
        let (mean, longest) = each(frames, |frame| bench.statement(statement, vec![at(frame)]));
        println!("figure slider {name}: {mean:.0} us a frame, longest {longest:.0} us");
    }
    let (mean, longest) = each(frames, |frame| {
        for (_, statement) in all {
            bench.statement(statement, vec![at(frames - 1 - frame)]);
        }
    });
    println!("figure slider, all three: {mean:.0} us a frame, longest {longest:.0} us");
}
