//! GROUP BY's items: expressions, and the sets of them that ROLLUP, CUBE and GROUPING SETS stand for.

use super::binder::Binder;
use super::expression::Context;
use super::query::ordinal;
use super::scope::Scope;
use super::select::{Output, alias_for_group};
use super::{assign, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::types::DataType;
use sqlparser::ast::{
    Expr as Ast, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, SelectItem,
};

/// As many as PostgreSQL has.
const SETS_MAX: usize = 4096;
const CUBE_MAX: usize = 12;

/// The group expressions and the sets of them; without sets all belong together.
#[derive(Default)]
pub struct GroupBy {
    pub groups: Vec<Expr>,
    /// The output that each group is, if there are sets: outputs that say the same are groups of their own then, of which one set may
    /// leave one out.
    pub outputs: Vec<Option<usize>>,
    pub sets: Vec<Vec<usize>>,
}

/// Sets of group expressions.
type Sets = Vec<Vec<usize>>;

/// What names in GROUP BY mean.
struct Names<'a, 's> {
    scope: &'s Scope,
    outputs: &'s [Output],
    items: &'a [SelectItem],
    has_sets: bool,
}

impl<'a> Binder<'a> {
    /// The group expressions. A name is a column of the rows first, an output second.
    pub fn group_by(
        &mut self,
        group_by: &'a GroupByExpr,
        scope: &Scope,
        outputs: &[Output],
        items: &'a [SelectItem],
    ) -> Result<GroupBy> {
        let list = match group_by {
            GroupByExpr::Expressions(list, modifiers) if modifiers.is_empty() => list,
            _ => return Err(Error::unsupported("modifiers of GROUP BY")),
        };
        let names = Names {
            scope,
            outputs,
            items,
            has_sets: list.iter().any(is_sets),
        };
        let mut grouped = GroupBy {
            sets: vec![Vec::new()],
            ..GroupBy::default()
        };
        for ast in list {
            let own = self.item_sets(ast, &names, &mut grouped)?;
            let sets = std::mem::take(&mut grouped.sets);
            if sets.len() * own.len() > SETS_MAX {
                return Err(too_many());
            }
            grouped.sets = (sets.iter())
                .flat_map(|set| own.iter().map(|own| [set.as_slice(), own].concat()))
                .collect();
        }
        if !names.has_sets {
            grouped.sets.clear();
        }
        Ok(grouped)
    }

    fn item_sets(
        &mut self,
        ast: &'a Ast,
        names: &Names<'a, '_>,
        groups: &mut GroupBy,
    ) -> Result<Sets> {
        let mut parts = |binder: &mut Self, tuples: &'a [Vec<Ast>]| -> Result<Sets> {
            (tuples.iter())
                .map(|tuple| binder.group_set(tuple.iter(), names, groups))
                .collect()
        };
        match ast {
            Ast::Rollup(tuples) => Ok(rollup(&parts(self, tuples)?)),
            Ast::Cube(tuples) => cube(&parts(self, tuples)?),
            Ast::GroupingSets(tuples) => {
                let mut sets = Vec::new();
                for tuple in tuples {
                    match tuple.as_slice() {
                        [one] => sets.extend(self.item_sets(one, names, groups)?),
                        _ => sets.push(self.group_set(tuple.iter(), names, groups)?),
                    }
                    if sets.len() > SETS_MAX {
                        return Err(too_many());
                    }
                }
                Ok(sets)
            }
            // Inside GROUPING SETS the grammar takes them for functions.
            Ast::Function(call) if nested_sets(ast).is_some() => {
                let FunctionArguments::List(list) = &call.args else {
                    return Err(Error::new(Code::Syntax, "ROLLUP and CUBE need a list"));
                };
                let mut parts = Vec::with_capacity(list.args.len());
                for argument in &list.args {
                    let FunctionArg::Unnamed(FunctionArgExpr::Expr(part)) = argument else {
                        return Err(Error::new(Code::Syntax, "not a group expression"));
                    };
                    parts.push(match part {
                        Ast::Tuple(list) => self.group_set(list.iter(), names, groups)?,
                        _ => self.group_set(std::iter::once(part), names, groups)?,
                    });
                }
                match nested_sets(ast) {
                    Some("cube") => cube(&parts),
                    _ => Ok(rollup(&parts)),
                }
            }
            Ast::Tuple(list) => Ok(vec![self.group_set(list.iter(), names, groups)?]),
            _ => Ok(vec![self.group_set(std::iter::once(ast), names, groups)?]),
        }
    }

    /// The places of group expressions, which are added where they are new.
    fn group_set(
        &mut self,
        list: impl Iterator<Item = &'a Ast>,
        names: &Names<'a, '_>,
        grouped: &mut GroupBy,
    ) -> Result<Vec<usize>> {
        let mut set = Vec::new();
        for ast in list {
            let (group, output) = self.group_expression(ast, names)?;
            let GroupBy {
                groups, outputs, ..
            } = &mut *grouped;
            let mut known = groups.iter().zip(outputs.iter());
            let known = known.position(|(other, of)| *other == group && *of == output);
            set.push(known.unwrap_or(groups.len()));
            if known.is_none() {
                groups.push(group);
                outputs.push(output);
            }
        }
        Ok(set)
    }

    /// An expression, and the output that it is.
    fn group_expression(
        &mut self,
        ast: &'a Ast,
        names: &Names<'a, '_>,
    ) -> Result<(Expr, Option<usize>)> {
        let Names {
            scope,
            outputs,
            items,
            ..
        } = *names;
        let from_output = match ordinal(ast, outputs.len(), "GROUP BY")? {
            Some(at) => Some(at),
            None => alias_for_group(ast, scope, outputs)?,
        };
        let group = match from_output {
            Some(at) => {
                let (subplans, dependents) = (self.subplans.len(), self.dependents.len());
                // An output that calls an aggregate cannot be a group.
                let mut context = Context::new(scope, "GROUP BY");
                if let Some(
                    SelectItem::UnnamedExpr(ast) | SelectItem::ExprWithAlias { expr: ast, .. },
                ) = items.get(at).filter(|_| items.len() == outputs.len())
                {
                    self.expression(ast, &mut context)?;
                }
                self.subplans.truncate(subplans);
                self.dependents.truncate(dependents);
                outputs[at].expr.clone()
            }
            None => {
                let bound = self.expression(ast, &mut Context::new(scope, "GROUP BY"))?;
                match bound.data_type {
                    DataType::Unknown => assign::as_text(bound)?,
                    _ => bound,
                }
            }
        };
        name::at(expr::grouping_key(group.clone()), ast)?;
        let first = || outputs.iter().position(|output| output.expr == group);
        let output = from_output.or_else(first).filter(|_| names.has_sets);
        Ok((group, output))
    }
}

