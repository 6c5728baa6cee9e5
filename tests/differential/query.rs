//! Queries at random.

use super::expression::{Column, Expressions};
use super::grammar::{AGGREGATES, FRAMES, WINDOWS};
use super::kind::Kind;

/// A statement and how its answers are to be compared.
#[derive(Debug, Clone)]
pub struct Statement {
    pub sql: String,
    /// The rows come in an order that the statement fixes.
    pub is_ordered: bool,
    /// Everything in it is looked at, so that an error of a value comes up or does not.
    pub is_strict: bool,
    /// There is but one thing wrong with it, so that the error is certain.
    pub has_one_error: bool,
    /// It groups. Of values that are equal but written differently (1 and 1.00) the first one stands for the group, and
    /// which row of a table comes first is open: PostgreSQL puts a changed row to the end.
    pub picks_equals: bool,
}

impl Statement {
    pub fn new(sql: String) -> Statement {
        Statement {
            sql,
            is_ordered: false,
            is_strict: false,
            has_one_error: false,
            picks_equals: false,
        }
    }
}

/// A query with the kinds of its columns, which are called `c1`, `c2` and so on.
struct Select {
    sql: String,
    kinds: Vec<Kind>,
    picks_equals: bool,
}

/// Any query.
pub fn query(e: &mut Expressions) -> Statement {
    e.columns.clear();
    let misfit = e.random.chance(15).then(|| e.random.below(8));
    e.misfit = misfit;
    // An untyped NULL may be an error, too, and which of two comes first is open.
    e.has_nulls = misfit.is_none();
    let form = e.random.below(10);
    let statement = match form {
        0 => without_from(e),
        1 => of_each_row(e),
        2..=4 => ordered(e),
        _ => {
            let select = any(e);
            Statement {
                picks_equals: select.picks_equals,
                ..Statement::new(select.sql)
            }
        }
    };
    Statement {
        is_strict: statement.is_strict && misfit.is_none(),
        // In a query inside of others a type that does not fit may lead to another error outside.
        has_one_error: misfit.is_some() && form < 2,
        ..statement
    }
}

/// Expressions over nothing.
fn without_from(e: &mut Expressions) -> Statement {
    e.is_strict = e.random.chance(50);
    let values: Vec<String> = (0..1 + e.random.below(3)).map(|_| output(e)).collect();
    let is_strict = std::mem::take(&mut e.is_strict);
    Statement {
        is_strict,
        ..Statement::new(format!("select {}", values.join(", ")))
    }
}

/// Expressions over each row of a table: an error in any of them is certain to come up.
fn of_each_row(e: &mut Expressions) -> Statement {
    e.is_strict = true;
    let from = e.item_of_from();
    let values: Vec<String> = (0..1 + e.random.below(2)).map(|_| output(e)).collect();
    e.is_strict = false;
    Statement {
        is_strict: true,
        ..Statement::new(format!("select {} from {from}", values.join(", ")))
    }
}

fn output(e: &mut Expressions) -> String {
    let kind = e.any_kind();
    e.expression(kind)
}

/// A query in an order that leaves nothing open, perhaps cut.
fn ordered(e: &mut Expressions) -> Statement {
    let select = any(e);
    let mut keys = Vec::new();
    for (at, kind) in select.kinds.iter().enumerate() {
        let direction = e.pick(&["", "", " desc", " asc nulls first", " desc nulls last"]);
        let name = format!("c{}", at + 1);
        if *kind != Kind::Json {
            keys.push(format!("{name}{direction}"));
        }
        // Equals that are written differently need an order, too.
        if !matches!(kind, Kind::Int | Kind::Bool | Kind::Real | Kind::Double) {
            keys.push(format!("{name}::text"));
        }
    }
    let cut = match e.random.below(4) {
        0 => String::new(),
        1 => format!(" limit {}", e.random.below(6)),
        2 => format!(" limit {} offset {}", e.random.below(6), e.random.below(4)),
        _ => format!(" offset {}", e.random.below(4)),
    };
    let sql = format!(
        "select * from ({}) ordered order by {}{cut}",
        select.sql,
        keys.join(", ")
    );
    Statement {
        is_ordered: true,
        picks_equals: select.picks_equals,
        ..Statement::new(sql)
    }
}

