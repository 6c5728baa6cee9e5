//! WITH RECURSIVE: `first UNION [ALL] step`, where the step reads the rows that were found last.
//!
//! The columns and their types are those of the first part. The step reads the query once, and not where
//! what is missing would matter: below an aggregate, in a subquery, on the padded side of an outer join.

use super::assign::Untyped;
use super::binder::Binder;
use super::set_operation::{Side, type_or_text};
use super::with::{CommonTable, State};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::plan::{JoinKind, Node, OutputColumn};
use crate::types::DataType;
use sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};

/// A recursive query while its step is being bound.
pub struct Recursion {
    table: usize,
    output: Vec<OutputColumn>,
    reads: usize,
    /// How many queries of WITH were being bound when its step began.
    depth: usize,
}

impl Recursion {
    /// The rows found last.
    ///
    /// # Errors
    /// `Unsupported` within another query of WITH.
    pub fn read(&mut self, depth: usize) -> Result<(Node, Vec<OutputColumn>)> {
        if depth != self.depth {
            let what = "recursion through another query of WITH";
            return Err(Error::unsupported(what));
        }
        self.reads += 1;
        let node = Node::WorkTable {
            table: self.table,
            types: types_of(&self.output),
        };
        Ok((node, self.output.clone()))
    }
}

impl<'a> Binder<'a> {
    /// A query of WITH RECURSIVE, which may read itself.
    pub fn recursive_query(
        &mut self,
        table: &CommonTable<'a>,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        let query = table.query;
        super::query::check_clauses(query)?;
        let SetExpr::SetOperation {
            op: SetOperator::Union,
            set_quantifier,
            left,
            right,
        } = query.body.as_ref()
        else {
            return self.query(query, Untyped::Text);
        };
        let distinct = match set_quantifier {
            SetQuantifier::All => false,
            SetQuantifier::None | SetQuantifier::Distinct => true,
            _ => return self.query(query, Untyped::Text),
        };
        let bind = |binder: &mut Self| {
            let sides = (&**left, &**right);
            match binder.recursion(table, sides, distinct)? {
                Parts::Recursive(node, output) => check_clauses(query).map(|()| (*node, output)),
                Parts::Plain(sides) => {
                    let (first, step) = *sides;
                    let union = binder.combine(first, SetOperator::Union, *set_quantifier, step)?;
                    let (node, output) = union.typed(Untyped::Text)?;
                    binder.ordered(query, node, output)
                }
            }
        };
        match &query.with {
            None => bind(self),
            Some(with) => self.with(with, bind),
        }
    }

    /// Binds both parts, and puts them together if the second reads the query.
    fn recursion(
        &mut self,
        table: &CommonTable<'a>,
        (left, right): (&'a SetExpr, &'a SetExpr),
        distinct: bool,
    ) -> Result<Parts> {
        let first = self.side(left)?;
        let types: Vec<DataType> = first.output.iter().map(type_or_text).collect();
        // The step sees the names that the query is given.
        let mut output = first.output.clone();
        for (column, data_type) in output.iter_mut().zip(&types) {
            column.data_type = *data_type;
        }
        for (column, named) in output.iter_mut().zip(&table.alias.columns) {
            column.name = named.name.value.clone();
        }
        self.recursions += 1;
        let number = self.recursions - 1;
        table.state.replace(State::Recursion(Recursion {
            table: number,
            output: output.clone(),
            reads: 0,
            depth: self.common_tables_bound,
        }));
        let step = self.side(right)?;
        let State::Recursion(Recursion { reads, .. }) = table.state.replace(State::Binding) else {
            return Err(Error::new(Code::Internal, "a recursion ended twice"));
        };
        if reads == 0 {
            return Ok(Parts::Plain(Box::new((first, step))));
        }
        check_reads(&step.node, number, reads, table)?;
        check_types(&step.output, &types, table)?;
        let (first, step) = (first.of_types(&types)?.node, step.of_types(&types)?.node);
        let (first, step) = match distinct {
            true => (comparable(first)?, comparable(step)?),
            false => (first, step),
        };
        let node = Node::Recursive {
            table: number,
            distinct,
            first: Box::new(first),
            step: Box::new(step),
        };
        Ok(Parts::Recursive(Box::new(node), output))
    }
}