/// Whether an item stands for sets rather than for expressions that all others are grouped by, too.
fn is_sets(ast: &Ast) -> bool {
    match ast {
        Ast::Tuple(list) => list.is_empty(),
        _ => matches!(ast, Ast::Rollup(_) | Ast::Cube(_) | Ast::GroupingSets(_)),
    }
}

fn nested_sets(ast: &Ast) -> Option<&str> {
    let Ast::Function(call) = ast else {
        return None;
    };
    let name = name::single(&call.name).ok()?;
    let name = name.value.as_str();
    matches!(name, "rollup" | "cube").then_some(name)
}

/// All parts, all but the last, and so on to none.
fn rollup(parts: &[Vec<usize>]) -> Sets {
    let lengths = (0..=parts.len()).rev();
    lengths.map(|length| parts[..length].concat()).collect()
}

/// All subsets.
fn cube(parts: &[Vec<usize>]) -> Result<Sets> {
    if parts.len() > CUBE_MAX {
        let message = format!("CUBE is limited to {CUBE_MAX} elements");
        return Err(Error::new(Code::LimitColumns, message));
    }
    let subsets = (0..1usize << parts.len()).rev();
    Ok(subsets
        .map(|subset| {
            let is_in = |(at, _): &(usize, &Vec<usize>)| subset >> (parts.len() - 1 - at) & 1 == 1;
            let own = parts.iter().enumerate().filter(is_in);
            own.flat_map(|(_, part)| part.iter().copied()).collect()
        })
        .collect())
}

fn too_many() -> Error {
    let message = format!("too many grouping sets present (maximum {SETS_MAX})");
    Error::new(Code::LimitComplexity, message)
}
