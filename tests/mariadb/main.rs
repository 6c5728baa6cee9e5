//! Random histories here and in MariaDB's system-versioned tables: the clauses that both have read the same versions.
//!
//! Both clocks are set by hand to the same times, so that the stamps of versions are equal, too. `SEED=n cargo test --test mariadb`
//! runs a single history.
//!
//! Where MariaDB departs from SQL:2011, or from what is promised here:
//!
//! - A row that a transaction writes more than once leaves versions there that no moment sees, since they end when they begin. They
//!   are left out of its answers.
//! - An UPDATE that gives a row the values it had makes no version there. None is made.
//! - `AS OF` a moment before the table has no rows there. Here it is an error, and only an empty answer of MariaDB's is held to
//!   be the same.
//! - A range that does not begin before it ends (`BETWEEN`: ends before it begins) is empty there. Here the words of the predicate hold: `FROM a TO b` reads what began before
//!   `b` and ended after `a`. They are asked for in their order.
//! - There is no `CONTAINED IN`; `TRUNCATE` is refused; ALTER TABLE, where it is allowed, changes the past with the present; and a
//!   clock that goes back ends versions before they begin. These are not asked for.

#[path = "../differential/answer.rs"]
#[allow(dead_code)]
mod answer;
#[path = "../differential/engine.rs"]
#[allow(dead_code)]
mod engine;
mod history;
#[path = "../support/random.rs"]
mod random;
mod server;

use history::History;
use server::Server;

const SEEDS: u64 = 12;

#[test]
fn the_clauses_of_both_read_the_same_versions() {
    let server = Server::start();
    let only = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds = match only {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS,
    };
    let mut asked = [0; 5];
    for seed in seeds.clone() {
        let history = History::new(seed);
        let theirs = server.run(&history.theirs());
        for (of, count) in asked.iter_mut().zip(history.compare(&theirs)) {
            *of += count;
        }
    }
    println!(
        "asked, with rows: AS OF {}, FROM TO {}, BETWEEN {}, ALL {}, joins {}",
        asked[0], asked[1], asked[2], asked[3], asked[4]
    );
    let few = 5 * (seeds.end - seeds.start) as usize;
    assert!(
        only.is_some() || asked.iter().all(|count| *count > few),
        "too little has rows: {asked:?}"
    );
}