/// The parts of a UNION in WITH RECURSIVE.
enum Parts {
    Recursive(Box<Node>, Vec<OutputColumn>),
    /// The second does not read the query, which is one like any other.
    Plain(Box<(Side, Side)>),
}

/// Checks that the step's columns fit the types of the first part.
fn check_types(step: &[OutputColumn], types: &[DataType], table: &CommonTable) -> Result<()> {
    if step.len() != types.len() {
        let message = "each UNION query must have the same number of columns";
        return Err(Error::new(Code::Syntax, message));
    }
    for (at, (column, wanted)) in step.iter().zip(types).enumerate() {
        let overall = super::set_operation::meeting_type(*wanted, column.data_type, "UNION")?;
        if overall != *wanted {
            let message = format!(
                "recursive query \"{}\" column {} has type {wanted} in non-recursive term but type {overall} overall",
                table.alias.name.value,
                at + 1
            );
            return Err(Error::new(Code::DatatypeMismatch, message)
                .with_hint("Cast the output of the non-recursive term to the correct type."));
        }
    }
    Ok(())
}

fn types_of(output: &[OutputColumn]) -> Vec<DataType> {
    output.iter().map(|column| column.data_type).collect()
}

/// The rows with columns that are compared as they are.
fn comparable(node: Node) -> Result<Node> {
    let columns = node.types().into_iter().enumerate();
    let expressions = columns
        .map(|(at, data_type)| expr::grouping_key(Expr::column(at, data_type)))
        .collect::<Result<_>>()?;
    Ok(Node::Project {
        input: Box::new(node),
        expressions,
    })
}

fn check_clauses(query: &ast::Query) -> Result<()> {
    let clause = if query.order_by.is_some() {
        "ORDER BY"
    } else if query.limit_clause.is_some() || query.fetch.is_some() {
        "LIMIT"
    } else if !query.locks.is_empty() {
        "FOR UPDATE"
    } else {
        return Ok(());
    };
    Err(Error::unsupported(format!("{clause} in a recursive query")))
}

/// Checks where the step reads its own query: once, and in a place where rows that are not there yet do
/// not matter.
fn check_reads(step: &Node, number: usize, reads: usize, table: &CommonTable) -> Result<()> {
    let mut found = 0;
    check_node(step, number, None, &mut found).map_err(|place| match place {
        "an aggregate" => Error::new(
            Code::InvalidRecursion,
            "aggregate functions are not allowed in a recursive query's recursive term",
        ),
        place => misplaced(table, &format!("within {place}")),
    })?;
    if reads > found {
        return Err(misplaced(table, "within a subquery"));
    }
    match found {
        1 => Ok(()),
        _ => Err(misplaced(table, "more than once")),
    }
}

/// Walks down with the place that forbids the reading; fails with it.
fn check_node(
    node: &Node,
    number: usize,
    forbidden: Option<&'static str>,
    found: &mut usize,
) -> std::result::Result<(), &'static str> {
    if matches!(node, Node::WorkTable { table, .. } if *table == number) {
        *found += 1;
        return forbidden.map_or(Ok(()), Err);
    }
    for (place, input) in node.inputs().into_iter().enumerate() {
        let own = match node {
            Node::Aggregate { .. } => Some("an aggregate"),
            Node::Apply { kind, .. } if place == 1 && kind.is_of_subquery() => Some("a subquery"),
            Node::Join { kind, .. } | Node::Apply { kind, .. } => match (kind, place) {
                (JoinKind::Left, 1) | (JoinKind::Right, 0) | (JoinKind::Full, _) => {
                    Some("an outer join")
                }
                _ => None,
            },
            _ => None,
        };
        check_node(input, number, forbidden.or(own), found)?;
    }
    Ok(())
}

pub fn misplaced(table: &CommonTable, place: &str) -> Error {
    let name = &table.alias.name.value;
    let message = format!("recursive reference to query \"{name}\" must not appear {place}");
    Error::new(Code::InvalidRecursion, message)
}
