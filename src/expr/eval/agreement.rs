//! The two evaluators agree: on random expressions over random chunks with NULLs, selections and
//! dictionaries, a vector holds what each row gives, and raises an error exactly if a selected row
//! does.

use super::super::{
    BinaryOperator, CastContext, EvalContext, Expr, SubplanRows, coerce_to, fold_constants,
    resolve_and, resolve_case, resolve_coalesce, resolve_extreme, resolve_function,
    resolve_in_list, resolve_in_subplan, resolve_is_distinct, resolve_is_null, resolve_is_truth,
    resolve_like, resolve_negate, resolve_not, resolve_null_if, resolve_operator, resolve_or,
};
use super::{evaluate, evaluate_row, filter};
use crate::column::{Chunk, Data, Strings, Vector};
use crate::types::{DataType, Decimal, Entropy, HeapBound, Value};
use proptest::prelude::*;
use std::rc::Rc;

const TYPES: [DataType; 10] = [
    DataType::Boolean,
    DataType::SmallInt,
    DataType::Integer,
    DataType::BigInt,
    DataType::Real,
    DataType::Double,
    DataType::Numeric(None),
    DataType::Text,
    DataType::Date,
    DataType::Timestamp,
];

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// A small generator of choices, so that one seed is one case.
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn value(&mut self, data_type: DataType) -> Value {
        if self.below(5) == 0 {
            return Value::Null;
        }
        match data_type {
            DataType::Boolean => Value::Bool(self.below(2) == 0),
            DataType::SmallInt => Value::I64(self.pick(&[0, 1, -1, 2, 7, 32_767, -32_768])),
            DataType::Integer => {
                Value::I64(self.pick(&[0, 1, -1, 3, 10, 2_147_483_647, -2_147_483_648]))
            }
            DataType::BigInt => Value::I64(self.pick(&[0, 1, -1, 5, 1 << 40, i64::MAX, i64::MIN])),
            DataType::Real => Value::F64(f64::from(self.pick(&[
                0.0f32,
                -0.0,
                1.5,
                0.1,
                3e38,
                f32::NAN,
                f32::INFINITY,
            ]))),
            DataType::Double => Value::F64(self.pick(&[
                0.0,
                -0.0,
                2.5,
                -1.0,
                1e308,
                1e-308,
                f64::NAN,
                f64::INFINITY,
            ])),
            DataType::Numeric(_) => Value::Decimal(
                self.pick(&["0", "1.0", "-2.50", "1e30", "0.001", "NaN"])
                    .parse()
                    .unwrap_or(Decimal::NaN),
            ),
            DataType::Date => Value::I64(self.pick(&[0, 20_000, -1, 20_468])),
            DataType::Timestamp => Value::I64(self.pick(&[0, 1_700_000_000_000_000, -1])),
            _ => Value::text(self.pick(&["", "a", "ab", "b%", "Ä", "12", "x_y"])),
        }
    }

    fn chunk(&mut self) -> Chunk {
        let rows = 1 + self.below(40);
        let columns = TYPES.iter().map(|&data_type| {
            let values: Vec<Value> = (0..rows).map(|_| self.value(data_type)).collect();
            let vector = Vector::from_values(data_type.physical(), &values);
            Rc::new(if self.below(2) == 0 {
                with_dictionary(vector)
            } else {
                vector
            })
        });
        let chunk = Chunk::new(columns.collect(), rows);
        match self.below(3) {
            0 => chunk,
            _ => {
                let selection = (0..rows as u32).filter(|_| self.below(3) > 0).collect();
                chunk.with_selection(selection)
            }
        }
    }

    /// A random expression; of any type that comes of it.
    fn expr(&mut self, depth: usize) -> Expr {
        if depth == 0 || self.below(6) == 0 {
            let column = self.below(TYPES.len());
            return match self.below(3) {
                0 => Expr::constant(self.value(TYPES[column]), TYPES[column]),
                _ => Expr::column(column, TYPES[column]),
            };
        }
        // What does not resolve is tried again with other operands.
        for _ in 0..50 {
            if let Ok(expr) = self.composed(depth - 1) {
                return expr;
            }
        }
        Expr::column(0, DataType::Boolean)
    }

    fn composed(&mut self, depth: usize) -> crate::error::Result<Expr> {
        use BinaryOperator::*;
        let left = self.expr(depth);
        match self.below(18) {
            0..=3 => {
                let operator = self.pick(&[Add, Subtract, Multiply, Divide, Modulo, Concat]);
                resolve_operator(operator, left, self.expr(depth))
            }
            4 | 5 => {
                let operator =
                    self.pick(&[Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]);
                resolve_operator(operator, left, self.expr(depth))
            }
            6 => resolve_and(vec![left, self.expr(depth), self.expr(depth)]),
            7 => resolve_or(vec![left, self.expr(depth)]),
            8 => resolve_not(left),
            9 => resolve_case(
                None,
                vec![
                    (left, self.expr(depth)),
                    (self.expr(depth), self.expr(depth)),
                ],
                Some(self.expr(depth)),
            ),
            10 => resolve_coalesce(vec![left, self.expr(depth), self.expr(depth)]),
            11 => resolve_in_list(
                left,
                vec![self.expr(depth), self.expr(0)],
                self.below(2) == 0,
            ),
            12 => resolve_is_null(left, self.below(2) == 0)
                .or_else(|_| resolve_is_distinct(self.expr(depth), self.expr(depth), true)),
            13 => resolve_like(
                left,
                self.expr(depth),
                None,
                self.below(2) == 0,
                self.below(3) == 0,
            ),
            14 => resolve_extreme(self.below(2) == 0, vec![left, self.expr(depth)]),
            15 => match self.below(3) {
                0 => resolve_null_if(left, self.expr(depth)),
                1 => resolve_negate(left),
                _ => resolve_is_truth(left, self.pick(&[None, Some(true), Some(false)]), false),
            },
            16 => coerce_to(left, self.pick(&TYPES), CastContext::Explicit),
            _ => match self.below(3) {
                0 => resolve_function(
                    self.pick(&["length", "upper", "abs", "round", "concat", "sqrt"]),
                    vec![left],
                ),
                1 => resolve_function(
                    self.pick(&["left", "repeat", "strpos", "starts_with"]),
                    vec![left, self.expr(depth)],
                ),
                _ => resolve_in_subplan(left, 0, DataType::Integer, false).map(|(expr, _)| expr),
            },
        }
    }
}

