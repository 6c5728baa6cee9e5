//! Runs the scripts under `tests/scripts/sql` and `tests/scripts/plan`: what the reader, the binder and
//! the rules make of a statement, without running it.
//!
//! ```text
//! > statement              runs it, for the tables that others need
//! [key]> script            for each statement: its plan cache key, and the constants lifted out of it
//! [clauses]> statement     the temporal clauses, by the position of the table they hold for
//! [types]> statement       the types of the parameters and of the result's columns
//! [bound]> statement       the plan as the binder makes it
//! [plan]> statement        the plan after all rules
//! [lifted]> statement      the same with its constants lifted, and the types of what is given at execution
//! [rules]> query           the plan, and again after each rule that changed it
//! ```

mod support;

use driftdb::db::{Database, Options, Request, SessionId};
use driftdb::plan::optimize::{Knowledge, improve};
use driftdb::plan::{self, BoundKey, Plan, TimeSlot};
use driftdb::sql::{self, Clause, Lifting, Literal, Moment, Scanned, Statement, Statements};
use driftdb::table::Catalog;
use driftdb::types::{IndexSchema, TableId, TableSchema};
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;
use support::database::{Still, open};
use support::random::Random;

type Answer = Result<String, Box<dyn Error>>;

#[test]
fn reading() {
    run_all("sql");
}

#[test]
fn planning() {
    run_all("plan");
}

