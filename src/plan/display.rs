//! Draws a plan as EXPLAIN shows it: a node a line, its inputs indented below it.
//!
//! ```text
//! Limit 10
//!   Project #0, #1 + 1
//!     Index Scan on orders using orders_pkey (id = 7)  [id, total]
//! ```

use super::{
    Aggregate, Exclusion, Frame, FrameBound, FrameUnits, JoinKind, Node, PastFunction, Plan,
    SortKey, TimeSlot, WindowCall, WindowFunction,
};
use crate::expr::{Expr, ExprKind, SetCall, format_value};
use crate::types::{IndexId, IndexSchema, ScanColumn, TableSchema, Value};
use std::fmt::{self, Display, Formatter, Write};
use std::ops::Bound;

impl Plan {
    /// The lines of EXPLAIN.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut under = |title: String, subplans: &[Node], source: &Node| {
            lines.push(title);
            source.draw(1, &mut lines);
            draw_subplans(subplans, &mut lines);
        };
        match self {
            Plan::Query(query) => {
                query.root.draw(0, &mut lines);
                draw_subplans(&query.subplans, &mut lines);
            }
            Plan::Insert(insert) => {
                under(
                    format!("Insert on {}", insert.table.name),
                    &insert.subplans,
                    &insert.source,
                );
            }
            Plan::Update(update) => {
                under(
                    format!("Update on {}", update.table.name),
                    &update.subplans,
                    &update.source,
                );
            }
            Plan::Delete(delete) => {
                under(
                    format!("Delete on {}", delete.table.name),
                    &delete.subplans,
                    &delete.source,
                );
            }
            Plan::Merge(merge) => {
                under(
                    format!("Merge on {}", merge.table.name),
                    &merge.subplans,
                    &merge.source,
                );
            }
            Plan::Explain { plan, .. } => lines = plan.lines(),
            _ => lines.push("Utility Statement".to_string()),
        }
        lines
    }
}

fn draw_subplans(subplans: &[Node], lines: &mut Vec<String>) {
    for (number, node) in subplans.iter().enumerate() {
        lines.push(format!("Subplan {number}"));
        node.draw(1, lines);
    }
}

impl Node {
    /// Appends the lines of the node and those below it.
    pub fn draw(&self, depth: usize, lines: &mut Vec<String>) {
        lines.push(format!("{:1$}{self}", "", depth * 2));
        for input in self.inputs() {
            input.draw(depth + 1, lines);
        }
    }
}