/// The same texts as codes into a dictionary.
fn with_dictionary(vector: Vector) -> Vector {
    let Data::Text(strings) = &vector.data else {
        return vector;
    };
    let mut values: Vec<&[u8]> = strings.iter().collect();
    values.sort_unstable();
    values.dedup();
    let code = |string: &[u8]| {
        values
            .iter()
            .position(|value| *value == string)
            .expect("all are in it") as u32
    };
    Vector {
        data: Data::Text(Strings::Dictionary {
            codes: strings.iter().map(code).collect(),
            values: Rc::new(values.iter().copied().collect()),
        }),
        validity: vector.validity.clone(),
    }
}

fn check(seed: u64) {
    let mut choices = Choices(seed);
    let chunk = choices.chunk();
    let expr = choices.expr(3);
    let members = Vector::from_values(DataType::Integer.physical(), &[Value::I64(1), Value::Null]);
    let subplans = [SubplanRows::new(Chunk::new(vec![Rc::new(members)], 2))];
    let context = EvalContext {
        parameters: &[],
        outer: &[],
        subplans: &subplans,
        now: 0,
        entropy: &Zeros,
        clock: None,
        sequences: None,
        heap: &HeapBound::default(),
    };
    let expected: Vec<_> = (chunk.positions())
        .map(|position| {
            let row: Vec<Value> = chunk
                .columns
                .iter()
                .map(|column| column.value(position))
                .collect();
            evaluate_row(&expr, &row, &context)
        })
        .collect();
    let fails = expected.iter().any(|value| value.is_err());
    for expr in [expr.clone(), fold_constants(expr)] {
        match evaluate(&expr, &chunk, &context) {
            Err(error) => assert!(fails, "{error} of no row: {expr:?}"),
            Ok(vector) => {
                assert!(!fails, "an error was lost: {expr:?}");
                assert_eq!(vector.len(), chunk.rows);
                for (position, expected) in chunk.positions().zip(&expected) {
                    assert_eq!(
                        Ok(vector.value(position)),
                        *expected,
                        "row {position} of {expr:?}"
                    );
                }
            }
        }
        if expr.data_type == DataType::Boolean && !fails {
            let kept = filter(&expr, chunk.clone(), &context).expect("no row fails");
            let wanted = (chunk.positions().zip(&expected))
                .filter(|(_, value)| **value == Ok(Value::Bool(true)));
            assert_eq!(
                kept.positions().collect::<Vec<_>>(),
                wanted.map(|(position, _)| position).collect::<Vec<_>>(),
                "{expr:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn vectors_hold_what_rows_give(seed in any::<u64>()) {
        check(seed);
    }
}
