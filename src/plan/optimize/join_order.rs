//! Puts inner joins into an order without cross products.
//!
//! `FROM a, b, c WHERE a.x = c.x AND c.y = b.y` read from left to right multiplies a and b first. The
//! rule keeps the text's order but for this: the next table joined is the first one that some equality
//! ties to those joined already, and among these one of which only the rows with a given value are wanted: it
//! leaves fewer rows for those after it. A projection above gives the columns back their places.

use super::condition::{conjunction, conjuncts, remap, uses_only};
use super::{Knowledge, Rule};
use crate::expr::{BinaryOperator, Expr, ExprKind};
use crate::plan::{JoinKind, Node};
use std::ops::Range;

pub struct JoinOrder;

impl Rule for JoinOrder {
    fn name(&self) -> &'static str {
        "join order"
    }

    fn apply(&self, node: Node, _: &dyn Knowledge) -> Node {
        reorder(node)
    }
}

/// A table or subtree among those joined, and where its columns lie in the text's order.
struct Relation {
    node: Node,
    columns: Range<usize>,
}

fn reorder(node: Node) -> Node {
    if !is_inner(&node) {
        let mut node = node;
        for input in node.inputs_mut() {
            *input = reorder(std::mem::replace(input, Node::empty()));
        }
        return node;
    }
    let (mut relations, mut conditions) = (Vec::new(), Vec::new());
    flatten(node, 0, &mut relations, &mut conditions);
    let relations: Vec<Relation> = relations
        .into_iter()
        .map(|r| Relation {
            node: reorder(r.node),
            ..r
        })
        .collect();
    let order = choose_order(&relations, &conditions);
    join_in_order(relations, order, conditions)
}

fn is_inner(node: &Node) -> bool {
    matches!(node, Node::Join { kind: JoinKind::Inner, keys, .. } if keys.is_empty())
}

/// Takes a tree of inner joins apart; conditions are renumbered to the columns of the whole.
fn flatten(node: Node, offset: usize, relations: &mut Vec<Relation>, conditions: &mut Vec<Expr>) {
    match node {
        Node::Join {
            kind: JoinKind::Inner,
            left,
            right,
            keys,
            condition,
        } if keys.is_empty() => {
            let left_width = left.width();
            flatten(*left, offset, relations, conditions);
            flatten(*right, offset + left_width, relations, conditions);
            for mut conjunct in condition.into_iter().flat_map(conjuncts) {
                remap(&mut conjunct, &|column| column + offset);
                conditions.push(conjunct);
            }
        }
        node => {
            let columns = offset..offset + node.width();
            relations.push(Relation { node, columns });
        }
    }
}