/// The node's own line.
impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Node::Values { rows, .. } => write!(f, "Values ({} rows)", rows.len()),
            Node::Rows { types } => write!(f, "Rows ({} constants each)", types.len()),
            Node::Write(write) => match &**write {
                Plan::Insert(insert) => write!(f, "Insert on {}", insert.table.name),
                Plan::Update(update) => write!(f, "Update on {}", update.table.name),
                Plan::Delete(delete) => write!(f, "Delete on {}", delete.table.name),
                _ => f.write_str("Write"),
            },
            Node::Subplan { subplan, .. } => write!(f, "Rows of subplan {subplan}"),
            Node::Past { call, .. } => {
                write!(f, "{:?}", call.function)?;
                let Some(table) = &call.tables[1] else {
                    return Ok(());
                };
                write!(f, " on {}", table.name)?;
                // Where the key was of another type, its index has not all of the past.
                let is_read = |key: &&IndexSchema| {
                    let mut columns = table.columns.iter();
                    columns.all(|own| !own.was_retyped || !key.columns.contains(&own.id))
                };
                match table.primary_key().filter(is_read) {
                    Some(key) if call.function == PastFunction::History => {
                        write!(f, " using {}", key.name)
                    }
                    _ => Ok(()),
                }
            }
            Node::WorkTable { table, .. } => write!(f, "Work Table {table}"),
            Node::Recursive {
                table, distinct, ..
            } => {
                let all = if *distinct { "" } else { " All" };
                write!(f, "Recursive Union{all} {table}")
            }
            Node::Scan {
                table,
                time,
                columns,
                filter,
            } => {
                write!(f, "Scan on {}{}", table.name, At(*time))?;
                write_columns(f, table, columns)?;
                write_filter(f, filter)
            }
            Node::IndexScan {
                table,
                index,
                time,
                prefix,
                lower,
                upper,
                backwards,
                columns,
                filter,
            } => {
                let direction = if *backwards { " backwards" } else { "" };
                write!(
                    f,
                    "Index Scan{direction} on {}{} using ",
                    table.name,
                    At(*time)
                )?;
                write_range(f, table, *index, prefix, lower, upper)?;
                write_columns(f, table, columns)?;
                write_filter(f, filter)
            }
            Node::Filter { predicate, .. } => write!(f, "Filter {predicate}"),
            Node::Project { expressions, .. } => write!(f, "Project {}", List(expressions)),
            Node::Join {
                kind,
                keys,
                condition,
                ..
            } => {
                let how = if keys.is_empty() {
                    "Nested Loop"
                } else {
                    "Hash"
                };
                write!(f, "{how} {}", join_name(*kind))?;
                for (place, (left, right)) in keys.iter().enumerate() {
                    write!(
                        f,
                        "{}{left} = {right}",
                        if place == 0 { " on " } else { " and " }
                    )?;
                }
                match condition {
                    Some(condition) => write!(f, "  [filter {condition}]"),
                    None => Ok(()),
                }
            }
            Node::Apply {
                kind,
                outer,
                guard,
                condition,
                ..
            } => {
                write!(f, "Dependent {}", join_name(*kind))?;
                for (place, (slot, value)) in outer.iter().enumerate() {
                    let before = if place == 0 { " with" } else { "," };
                    write!(f, "{before} outer.{slot} = {value}")?;
                }
                (guard.iter()).try_for_each(|guard| write!(f, "  [only if {guard}]"))?;
                write_filter(f, condition)
            }
            Node::Aggregate {
                groups,
                sets,
                aggregates,
                ..
            } => {
                write!(f, "Aggregate {}", List(aggregates))?;
                if !groups.is_empty() {
                    write!(f, " by {}", List(groups))?;
                }
                match sets.is_empty() {
                    true => Ok(()),
                    false => write!(f, " in sets {sets:?}"),
                }
            }
            Node::Window {
                partition,
                order,
                calls,
                ..
            } => {
                write!(f, "Window {}", List(calls))?;
                if !partition.is_empty() {
                    write!(f, " by {}", List(partition))?;
                }
                match order.is_empty() {
                    true => Ok(()),
                    false => write!(f, " in order of {}", List(order)),
                }
            }
            Node::FunctionScan { calls, .. } => write!(f, "Function Scan {}", List(calls)),
            Node::Append { .. } => f.write_str("Append"),
            Node::Distinct { .. } => f.write_str("Distinct"),
            Node::Number { keys, .. } => write!(f, "Number by {}", List(keys)),
            Node::Sort { keys, .. } => write!(f, "Sort by {}", List(keys)),
            Node::Ties {
                keys,
                limit,
                offset,
                ..
            } => {
                write!(f, "Limit {limit} with ties by {}", List(keys))?;
                (offset.iter()).try_for_each(|offset| write!(f, " offset {offset}"))
            }
            Node::Limit { limit, offset, .. } => {
                f.write_str("Limit")?;
                limit.iter().try_for_each(|limit| write!(f, " {limit}"))?;
                offset
                    .iter()
                    .try_for_each(|offset| write!(f, " offset {offset}"))
            }
        }
    }
}

/// The moment that a scan reads, if it is not the statement's own.
struct At(TimeSlot);

impl Display for At {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            TimeSlot::Present => Ok(()),
            TimeSlot::Clause(number) => write!(f, " at moment {number}"),
        }
    }
}

fn join_name(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "Join",
        JoinKind::Left => "Left Join",
        JoinKind::Right => "Right Join",
        JoinKind::Full => "Full Join",
        JoinKind::Semi => "Semi Join",
        JoinKind::Anti => "Anti Join",
        JoinKind::Mark => "Mark Join",
        JoinKind::Single => "Single Join",
    }
}

fn column_name(table: &TableSchema, column: ScanColumn) -> &str {
    match column {
        ScanColumn::Column(id) => table
            .position(id)
            .map_or("?", |position| &table.columns[position].name),
        ScanColumn::RowId => "row id",
        ScanColumn::SeqStart => "system_seq_start",
        ScanColumn::SeqEnd => "system_seq_end",
        ScanColumn::TimeStart => "system_time_start",
        ScanColumn::TimeEnd => "system_time_end",
    }
}

fn write_columns(
    f: &mut Formatter<'_>,
    table: &TableSchema,
    columns: &[ScanColumn],
) -> fmt::Result {
    let names: Vec<&str> = columns
        .iter()
        .map(|column| column_name(table, *column))
        .collect();
    write!(f, "  [{}]", names.join(", "))
}