fn run_all(folder: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = std::fs::read_dir(root.join(folder))
        .expect("the folder of scripts")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        goldenscript::run(&mut Script::new(), &path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// A database for the tables; everything else asks the layers below it.
struct Script {
    database: Database,
    session: SessionId,
}

impl Script {
    fn new() -> Self {
        let options = Options::memory(Rc::new(Still), Rc::new(Still));
        let (database, session) = open(options);
        Script { database, session }
    }

    fn execute(&mut self, sql: &str) -> Answer {
        let run = self.database.run(self.session, Request::script(sql));
        run.map_err(|(_, failure)| describe(&failure.error))?;
        Ok(String::new())
    }

    fn catalog(&self) -> Result<Rc<Catalog>, Box<dyn Error>> {
        Ok(self.database.catalog(None)?)
    }

    /// The plan of a statement; every moment has the present's tables.
    fn plan(
        &self,
        sql: &str,
        lifting: Lifting,
        optimize: bool,
    ) -> Result<plan::Prepared, Box<dyn Error>> {
        let statement = parse(sql, lifting)?;
        let catalogs = vec![self.catalog()?; 1 + statement.temporal.clauses.len()];
        let options = plan::Options {
            optimize,
            ..plan::Options::default()
        };
        let mut present = |_: &_, _| Ok(catalogs[0].clone());
        plan::plan(&statement, &catalogs, &[], &options, &mut present)
            .map_err(|error| describe(&error))
    }

    fn rules(&self, sql: &str) -> Answer {
        let statement = parse(sql, Lifting::Off)?;
        let knowledge = Known {
            catalog: self.catalog()?,
            statement,
        };
        let Plan::Query(query) = self.plan(sql, Lifting::Off, false)?.plan else {
            return Err("only queries".into());
        };
        let mut out = drawn("bound", &query.root);
        improve(query.root, &knowledge, &mut |rule, node| {
            out.push_str(&drawn(rule, node));
        });
        Ok(out)
    }
}

impl goldenscript::Runner for Script {
    type Command = goldenscript::Command;

    fn run(&mut self, command: &Self::Command, context: &goldenscript::Context) -> Answer {
        let sql = command.name.as_str();
        match context.tags.iter().next().map(String::as_str) {
            None => self.execute(sql),
            Some("key") => Statements::new(sql).map(|read| key(&read?)).collect(),
            Some("clauses") => clauses(sql),
            Some("types") => {
                let prepared = self.plan(sql, Lifting::Off, false)?;
                let mut out = format!("parameters {:?}\n", prepared.parameter_types);
                for field in prepared.fields {
                    writeln!(out, "{} {}", field.name, field.data_type)?;
                }
                Ok(out)
            }
            Some("bound") => self.plan(sql, Lifting::Off, false).map(|p| lines(&p.plan)),
            Some("lifted") => self.plan(sql, Lifting::On, true).map(|p| {
                let values = [p.parameter_types, p.row_types].concat();
                format!("{}given {values:?}\n", lines(&p.plan))
            }),
            Some("plan") => self.plan(sql, Lifting::Off, true).map(|p| lines(&p.plan)),
            Some("rules") => self.rules(sql),
            Some(other) => Err(format!("unknown tag {other}").into()),
        }
    }
}

fn parse(sql: &str, lifting: Lifting) -> Result<Statement, Box<dyn Error>> {
    let scanned = Statements::new(sql).next().ok_or("no statement")?;
    let source = scanned.map_err(|error| describe(&error))?.source;
    sql::parse(&source, lifting).map_err(|error| describe(&error))
}

/// The whole of an error: code, position, message, and what helps.
fn describe(error: &driftdb::error::Error) -> Box<dyn Error> {
    let mut out = error.to_string();
    if let Some(detail) = error.detail() {
        out.push_str(&format!("\n  detail: {detail}"));
    }
    if let Some(hint) = error.hint() {
        out.push_str(&format!("\n  hint: {hint}"));
    }
    out.into()
}

fn key(scanned: &Scanned) -> Answer {
    let lifted = &scanned.lifted;
    let mut out = format!("{}\n", lifted.key.replace('\u{1}', "  | "));
    if lifted.tuples > 0 {
        writeln!(out, "  {} tuples", lifted.tuples)?;
    }
    if lifted.parameters > 0 {
        writeln!(out, "  parameters to ${}", lifted.parameters)?;
    }
    let constants: Vec<String> = lifted.literals.iter().map(constant).collect();
    if !constants.is_empty() {
        writeln!(out, "  {}", constants.join(", "))?;
    }
    Ok(out)
}

fn constant(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_string(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Numeric(digits) => format!("numeric {digits}"),
        Literal::String(text) => format!("{text:?}"),
    }
}

fn clauses(sql: &str) -> Answer {
    let temporal = parse(sql, Lifting::Off)?.temporal;
    let mut out = String::new();
    for (at, clause) in temporal.clauses.iter().enumerate() {
        let tables = 1..=sql.chars().count() as u32;
        let table = tables
            .clone()
            .find(|position| temporal.of_table(*position) == Some(at));
        match table {
            Some(position) => {
                let name = sql.chars().skip(position as usize - 1);
                let name: String = name.take_while(|c| !c.is_whitespace()).collect();
                write!(out, "{name} at {position}: ")?;
            }
            None => out.push_str("the whole query: "),
        }
        let moments: Vec<String> = clause.moments().into_iter().map(moment).collect();
        let kind = match clause {
            Clause::AsOf(_) => "as of",
            Clause::FromTo(..) => "from … to",
            Clause::Between(..) => "between",
            Clause::ContainedIn(..) => "contained in",
            Clause::All => "all",
        };
        writeln!(out, "{kind} {}", moments.join(", "))?;
    }
    Ok(out)
}

fn moment(moment: &Moment) -> String {
    match moment {
        Moment::Seq(seq) => format!("seq {seq}"),
        Moment::Tag(tag) => format!("tag {tag}"),
        Moment::Parameter(at) => format!("parameter {}", at + 1),
        // The parser's own spelling marks strings with an N.
        Moment::Expr(expr) => expr.to_string().replace("N'", "'"),
    }
}

fn lines(plan: &Plan) -> String {
    plan.lines().join("\n") + "\n"
}

fn drawn(title: &str, node: &plan::Node) -> String {
    let mut lines = vec![format!("{title}:")];
    node.draw(1, &mut lines);
    lines.join("\n") + "\n"
}

struct Known {
    catalog: Rc<Catalog>,
    statement: Statement,
}

impl Knowledge for Known {
    fn indexes(&self, table: TableId, _: TimeSlot) -> Vec<IndexSchema> {
        let table = self.catalog.table_by_id(table);
        table.map(|table| table.indexes.clone()).unwrap_or_default()
    }

    fn computed_key(&self, _: TableId, _: &IndexSchema) -> Option<(BoundKey, Rc<TableSchema>)> {
        None
    }

    fn first_constant(&self) -> usize {
        usize::MAX
    }

    fn want_constants(&self) {}

    fn reads_one_moment(&self, time: TimeSlot) -> bool {
        match time {
            TimeSlot::Present => true,
            TimeSlot::Clause(at) => matches!(self.statement.temporal.clauses[at], Clause::AsOf(_)),
        }
    }
}

/// Statements put together at random, most of them nonsense: whatever they are, they are read and bound
/// or refused, never a panic; and where both readings of one are bound, lifting its constants changes
/// neither the result's columns nor what is written.
#[test]
fn nonsense_is_refused_and_lifting_changes_no_columns() {
    const WORDS: &str = "select select from from where where a b c t t u x * , , . ( ( ) ) = = < > + - || :: \
        1 2 3000000000 1.5 'x' '2026-01-01' $1 $2 null true and or not in between like is as of on join left \
        using group by having order limit offset union all except distinct count( sum( max( coalesce( lower( \
        insert into t values update t set a = delete from t returning default case when then else end \
        exists any int text date cast( interval '1' with for system_time as of @seq:0 @tag:v all now() \
        create table index unique primary key drop truncate explain begin ; \"q\" E'\\n' $$ $$ -- /* */ ?";
    const SHAPES: [&str; 12] = [
        "select {} from t where {}",
        "select a, {} from t group by {} order by {}",
        "select * from t join u on {} where {} limit {}",
        "select * from t where a = {} and b like {} or c in ({}, {})",
        "insert into t values ({}, {}, {}), ({}, {}, {})",
        "insert into t (a, b) select {}, {} from u where {}",
        "update t set a = {}, b = {} where {}",
        "delete from t where {} returning {}",
        "select * from t for system_time as of {} x where {}",
        "select * from t where {} as of {}",
        "with q as (select {} as k from t) select * from q where k = {}",
        "{} {} {} {}",
    ];
    let mut script = Script::new();
    script
        .execute("create table t (a int primary key, b text, c numeric)")
        .expect("a table");
    script
        .execute("create table u (a int, d date)")
        .expect("a table");
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut random = Random(1);
    let mut bound = 0;
    for round in 0..6_000 {
        let mut sql = String::new();
        for part in SHAPES[round % SHAPES.len()].split_inclusive("{}") {
            let hole = part.strip_suffix("{}");
            sql.push_str(hole.unwrap_or(part));
            if hole.is_some() && random.below(12) > 0 {
                sql.push_str(&expression(&mut random, 2));
            } else if hole.is_some() {
                for _ in 0..1 + random.below(3) {
                    sql.push(' ');
                    sql.push_str(words[random.below(words.len())]);
                }
            }
        }
        let plain = script.plan(&sql, Lifting::Off, true);
        let lifted = script.plan(&sql, Lifting::On, true);
        if let (Ok(plain), Ok(lifted)) = (&plain, &lifted) {
            bound += 1;
            assert_eq!(plain.fields, lifted.fields, "{sql}");
            let own = plain.parameter_types.len();
            assert_eq!(
                plain.parameter_types,
                lifted.parameter_types[..own],
                "{sql}"
            );
        }
        // Without its constants a statement may mean less, but never more.
        assert!(
            plain.is_ok() || lifted.is_err() || is_value_error(&plain),
            "{sql}"
        );
    }
    assert!(bound > 100, "only {bound} statements made sense");
}

/// An expression that may even have a type.
fn expression(random: &mut Random, depth: usize) -> String {
    const LEAVES: [&str; 16] = [
        "a",
        "b",
        "c",
        "t.a",
        "1",
        "2",
        "-7",
        "2.5",
        "'x'",
        "'5'",
        "'2026-01-01'",
        "null",
        "true",
        "$1",
        "now()",
        "3000000000",
    ];
    if depth == 0 || random.below(3) == 0 {
        return LEAVES[random.below(LEAVES.len())].to_string();
    }
    let mut part = || expression(random, depth - 1);
    let (x, y, z) = (part(), part(), part());
    match random.below(14) {
        0 => format!("{x} = {y}"),
        1 => format!("{x} < {y}"),
        2 => format!("{x} + {y}"),
        3 => format!("({x} * {y})"),
        4 => format!("{x} || {y}"),
        5 => format!("{x} and {y}"),
        6 => format!("not {x} or {y}"),
        7 => format!("{x} between {y} and {z}"),
        8 => format!("{x} in ({y}, {z})"),
        9 => format!("{x} is null"),
        10 => format!("coalesce({x}, {y})"),
        11 => format!("case when {x} then {y} else {z} end"),
        12 => format!("cast({x} as numeric)"),
        _ => format!("{x} like {y}"),
    }
}

/// Whether what was wrong was a constant's value, which lifting looks at only when it is given.
fn is_value_error(result: &Result<plan::Prepared, Box<dyn Error>>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| error.to_string().starts_with("22"))
}