fn any(e: &mut Expressions) -> Select {
    match e.random.below(23) {
        0..=8 => plain(e, None),
        9..=13 => grouped(e),
        14 => all_in_one_group(e),
        15..=16 => set_operation(e),
        17 => values(e),
        18 => with(e),
        19 => recursive(e),
        20 => distinct_on(e),
        21 => windows(e),
        _ => derived(e),
    }
}

/// The kinds of some outputs.
fn kinds(e: &mut Expressions) -> Vec<Kind> {
    (0..1 + e.random.below(4)).map(|_| e.any_kind()).collect()
}

/// `expression as c1, …`
fn outputs(e: &mut Expressions, kinds: &[Kind]) -> String {
    let outputs = kinds.iter().map(|kind| e.expression(*kind)).collect();
    named(outputs)
}

fn named(outputs: Vec<String>) -> String {
    let outputs = outputs.iter().enumerate();
    let outputs: Vec<String> = outputs
        .map(|(at, output)| format!("{output} as c{}", at + 1))
        .collect();
    outputs.join(", ")
}

/// Rows of tables, one by one.
fn plain(e: &mut Expressions, wanted: Option<&[Kind]>) -> Select {
    let scope = e.columns.clone();
    let from = from(e);
    let kinds = wanted.map_or_else(|| kinds(e), <[Kind]>::to_vec);
    let distinct = if e.random.chance(20) { "distinct " } else { "" };
    let outputs = outputs(e, &kinds);
    let condition = condition(e);
    e.columns = scope;
    Select {
        sql: format!("select {distinct}{outputs} from {from}{condition}"),
        kinds,
        picks_equals: !distinct.is_empty(),
    }
}

fn condition(e: &mut Expressions) -> String {
    match e.random.chance(60) {
        true => format!(" where {}", e.expression(Kind::Bool)),
        false => String::new(),
    }
}

/// One to three tables, joined in every way.
pub fn from(e: &mut Expressions) -> String {
    let mut text = e.item_of_from();
    for _ in 0..e.pick(&[0, 0, 1, 1, 1, 2]) {
        let left = e.columns.clone();
        let right = e.item_of_from();
        let added = e.columns[left.len()..].to_vec();
        let join = match e.random.below(11) {
            9 => format!(
                " natural {}join {right}",
                e.pick(&["", "left ", "right ", "full "])
            ),
            10 => {
                // In place of the table, one row made of what stands to the left.
                e.columns = left.clone();
                let x = e.name();
                let kind = e.any_kind();
                let value = e.expression(kind);
                e.columns.push(Column {
                    name: format!("{x}.c1"),
                    kind,
                });
                format!(
                    "{} lateral (select {value} as c1) {x}",
                    e.pick(&[" cross join", ", "])
                )
            }
            0 => format!(", {right}"),
            1 => format!(" cross join {right}"),
            2 => format!(
                " {}join {right} using (id)",
                e.pick(&["", "left ", "right ", "full "])
            ),
            3 => format!(" full join {right} on {}", equality(e, &left, &added)),
            4 => {
                let kind = e.pick(&["", "left ", "right "]);
                format!(" {kind}join {right} on {}", e.expression(Kind::Bool))
            }
            _ => {
                let kind = e.pick(&["", "left ", "left ", "right "]);
                let more = match e.random.chance(30) {
                    true => format!(" and {}", e.expression(Kind::Bool)),
                    false => String::new(),
                };
                format!(
                    " {kind}join {right} on {}{more}",
                    equality(e, &left, &added)
                )
            }
        };
        // A comma binds less than JOIN, so that what follows would not see the tables before it.
        let ends = join.starts_with(',');
        // The id that USING merges is named by its tables, which both are still there.
        text.push_str(&join);
        if ends {
            break;
        }
    }
    text
}

/// `left.x = right.y`, of the same kind.
fn equality(e: &mut Expressions, left: &[Column], right: &[Column]) -> String {
    let pairs: Vec<(&Column, &Column)> = left
        .iter()
        .flat_map(|x| right.iter().map(move |y| (x, y)))
        .filter(|(x, y)| x.kind == y.kind && x.kind.is_comparable())
        .collect();
    let (x, y) = e.pick(&pairs);
    format!("{} = {}", x.name, y.name)
}