fn write_filter(f: &mut Formatter<'_>, filter: &Option<Expr>) -> fmt::Result {
    filter
        .iter()
        .try_for_each(|filter| write!(f, "  [filter {filter}]"))
}

fn write_range(
    f: &mut Formatter<'_>,
    table: &TableSchema,
    id: IndexId,
    prefix: &[Expr],
    lower: &Bound<Expr>,
    upper: &Bound<Expr>,
) -> fmt::Result {
    let Some(index) = table.index(id) else {
        return write!(f, "index {id}");
    };
    let names: Vec<String> = match &index.computed {
        Some(key) => key.parts.clone(),
        None => (index.columns.iter())
            .map(|id| column_name(table, ScanColumn::Column(*id)).to_string())
            .collect(),
    };
    let mut names = names.iter();
    let mut parts: Vec<String> = prefix
        .iter()
        .zip(&mut names)
        .map(|(value, name)| format!("{name} = {value}"))
        .collect();
    if let Some(name) = names.next() {
        parts.extend(bound_text(name, '>', lower));
        parts.extend(bound_text(name, '<', upper));
    }
    write!(f, "{} ({})", index.name, parts.join(" and "))
}

fn bound_text(name: &str, sign: char, bound: &Bound<Expr>) -> Option<String> {
    match bound {
        Bound::Included(value) => Some(format!("{name} {sign}= {value}")),
        Bound::Excluded(value) => Some(format!("{name} {sign} {value}")),
        Bound::Unbounded => None,
    }
}

struct List<'a, T>(&'a [T]);

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for SortKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)?;
        if self.descending {
            f.write_str(" desc")?;
        }
        match (self.nulls_first, self.descending) {
            (true, false) => f.write_str(" nulls first"),
            (false, true) => f.write_str(" nulls last"),
            _ => Ok(()),
        }
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.function.name();
        let distinct = if self.distinct { "distinct " } else { "" };
        if self.arguments.is_empty() {
            return write!(f, "{name}(*)");
        }
        write!(f, "{name}({distinct}{}", List(&self.arguments))?;
        if !self.order.is_empty() {
            write!(f, " in order of {}", List(&self.order))?;
        }
        f.write_str(")")
    }
}

impl Display for SetCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = format!("{:?}", self.function).to_ascii_lowercase();
        write!(f, "{name}({})", List(&self.arguments))
    }
}

impl Display for WindowCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = match &self.function {
            WindowFunction::RowNumber => "row_number",
            WindowFunction::Rank => "rank",
            WindowFunction::DenseRank => "dense_rank",
            WindowFunction::PercentRank => "percent_rank",
            WindowFunction::CumeDist => "cume_dist",
            WindowFunction::Ntile => "ntile",
            WindowFunction::Lag => "lag",
            WindowFunction::Lead => "lead",
            WindowFunction::FirstValue => "first_value",
            WindowFunction::LastValue => "last_value",
            WindowFunction::NthValue => "nth_value",
            WindowFunction::Aggregate(aggregate) => {
                return write!(f, "{aggregate}{}", self.frame);
            }
        };
        write!(f, "{name}({}){}", List(&self.arguments), self.frame)
    }
}

/// Nothing for the frame that is meant where none is written.
impl Display for Frame {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if *self == Frame::default() {
            return Ok(());
        }
        let units = match self.units {
            FrameUnits::Rows => "rows",
            FrameUnits::Range => "range",
            FrameUnits::Groups => "groups",
        };
        write!(f, " [{units}")?;
        for (bound, unbounded) in [(&self.start, "preceding"), (&self.end, "following")] {
            let between = if unbounded == "preceding" { "" } else { " to" };
            match bound {
                FrameBound::Unbounded => write!(f, "{between} unbounded {unbounded}")?,
                FrameBound::CurrentRow => write!(f, "{between} current row")?,
                FrameBound::Preceding(offset) => write!(f, "{between} {} preceding", offset.value)?,
                FrameBound::Following(offset) => write!(f, "{between} {} following", offset.value)?,
            }
        }
        f.write_str(match self.exclusion {
            Exclusion::NoOthers => "]",
            Exclusion::CurrentRow => " exclude current row]",
            Exclusion::Group => " exclude group]",
            Exclusion::Ties => " exclude ties]",
        })
    }
}