fn choose_order(relations: &[Relation], conditions: &[Expr]) -> Vec<usize> {
    let mut order = vec![0];
    let mut left: Vec<usize> = (1..relations.len()).collect();
    while !left.is_empty() {
        let tied = |candidate: usize| {
            let mut conditions = conditions.iter();
            conditions.any(|condition| ties(condition, candidate, &order, relations))
        };
        let tied: Vec<usize> = (0..left.len()).filter(|&at| tied(left[at])).collect();
        let is_fixed = |at: &&usize| match &relations[left[**at]].node {
            Node::Scan { filter, .. } => filter.as_ref().is_some_and(fixes),
            _ => false,
        };
        let next = tied.iter().find(is_fixed).or(tied.first());
        let next = next.copied().unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

/// Whether a condition on one table wants given values of a column: few rows have them, as a rule.
fn fixes(condition: &Expr) -> bool {
    match &condition.kind {
        ExprKind::Binary {
            operator: BinaryOperator::Equal,
            left,
            right,
        } => left.has_columns() != right.has_columns(),
        ExprKind::InList { negated, .. } => !negated,
        ExprKind::And(operands) => operands.iter().any(fixes),
        ExprKind::Or(operands) => operands.iter().all(fixes),
        _ => false,
    }
}

/// Whether an equality's one side is of the candidate alone and its other of relations joined already.
fn ties(condition: &Expr, candidate: usize, joined: &[usize], relations: &[Relation]) -> bool {
    let ExprKind::Binary {
        operator: BinaryOperator::Equal,
        left,
        right,
    } = &condition.kind
    else {
        return false;
    };
    let of_candidate =
        |expr: &Expr| expr.has_columns() && uses_only(expr, &relations[candidate].columns);
    let of_joined = |expr: &Expr| {
        expr.has_columns()
            && !expr.any(&mut |e| match e.kind {
                ExprKind::Column(column) => !joined
                    .iter()
                    .any(|&index| relations[index].columns.contains(&column)),
                _ => false,
            })
    };
    (of_candidate(left) && of_joined(right)) || (of_candidate(right) && of_joined(left))
}

/// Joins the relations in the order, asks each condition as soon as its columns are there, and puts
/// the columns back where they were.
fn join_in_order(relations: Vec<Relation>, order: Vec<usize>, conditions: Vec<Expr>) -> Node {
    let total: usize = relations
        .iter()
        .map(|relation| relation.columns.len())
        .sum();
    let in_text_order = order.windows(2).all(|pair| pair[0] < pair[1]);
    let mut relations: Vec<Option<Relation>> = relations.into_iter().map(Some).collect();
    // Where each column of the text's order lies in the new one, once it is there.
    let mut places: Vec<Option<usize>> = vec![None; total];
    let mut pending = conditions;
    let mut result: Option<Node> = None;
    for index in order {
        let relation = relations[index]
            .take()
            .expect("each relation is joined once");
        let width = result.as_ref().map_or(0, Node::width);
        for (offset, column) in relation.columns.clone().enumerate() {
            places[column] = Some(width + offset);
        }
        result = Some(match result {
            None => relation.node,
            Some(left) => {
                let (ready, later): (Vec<Expr>, Vec<Expr>) =
                    pending.into_iter().partition(|condition| {
                        !condition.any(
                            &mut |e| matches!(e.kind, ExprKind::Column(c) if places[c].is_none()),
                        )
                    });
                pending = later;
                let on = ready.into_iter().map(|mut condition| {
                    remap(&mut condition, &|c| {
                        places[c].expect("all columns are there")
                    });
                    condition
                });
                Node::Join {
                    kind: JoinKind::Inner,
                    left: Box::new(left),
                    right: Box::new(relation.node),
                    keys: Vec::new(),
                    condition: conjunction(on.collect()),
                }
            }
        });
    }
    let joined = result.expect("a join has relations");
    if in_text_order {
        return joined;
    }
    let expressions = restored_columns(&joined, &places);
    Node::Project {
        input: Box::new(joined),
        expressions,
    }
}

fn restored_columns(joined: &Node, places: &[Option<usize>]) -> Vec<Expr> {
    let types = joined.types();
    places
        .iter()
        .map(|place| {
            let place = place.expect("all relations are joined");
            Expr::column(place, types[place])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::TimeSlot;
    use crate::plan::optimize::condition::tests::{column, equal};
    use crate::types::DataType;
    use std::rc::Rc;

    fn any_of(operands: Vec<Expr>) -> Expr {
        Expr::new(ExprKind::Or(operands), DataType::Boolean)
    }

    #[test]
    fn an_equality_with_a_constant_fixes_and_one_of_two_columns_does_not() {
        let is = |place| equal(column(place), Expr::integer(1));
        assert!(fixes(&is(0)));
        assert!(!fixes(&equal(column(0), column(1))));
        assert!(fixes(&any_of(vec![is(0), is(1)])));
        assert!(!fixes(&any_of(vec![is(0), equal(column(0), column(1))])));
    }

    /// Tables 0 to 2 of one column each, of which `fixed` is asked for a value; 1 and 2 are tied to 0.
    fn order_with(fixed: usize) -> Vec<usize> {
        let relation = |place: usize| Relation {
            node: Node::Scan {
                table: Rc::default(),
                time: TimeSlot::Present,
                columns: vec![],
                filter: (place == fixed).then(|| equal(column(0), Expr::integer(1))),
            },
            columns: place..place + 1,
        };
        let relations: Vec<Relation> = (0..3).map(relation).collect();
        let ties = [equal(column(0), column(1)), equal(column(2), column(0))];
        choose_order(&relations, &ties)
    }

    #[test]
    fn a_tied_table_of_given_values_comes_before_those_of_the_text() {
        assert_eq!(order_with(2), [0, 2, 1]);
        assert_eq!(order_with(1), [0, 1, 2]);
        assert_eq!(order_with(0), [0, 1, 2]);
    }
}