/// Groups, and expressions over what they are grouped by.
fn grouped(e: &mut Expressions) -> Select {
    let from = from(e);
    let condition = condition(e);
    let rows = e.columns.clone();
    let mut groups = Vec::new();
    for _ in 0..1 + e.random.below(2) {
        let column = rows[e.random.below(rows.len())].clone();
        if column.kind.is_comparable() {
            groups.push(column);
        }
    }
    let mut items = Vec::new();
    let mut kinds = Vec::new();
    for group in &groups {
        items.push(group.name.clone());
        kinds.push(group.kind);
    }
    let mut group_by: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    if groups.is_empty() || e.random.chance(30) {
        // A whole expression, named by its place.
        let kind = e.kind_that(Kind::is_comparable);
        let value = e.expression(kind);
        items.push(value);
        kinds.push(kind);
        group_by.push(items.len().to_string());
    }
    for _ in 0..1 + e.random.below(3) {
        items.push(aggregate(e));
        kinds.push(Kind::Numeric);
    }
    let having = match e.random.below(4) {
        0 => format!(
            " having {} > {}",
            aggregate_of_numbers(e),
            e.pick(&["0", "1", "2.5"])
        ),
        1 => {
            e.columns = groups.clone();
            let condition = e.expression(Kind::Bool);
            e.columns = rows.clone();
            format!(" having {condition}")
        }
        _ => String::new(),
    };
    if e.random.chance(40) {
        e.columns = groups;
        let kind = e.any_kind();
        items.push(e.expression(kind));
        kinds.push(kind);
    }
    e.columns.clear();
    let list = group_by.join(", ");
    let group_by = match e.random.below(12) {
        0 => format!("rollup ({list})"),
        1 => format!("cube ({list})"),
        2 => format!("grouping sets (({list}), rollup ({list}), ())"),
        _ => list,
    };
    Select {
        sql: format!(
            "select {} from {from}{condition} group by {group_by}{having}",
            named(items),
        ),
        kinds,
        picks_equals: true,
    }
}

fn aggregate(e: &mut Expressions) -> String {
    let template = e.pick(AGGREGATES);
    e.fill(template, Kind::Int)
}

fn aggregate_of_numbers(e: &mut Expressions) -> String {
    let template = e.pick(&["count(*)", "count({any})", "sum({int})", "max({numeric})"]);
    e.fill(template, Kind::Int)
}

/// Aggregates over all rows.
fn all_in_one_group(e: &mut Expressions) -> Select {
    let from = from(e);
    let condition = condition(e);
    let count = 1 + e.random.below(4);
    let items = (0..count).map(|_| aggregate(e)).collect();
    e.columns.clear();
    Select {
        sql: format!("select {} from {from}{condition}", named(items)),
        kinds: vec![Kind::Numeric; count],
        picks_equals: true,
    }
}

fn set_operation(e: &mut Expressions) -> Select {
    let kinds: Vec<Kind> = (0..1 + e.random.below(2))
        .map(|_| e.kind_that(Kind::is_comparable))
        .collect();
    let mut sql = plain(e, Some(&kinds)).sql;
    for _ in 0..1 + e.random.below(2) {
        let operator = e.pick(&[
            "union",
            "union all",
            "intersect",
            "intersect all",
            "except",
            "except all",
        ]);
        sql = format!("{sql} {operator} {}", plain(e, Some(&kinds)).sql);
    }
    Select {
        sql,
        kinds,
        picks_equals: true,
    }
}

fn values(e: &mut Expressions) -> Select {
    let kinds = kinds(e);
    let tuples: Vec<String> = (0..1 + e.random.below(3))
        .map(|_| {
            let values: Vec<String> = kinds.iter().map(|kind| e.expression(*kind)).collect();
            format!("({})", values.join(", "))
        })
        .collect();
    let names: Vec<String> = (1..=kinds.len()).map(|at| format!("c{at}")).collect();
    let sql = format!(
        "select * from (values {}) v({})",
        tuples.join(", "),
        names.join(", ")
    );
    Select {
        sql,
        kinds,
        picks_equals: false,
    }
}

