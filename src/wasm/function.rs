//! Functions of JavaScript: rows go there as the columns of a result, and values come back as parameters do.

use super::call::table_of;
use super::engine::{Engine, input, opened};
use super::host::Host;
use crate::column::{Chunk, Data, Vector};
use crate::db::{Cells, Declaration, Encoder, Parameter, Wanted};
use crate::error::{Code, Error, Result};
use crate::expr::{Aggregator, Body, Json, Scalar, States};
use crate::plan::OutputColumn;
use crate::types::{DataType, Value};
use std::ops::Range;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

const ANY_ARGUMENTS: u32 = 1;
const STRICT: u32 = 2;
const DETERMINISTIC: u32 = 4;
const AGGREGATE: u32 = 8;
/// There is to be none of that name.
const NOTHING: u32 = 16;

#[wasm_bindgen]
impl Engine {
    /// Registers the host's function with a number, or takes one out. The input is a JSON text: name, type of the values, types of the
    /// arguments.
    pub fn define(&mut self, number: u32, flags: u32, length: u32) -> u32 {
        let defined = self.try_define(number, flags, length);
        self.answer(defined)
    }

    fn try_define(&mut self, number: u32, flags: u32, length: u32) -> Result<()> {
        let malformed = || Error::new(Code::Internal, "the declaration is malformed");
        let text = std::str::from_utf8(input(&self.input, length)).map_err(|_| malformed())?;
        let texts = Json::parse(text)?.into_strings().ok_or_else(malformed)?;
        let [name, result, arguments @ ..] = texts.as_slice() else {
            return Err(malformed());
        };
        let database = opened(&mut self.state)?;
        if flags & NOTHING != 0 {
            return database.unregister(name);
        }
        let routine = Box::new(Numbered {
            host: self.host.clone(),
            number,
        });
        let declared = Declaration {
            name,
            result,
            arguments: (flags & ANY_ARGUMENTS == 0).then_some(arguments),
            strict: flags & STRICT != 0,
            deterministic: flags & DETERMINISTIC != 0,
        };
        let body = match flags & AGGREGATE != 0 {
            true => Body::Aggregate(routine),
            false => Body::Scalar(routine),
        };
        database.register(&declared, body)
    }
}

/// What the host knows by a number, for as long as this is here.
struct Numbered {
    host: Rc<Host>,
    number: u32,
}

impl Drop for Numbered {
    fn drop(&mut self) {
        self.host.release(self.number);
    }
}

impl Numbered {
    fn ask(
        &self,
        columns: Vec<Rc<Vector>>,
        rows: usize,
        types: &[DataType],
        result: DataType,
    ) -> Result<Vec<Value>> {
        let fields = types.iter().map(|data_type| OutputColumn {
            name: String::new(),
            data_type: *data_type,
        });
        let table = table_of(fields.collect(), Chunk::new(columns, rows));
        let mut room = Vec::new();
        Encoder::default().encode(&table, Wanted::default(), &mut room)?;
        read(&self.host.ask(self.number, room.as_ptr() as u32), result)
    }
}

impl Scalar for Numbered {
    fn call(&self, arguments: &Chunk, types: &[DataType], result: DataType) -> Result<Vec<Value>> {
        self.ask(arguments.columns.clone(), arguments.rows, types, result)
    }
}

impl Aggregator for Numbered {
    fn begin(&self, types: &[DataType], result: DataType) -> Result<Box<dyn States>> {
        // The group goes first.
        let mut all = vec![DataType::Integer];
        all.extend_from_slice(types);
        Ok(Box::new(Groups {
            states: Numbered {
                host: self.host.clone(),
                number: self.host.begin(self.number),
            },
            types: all,
            result,
        }))
    }
}

struct Groups {
    states: Numbered,
    types: Vec<DataType>,
    result: DataType,
}

impl States for Groups {
    fn step(&mut self, groups: &[u32], arguments: &Chunk) -> Result<()> {
        let groups = groups.iter().map(|group| i64::from(*group)).collect();
        let mut columns = vec![Rc::new(Vector::new(Data::I64(groups)))];
        columns.extend_from_slice(&arguments.columns);
        let asked = self
            .states
            .ask(columns, arguments.rows, &self.types, self.result);
        asked.map(drop)
    }

    fn finish(&mut self, groups: Range<usize>) -> Result<Vec<Value>> {
        let Numbered { host, number } = &self.states;
        let answer = host.finish(*number, groups.start as u32, groups.end as u32);
        read(&answer, self.result)
    }
}

/// The values that the host answered; or its error, in three columns: whether an answer is at fault, the message, and a detail.
fn read(answer: &[u8], result: DataType) -> Result<Vec<Value>> {
    let cells = Cells::new(answer)?;
    if cells.columns < 3 {
        return cells.values(result);
    }
    let mut row = Vec::new();
    cells.read_row(0, &mut row)?;
    let [at_fault, Parameter::Text(message), detail] = row.as_slice() else {
        return Err(Error::new(Code::Internal, "the host's error is malformed"));
    };
    let code = match at_fault {
        Parameter::Bool(true) => Code::InvalidParameterValue,
        _ => Code::ExternalRoutine,
    };
    let error = Error::new(code, &**message);
    Err(match detail {
        Parameter::Text(detail) => error.with_detail(&**detail),
        _ => error,
    })
}
