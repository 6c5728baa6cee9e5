//! Aggregates in a plan: which there are, and which rows they take in.

use super::SortKey;
use crate::expr::{Expr, External};
use crate::types::DataType;
use std::rc::Rc;

#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub function: AggregateFunction,
    /// `count(*)` has none. All pass over rows where the first is NULL.
    pub arguments: Vec<Expr>,
    /// Of equal rows only the first is taken in: equal by `order` if there is one, else by the argument.
    pub distinct: bool,
    /// The order in which rows are taken in, where that matters.
    pub order: Vec<SortKey>,
    pub data_type: DataType,
    /// The one of [`AggregateFunction::External`].
    pub external: Option<Rc<External>>,
}

impl Aggregate {
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        (self.arguments.iter()).chain(self.order.iter().map(|key| &key.expr))
    }

    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        (self.arguments.iter_mut()).chain(self.order.iter_mut().map(|key| &mut key.expr))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    BoolAnd,
    BoolOr,
    BitAnd,
    BitOr,
    BitXor,
    /// Texts or bytes one after the other, with what the second argument says between them.
    StringAgg,
    /// Arrays one after the other.
    ArrayAgg,
    /// JSON texts as the elements of an array.
    JsonAgg,
    /// JSON texts as the members of an object.
    JsonObjectAgg,
    Moment(Moment),
    /// Of values in their order and a fraction.
    PercentileCont,
    PercentileDisc,
    /// The most frequent of values in their order.
    Mode,
    /// One of the host's.
    External,
}

/// What follows from the number of values and the sums of them, their squares and their products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    VarPop,
    VarSamp,
    StddevPop,
    StddevSamp,
    CovarPop,
    CovarSamp,
    Corr,
    RegrCount,
    RegrSxx,
    RegrSyy,
    RegrSxy,
    RegrAvgX,
    RegrAvgY,
    RegrR2,
    RegrSlope,
    RegrIntercept,
}

impl Moment {
    /// Whether it is of two arguments.
    pub fn is_of_pairs(self) -> bool {
        use Moment::{StddevPop, StddevSamp, VarPop, VarSamp};
        !matches!(self, VarPop | VarSamp | StddevPop | StddevSamp)
    }
}

/// The first name of each is the one that plans show.
const NAMES: &[(&str, AggregateFunction)] = {
    use super::Moment::*;
    use AggregateFunction::Moment as M;
    use AggregateFunction::*;
    &[
        ("count", Count),
        ("sum", Sum),
        ("avg", Avg),
        ("min", Min),
        ("max", Max),
        ("bool_and", BoolAnd),
        ("every", BoolAnd),
        ("bool_or", BoolOr),
        ("bit_and", BitAnd),
        ("bit_or", BitOr),
        ("bit_xor", BitXor),
        ("string_agg", StringAgg),
        ("array_agg", ArrayAgg),
        ("json_agg", JsonAgg),
        ("jsonb_agg", JsonAgg),
        ("json_object_agg", JsonObjectAgg),
        ("jsonb_object_agg", JsonObjectAgg),
        ("var_pop", M(VarPop)),
        ("var_samp", M(VarSamp)),
        ("variance", M(VarSamp)),
        ("stddev_pop", M(StddevPop)),
        ("stddev_samp", M(StddevSamp)),
        ("stddev", M(StddevSamp)),
        ("covar_pop", M(CovarPop)),
        ("covar_samp", M(CovarSamp)),
        ("corr", M(Corr)),
        ("regr_count", M(RegrCount)),
        ("regr_sxx", M(RegrSxx)),
        ("regr_syy", M(RegrSyy)),
        ("regr_sxy", M(RegrSxy)),
        ("regr_avgx", M(RegrAvgX)),
        ("regr_avgy", M(RegrAvgY)),
        ("regr_r2", M(RegrR2)),
        ("regr_slope", M(RegrSlope)),
        ("regr_intercept", M(RegrIntercept)),
        ("percentile_cont", PercentileCont),
        ("percentile_disc", PercentileDisc),
        ("mode", Mode),
    ]
};

impl AggregateFunction {
    pub fn named(name: &str) -> Option<AggregateFunction> {
        let mut all = NAMES.iter();
        all.find(|(own, _)| *own == name)
            .map(|(_, function)| *function)
    }

    pub fn name(self) -> &'static str {
        let mut all = NAMES.iter();
        all.find(|(_, function)| *function == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether it is 0 of no rows, where the others are NULL.
    pub fn counts(self) -> bool {
        use AggregateFunction::{Count, Moment as M};
        matches!(self, Count | M(Moment::RegrCount))
    }

    /// Whether it is called with WITHIN GROUP.
    pub fn is_of_ordered_set(self) -> bool {
        use AggregateFunction::{Mode, PercentileCont, PercentileDisc};
        matches!(self, PercentileCont | PercentileDisc | Mode)
    }

    /// Whether the order of its rows makes a difference.
    pub fn depends_on_order(self) -> bool {
        use AggregateFunction::*;
        !matches!(
            self,
            Count | Min | Max | BoolAnd | BoolOr | BitAnd | BitOr | BitXor
        )
    }
}
