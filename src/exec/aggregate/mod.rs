//! GROUP BY and the aggregate functions.
//!
//! Rows get the number of their group from a [`GroupTable`](super::group_table::GroupTable); each
//! aggregate is an [`Accumulator`] with one state for each group, fed a chunk at a time and asked for
//! its values when the input has ended.
//!
//! | function | over | held as | type, as in PostgreSQL |
//! | --- | --- | --- | --- |
//! | count | anything | i64 | bigint |
//! | sum | smallint, integer / bigint | i128 | bigint / numeric |
//! | sum | numeric | i128, then a big integer | numeric, the largest scale |
//! | sum | real / double precision | f32 / f64 | the same |
//! | avg | integers, numeric | sum and count | numeric, by numeric division |
//! | avg | floats | f64 sum and count | double precision |
//! | min, max | anything with an order | the value | the same |
//! | bool_and, every, bool_or | boolean | the value | the same |
//! | bit_and, bit_or, bit_xor | integers | the value | the same |
//! | string_agg, json_agg, json_object_agg | texts | their text so far | the same |
//! | variances, deviations | integers, numeric | exact sums of values and squares | numeric |
//! | the same, corr, covar_…, regr_… | floats | sums as by Youngs and Cramer | double precision |
//! | those of the host | anything | states of the host's | what was declared |
//! | percentile_cont, percentile_disc, mode | values in order | all of them | the same |
//!
//! An aggregate with an order keeps its rows ([`sorted`]) and takes them in when all are there.
//!
//! GROUPING SETS are groups of one table, told apart by the number of their set.

pub mod accumulator;
mod count;
mod distinct;
mod external;
mod extreme;
mod fold;
mod gathered;
mod joined;
mod moments;
mod operator;
mod ordered_set;
mod sorted;
mod sum;

pub use accumulator::{Accumulator, Rows};
pub use operator::HashAggregate;