/// Columns are shown by their place in the input: `#0`.
impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let negation = |negated: bool| if negated { "not " } else { "" };
        match &self.kind {
            ExprKind::Column(place) => write!(f, "#{place}"),
            ExprKind::Parameter(place) => write!(f, "${}", place + 1),
            ExprKind::Outer(slot) => write!(f, "outer.{slot}"),
            ExprKind::Constant(value) => write_constant(f, value, self),
            ExprKind::Binary {
                operator,
                left,
                right,
            } => {
                write!(f, "({left} {} {right})", operator.symbol())
            }
            ExprKind::Negate(operand) => write!(f, "(- {operand})"),
            ExprKind::Not(operand) => write!(f, "(not {operand})"),
            ExprKind::And(operands) => write_joined(f, operands, " and "),
            ExprKind::Or(operands) => write_joined(f, operands, " or "),
            ExprKind::IsNull { operand, negated } => {
                write!(f, "({operand} is {}null)", negation(*negated))
            }
            ExprKind::IsTruth {
                operand,
                truth,
                negated,
            } => {
                let truth = truth.map_or("unknown", |truth| if truth { "true" } else { "false" });
                write!(f, "({operand} is {}{truth})", negation(*negated))
            }
            ExprKind::IsDistinct {
                left,
                right,
                negated,
            } => {
                write!(f, "({left} is {}distinct from {right})", negation(*negated))
            }
            ExprKind::Case {
                branches,
                otherwise,
            } => {
                f.write_str("case")?;
                for (condition, result) in branches {
                    write!(f, " when {condition} then {result}")?;
                }
                otherwise
                    .iter()
                    .try_for_each(|otherwise| write!(f, " else {otherwise}"))?;
                f.write_str(" end")
            }
            ExprKind::Cast { operand, .. } => write!(f, "{operand}::{}", self.data_type),
            ExprKind::Like {
                operand,
                pattern,
                negated,
                case_insensitive,
                ..
            } => {
                let name = if *case_insensitive { "ilike" } else { "like" };
                write!(f, "({operand} {}{name} {pattern})", negation(*negated))
            }
            ExprKind::InList {
                operand,
                list,
                negated,
            } => {
                write!(f, "({operand} {}in ({}))", negation(*negated), List(list))
            }
            ExprKind::Quantified {
                operand,
                array,
                test,
                all,
            } => {
                let which = if *all { "all" } else { "any" };
                write!(f, "({test} for #0 = {operand} and {which} #1 of {array})")
            }
            ExprKind::Within { operand, checks } => {
                let domain = checks.last().and_then(|check| check.domain.as_deref());
                write!(f, "{operand}::{}", domain.unwrap_or_default())
            }
            ExprKind::Coalesce(operands) => write!(f, "coalesce({})", List(operands)),
            ExprKind::Extreme { greatest, operands } => {
                let name = if *greatest { "greatest" } else { "least" };
                write!(f, "{name}({})", List(operands))
            }
            ExprKind::NullIf(left, right) => write!(f, "nullif({left}, {right})"),
            ExprKind::Call {
                function,
                arguments,
            } => {
                write!(
                    f,
                    "{}({})",
                    format!("{function:?}").to_ascii_lowercase(),
                    List(arguments)
                )
            }
            ExprKind::External {
                function,
                arguments,
            } => write!(f, "{}({})", function.name, List(arguments)),
            ExprKind::ScalarSubplan(number) => write!(f, "(subplan {number})"),
            ExprKind::ExistsSubplan { subplan, negated } => {
                write!(f, "({}exists subplan {subplan})", negation(*negated))
            }
            ExprKind::InSubplan {
                operand,
                subplan,
                negated,
            } => {
                write!(f, "({operand} {}in subplan {subplan})", negation(*negated))
            }
        }
    }
}

fn write_joined(f: &mut Formatter<'_>, operands: &[Expr], between: &str) -> fmt::Result {
    f.write_char('(')?;
    for (place, operand) in operands.iter().enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        operand.fmt(f)?;
    }
    f.write_char(')')
}

fn write_constant(f: &mut Formatter<'_>, value: &Value, expr: &Expr) -> fmt::Result {
    if value.is_null() {
        return f.write_str("null");
    }
    let mut text = String::new();
    format_value(value, expr.data_type, &mut text);
    match value {
        Value::I64(_) | Value::F64(_) | Value::Decimal(_) | Value::Bool(_)
            if expr.data_type.is_numeric() || expr.data_type == crate::types::DataType::Boolean =>
        {
            f.write_str(&text)
        }
        _ => write!(f, "'{}'", text.replace('\'', "''")),
    }
}