/// A named query, used once or twice.
fn with(e: &mut Expressions) -> Select {
    let inner = simple(e);
    let (name, x, y) = (e.name(), e.name(), e.name());
    let mut from = format!("{name} {x}");
    add_columns(e, &format!("{x}."), &inner.kinds);
    if e.random.chance(40) {
        add_columns(e, &format!("{y}."), &inner.kinds);
        from.push_str(&format!(
            " left join {name} {y} on {}",
            e.expression(Kind::Bool)
        ));
    }
    let kinds = kinds(e);
    let sql = format!(
        "with {name} as ({}) select {} from {from}{}",
        inner.sql,
        outputs(e, &kinds),
        condition(e)
    );
    e.columns.clear();
    Select {
        sql,
        kinds,
        picks_equals: inner.picks_equals,
    }
}

/// A query of WITH that calls itself: numbers up to a bound, and something that grows beside them.
fn recursive(e: &mut Expressions) -> Select {
    let (name, x) = (e.name(), e.name());
    let (most, union) = (e.random.below(8), e.pick(&["union", "union all"]));
    let head =
        format!("with recursive {name}(c1, c2) as (select 1, 'a'::text {union} select c1 + 1, ");
    let columns = [Kind::Int, Kind::Text];
    add_columns(e, "", &columns);
    e.depth = 1;
    let text = e.expression(Kind::Text);
    e.depth = 3;
    let body = format!("left({text}, 20)::text from {name} where c1 < {most})");
    e.columns.clear();
    add_columns(e, &format!("{x}."), &columns);
    let kinds = kinds(e);
    let sql = format!(
        "{head}{body} select {} from {name} {x}{}",
        outputs(e, &kinds),
        condition(e)
    );
    e.columns.clear();
    Select {
        sql,
        kinds,
        picks_equals: false,
    }
}

/// Window functions beside the key.
fn windows(e: &mut Expressions) -> Select {
    let from = e.item_of_from();
    let id = e.columns[0].name.clone();
    let mut items = vec![id.clone()];
    for _ in 0..1 + e.random.below(2) {
        let partition = match e.random.chance(60) {
            true => e.fill("partition by {column key} ", Kind::Int),
            false => String::new(),
        };
        let order = match e.random.chance(60) {
            true => e.fill("{column key}, ", Kind::Int),
            false => String::new(),
        };
        let direction = e.pick(&["", " desc"]);
        let over = format!(
            "over ({partition}order by {order}{id}{direction}{})",
            e.pick(FRAMES)
        );
        let template = e.pick(WINDOWS).replace("{over}", &over);
        items.push(e.fill(&template, Kind::Int));
    }
    let condition = condition(e);
    e.columns.clear();
    Select {
        kinds: vec![Kind::Numeric; items.len()],
        sql: format!("select {} from {from}{condition}", named(items)),
        picks_equals: false,
    }
}

/// The first row of each group by an order that leaves nothing open.
fn distinct_on(e: &mut Expressions) -> Select {
    let from = e.item_of_from();
    let id = e.columns[0].name.clone();
    let column = e.columns[e.random.below(e.columns.len())].clone();
    let kinds = kinds(e);
    let outputs = outputs(e, &kinds);
    let condition = condition(e);
    e.columns.clear();
    let direction = e.pick(&["", " desc", " nulls first"]);
    let sql = format!(
        "select distinct on ({key}) {outputs} from {from}{condition} order by {key}{direction}, {id}",
        key = column.name
    );
    Select {
        sql,
        kinds,
        picks_equals: false,
    }
}

/// A query in FROM.
fn derived(e: &mut Expressions) -> Select {
    let inner = simple(e);
    let x = e.name();
    add_columns(e, &format!("{x}."), &inner.kinds);
    let kinds = kinds(e);
    let sql = format!(
        "select {} from ({}) {x}{}",
        outputs(e, &kinds),
        inner.sql,
        condition(e)
    );
    e.columns.clear();
    Select {
        sql,
        kinds,
        picks_equals: inner.picks_equals,
    }
}

fn simple(e: &mut Expressions) -> Select {
    match e.random.below(4) {
        0 => grouped(e),
        1 => set_operation(e),
        2 => values(e),
        _ => plain(e, None),
    }
}

fn add_columns(e: &mut Expressions, prefix: &str, kinds: &[Kind]) {
    let columns = kinds.iter().enumerate();
    e.columns.extend(columns.map(|(at, kind)| Column {
        name: format!("{prefix}c{}", at + 1),
        kind: *kind,
    }));
}
