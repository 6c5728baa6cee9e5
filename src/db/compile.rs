//! From a statement's text to a bound plan and its values.

use super::cache::{Bound, Catalogs, Compiled};
use super::database::Shared;
use super::{AsOf, Parameter};
use crate::column::{CHUNK_ROWS, Chunk, Vector, VectorBuilder};
use crate::error::{Code, Error, Result};
use crate::exec::Tuples;
use crate::expr::{EvalContext, Expr, ExprKind, evaluate_value};
use crate::plan::{self, TimeSlot};
use crate::sql::{
    self, Clause, Lifted, Lifting, Literal, Moment, Point, Scanned, Source, Statements, Timeline,
    point_of_value, resolve_moment, resolve_range,
};
use crate::table::{Catalog, Store};
use crate::types::{DataType, Seq, Snapshot, Value, Versions};
use std::rc::Rc;

/// What binding depends on besides the statement.
pub(super) struct Scope {
    /// The snapshot that the statement reads, or the request's moment.
    pub present: Snapshot,
    /// Whether that is a moment which the request or the session has named.
    pub is_past: bool,
    /// The transaction's own catalog, if it has changed it.
    pub own_catalog: Option<Rc<Catalog>>,
    /// The schemas in which names without one are looked for, if not in `public`.
    pub path: Option<Rc<[String]>>,
    /// What `now()` answers.
    pub now: i64,
}

/// A plan and what it runs with.
pub(super) struct Values {
    pub bound: Rc<Bound>,
    pub moments: Vec<Versions>,
    pub parameters: Vec<Value>,
    pub tuples: OwnedTuples,
}

/// The store's commits up to a snapshot, as the resolution of moments asks for them: what came after it
/// is not known to who reads there.
struct Commits<'a> {
    store: &'a Store,
    present: Snapshot,
}

impl Timeline for Commits<'_> {
    fn last_seq(&self) -> Option<Seq> {
        self.present.seq
    }

    fn tagged(&self, tag: &str) -> Option<Seq> {
        self.store.catalog(self.present).tagged(tag)
    }

    fn seq_at_time(&self, time: i64) -> Option<Seq> {
        self.store.seq_at_time(time).min(self.present.seq)
    }
}

impl Shared {
    /// The compiled form of a statement of a script.
    pub fn compile(&mut self, scanned: &Scanned) -> Result<Rc<Compiled>> {
        let lifting = if self.options.plan_cache {
            Lifting::On
        } else {
            Lifting::Off
        };
        if let Some(compiled) = self.known(scanned) {
            return Ok(compiled);
        }
        let compiled = self.parse(&scanned.source, lifting, scanned.lifted.text())?;
        if lifting == Lifting::On {
            self.cache
                .insert(scanned.lifted.key.clone(), compiled.clone());
        }
        Ok(compiled)
    }

    /// What the plan cache has of a statement.
    pub fn known(&mut self, scanned: &Scanned) -> Option<Rc<Compiled>> {
        if !self.options.plan_cache {
            return None;
        }
        let compiled = self.cache.get(&scanned.lifted.key)?;
        self.cache.remember(&compiled, &scanned.source);
        Some(compiled)
    }

    /// The next statement of a script, with its compiled form where it is like one of the last.
    ///
    /// # Errors
    /// What is wrong with its tokens.
    pub fn scan<'a>(
        &mut self,
        statements: &mut Statements<'a>,
    ) -> Result<Option<(Option<Rc<Compiled>>, Scanned<'a>)>> {
        if let Some((compiled, scanned)) = self.cache.next_like(statements) {
            return Ok(Some((Some(compiled), scanned)));
        }
        let scanned = statements.next().transpose()?;
        Ok(scanned.map(|scanned| (None, scanned)))
    }

    pub fn parse(&mut self, source: &Source, lifting: Lifting, text: &str) -> Result<Rc<Compiled>> {
        self.counters.parses += 1;
        let statement = sql::parse(source, lifting)?;
        Ok(Rc::new(Compiled::new(statement, text)))
    }

    /// What each temporal clause of the statement reads.
    pub fn moments(
        &self,
        compiled: &Compiled,
        parameters: &[Parameter],
        literals: &[Literal],
        present: Snapshot,
        now: &dyn Fn() -> i64,
    ) -> Result<Vec<Versions>> {
        let temporal = &compiled.statement.temporal;
        if !temporal.clauses.is_empty() {
            check_count(parameters, compiled.statement.parameters)?;
        }
        let clauses = temporal.clauses.iter().zip(&temporal.positions);
        clauses
            .map(|(clause, position)| {
                self.clause(clause, parameters, literals, present, now)
                    .map_err(|error| error.at(*position))
            })
            .collect()
    }

    /// The same where the parameters are not known: their moments are taken to be the present.
    pub fn moments_or_present(
        &self,
        compiled: &Compiled,
        present: Snapshot,
    ) -> Result<Vec<Versions>> {
        let clauses = compiled.statement.temporal.clauses.iter();
        let known = clauses.map(|clause| {
            match clause
                .moments()
                .into_iter()
                .any(|moment| has_parameter(moment, compiled.statement.parameters))
            {
                true => Ok(Versions::AsOf(present)),
                false => self.clause(clause, &[], &[], present, &|| self.now()),
            }
        });
        known.collect()
    }

    fn clause(
        &self,
        clause: &Clause,
        parameters: &[Parameter],
        literals: &[Literal],
        present: Snapshot,
        now: &dyn Fn() -> i64,
    ) -> Result<Versions> {
        let point = |moment| self.point(moment, parameters, literals, now);
        let commits = Commits {
            store: &self.store,
            present,
        };
        if let Clause::AsOf(moment) = clause {
            return resolve_moment(&point(moment)?, &commits).map(Versions::AsOf);
        }
        let moments = clause.moments();
        let points: Vec<Point> = moments.into_iter().map(point).collect::<Result<_>>()?;
        resolve_range(clause, &points, present, &commits)
    }

    fn point(
        &self,
        moment: &Moment,
        parameters: &[Parameter],
        literals: &[Literal],
        now: &dyn Fn() -> i64,
    ) -> Result<Point> {
        match moment {
            Moment::Seq(seq) => Ok(Point::Seq(*seq)),
            Moment::Tag(tag) => Ok(Point::Tag(tag.clone())),
            Moment::Parameter(number) => {
                let own = parameters.get(*number).map(point_of_parameter);
                own.or_else(|| {
                    let literal = literals.get(number.checked_sub(parameters.len())?)?;
                    Some(point_of_literal(literal))
                })
                .unwrap_or_else(|| Err(too_few(parameters.len())))
            }
            Moment::Expr(_) => {
                let expr = plan::plan_moment(moment, &vec![None; parameters.len()])?;
                let values = values_of(&expr, parameters)?;
                let context = EvalContext {
                    parameters: &values,
                    outer: &[],
                    subplans: &[],
                    now: now(),
                    entropy: &*self.options.entropy,
                    clock: None,
                    sequences: None,
                    heap: &self.options.heap,
                };
                point_of_value(&evaluate_value(&expr, &context)?, expr.data_type)
            }
        }
    }

    /// The moment that a session is to read, which has no parameters.
    pub fn moment(&self, moment: &Moment, now: i64) -> Result<AsOf> {
        Ok(match self.point(moment, &[], &[], &|| now)? {
            Point::Seq(seq) => AsOf::Seq(seq),
            Point::Time(time) => AsOf::Time(time),
            Point::Tag(tag) => AsOf::Text(format!("@tag:{tag}")),
        })
    }

    /// The moment of a whole request.
    pub fn resolve_as_of(&self, as_of: &AsOf) -> Result<Snapshot> {
        let point = match as_of {
            AsOf::Seq(seq) => Point::Seq(*seq),
            AsOf::Time(time) => Point::Time(*time),
            AsOf::Text(text) => point_of_value(&Value::text(text), DataType::Text)?,
        };
        let commits = Commits {
            store: &self.store,
            present: self.present(),
        };
        resolve_moment(&point, &commits)
    }

    /// The plan of a statement and the values it runs with: the user's, then the lifted constants.
    pub fn bind_values(
        &mut self,
        compiled: &Compiled,
        parameters: &[Parameter],
        lifted: Option<&Lifted>,
        scope: &Scope,
    ) -> Result<Values> {
        let literals = lifted.map_or(&[][..], |lifted| &lifted.literals);
        let mut moments =
            self.moments(compiled, parameters, literals, scope.present, &|| scope.now)?;
        let bound = self.bind(compiled, scope, &moments)?;
        moments.extend_from_slice(&bound.moments);
        let (parameters, tuples) = compiled.values(&bound, parameters, lifted)?;
        Ok(Values {
            bound,
            moments,
            parameters,
            tuples,
        })
    }

    /// The plan that is known of a statement for the catalogs of its moments.
    pub fn bound(
        &self,
        compiled: &Compiled,
        present: Snapshot,
        own: Option<&Rc<Catalog>>,
        moments: &[Versions],
    ) -> Option<Rc<Bound>> {
        let epoch = |snapshot| self.store.catalog_epoch(snapshot);
        let functions = self.functions.generation();
        if moments.is_empty() {
            let epochs = [epoch(present), epoch(self.present()), functions];
            return compiled.plan(&epochs, own);
        }
        let past = moments.iter().map(Versions::snapshot);
        let all = std::iter::once(present).chain(past).chain([self.present()]);
        compiled.plan(&self.epochs(all, false), own)
    }

    /// What a plan for catalogs depends on: which ones they are, the host's functions, and how the past is read.
    fn epochs(&self, catalogs: impl Iterator<Item = Snapshot>, is_past: bool) -> Vec<u64> {
        let mut epochs: Vec<u64> = catalogs
            .map(|snapshot| self.store.catalog_epoch(snapshot))
            .collect();
        epochs.push(self.functions.generation());
        // The past is read where there are clauses between the first catalog and the last, or everywhere.
        let has_clauses = epochs.len() > 3;
        if has_clauses || is_past {
            let scanned = self.store.scanned_in_the_past().len() as u64;
            epochs.extend(has_clauses.then_some(scanned));
            epochs.extend((is_past && scanned > 0).then_some(scanned));
        }
        epochs
    }

    /// The plan of a statement for the catalogs of its moments.
    pub fn bind(
        &mut self,
        compiled: &Compiled,
        scope: &Scope,
        moments: &[Versions],
    ) -> Result<Rc<Bound>> {
        let snapshots: Vec<Snapshot> = std::iter::once(scope.present)
            .chain(moments.iter().map(Versions::snapshot))
            .chain([self.present()])
            .collect();
        let epochs = self.epochs(snapshots.iter().copied(), scope.is_past);
        let cacheable = scope.path.is_none();
        let own = scope.own_catalog.as_ref();
        if let Some(plan) = cacheable.then(|| compiled.plan(&epochs, own)).flatten() {
            self.counters.plan_cache_hits += 1;
            return Ok(plan);
        }
        self.counters.plan_cache_misses += 1;
        let mut catalogs: Vec<Rc<Catalog>> = snapshots
            .iter()
            .map(|snapshot| self.store.catalog(*snapshot))
            .collect();
        if let Some(own) = &scope.own_catalog {
            catalogs[0] = own.clone();
            catalogs[snapshots.len() - 1] = own.clone();
        }
        if let Some(path) = &scope.path {
            for catalog in &mut catalogs {
                *catalog = Rc::new(catalog.with_path(path.clone()));
            }
        }
        let options = plan::Options {
            optimize: self.options.optimizer,
            functions: self.functions.clone(),
            scanned: self.store.scanned_in_the_past(),
            is_past: scope.is_past,
        };
        // What a view's moments are is found anew each time, as what it reads then is.
        let mut of_views = Vec::new();
        let mut evaluate = |clause: &Clause, read_at: TimeSlot| {
            let around = match read_at {
                TimeSlot::Present => None,
                TimeSlot::Clause(slot) => moments.iter().chain(&of_views).nth(slot),
            };
            let present = around.map_or(scope.present, Versions::snapshot);
            let versions = self.clause(clause, &[], &[], present, &|| scope.now)?;
            let catalog = self.store.catalog(versions.snapshot());
            of_views.push(versions);
            Ok(match &scope.path {
                Some(path) => Rc::new(catalog.with_path(path.clone())),
                None => catalog,
            })
        };
        let (statement, types) = (&compiled.statement, &compiled.types);
        let prepared = plan::plan(statement, &catalogs, types, &options, &mut evaluate)?;
        let bound = Rc::new(Bound::new(prepared, of_views));
        if cacheable && bound.moments.is_empty() {
            let own = own.map(Rc::downgrade);
            compiled.keep(Catalogs { epochs, own }, bound.clone());
        }
        Ok(bound)
    }
}

impl Compiled {
    /// The values that a plan of it runs with: the user's, then the lifted constants, which of an INSERT's
    /// tuples are apart.
    pub fn values(
        &self,
        bound: &Bound,
        parameters: &[Parameter],
        lifted: Option<&Lifted>,
    ) -> Result<(Vec<Value>, OwnedTuples)> {
        let own = self.statement.parameters;
        let mut values = parameter_values(parameters, own, &bound.parameter_types)?;
        let mut tuples = OwnedTuples::none();
        if let Some(lifted) = lifted {
            if self.statement.rows {
                tuples = OwnedTuples::of(&lifted.literals, &bound.row_types)?;
            } else if !self.statement.literals.is_empty() {
                let types = &bound.parameter_types[own as usize..];
                for (literal, data_type) in lifted.literals.iter().zip(types) {
                    values.push(literal_value(literal, *data_type)?);
                }
            }
        }
        Ok((values, tuples))
    }
}

/// What a moment's parameter means: a number is a sequence, a date the end of its millisecond.
fn point_of_parameter(parameter: &Parameter) -> Result<Point> {
    match parameter {
        Parameter::I64(seq) => point_of_value(&Value::I64(*seq), DataType::BigInt),
        Parameter::F64(seq) if seq.fract() == 0.0 && seq.abs() < 9e15 => {
            point_of_value(&Value::I64(*seq as i64), DataType::BigInt)
        }
        Parameter::Milliseconds(time) if time.abs() <= 8.64e15 => {
            Ok(Point::Time(*time as i64 * 1000 + 999))
        }
        Parameter::Null | Parameter::Value(Value::Null) => {
            point_of_value(&Value::Null, DataType::Text)
        }
        Parameter::Text(text) => point_of_value(&Value::Text(text.clone()), DataType::Text),
        _ => Err(Error::new(
            Code::WrongParameters,
            "a moment must be a sequence, a date or the text of a timestamp",
        )),
    }
}

/// What a lifted constant means as a moment.
fn point_of_literal(literal: &Literal) -> Result<Point> {
    match literal {
        Literal::Integer(seq) => point_of_value(&Value::I64(*seq), DataType::BigInt),
        Literal::String(text) => point_of_value(&Value::text(text), DataType::Text),
        Literal::Null | Literal::Boolean(_) | Literal::Numeric(_) => Err(Error::new(
            Code::Internal,
            "a lifted moment is a sequence or a text",
        )),
    }
}

/// The parameters that an expression has, in the types that it wants, each in its place.
fn values_of(expr: &Expr, parameters: &[Parameter]) -> Result<Vec<Value>> {
    let mut wanted = vec![None; parameters.len()];
    let mut missing = false;
    expr.any(&mut |expr| {
        if let ExprKind::Parameter(number) = expr.kind {
            match wanted.get_mut(number) {
                Some(wanted) => *wanted = Some(expr.data_type),
                None => missing = true,
            }
        }
        false
    });
    if missing {
        return Err(too_few(parameters.len()));
    }
    let values = parameters.iter().zip(wanted).enumerate();
    values
        .map(|(number, (parameter, wanted))| match wanted {
            Some(wanted) => parameter.to_value(wanted, number),
            None => Ok(Value::Null),
        })
        .collect()
}

/// Whether what a moment means is known only with the parameters.
fn has_parameter(moment: &Moment, parameters: u32) -> bool {
    match moment {
        Moment::Seq(_) | Moment::Tag(_) => false,
        Moment::Parameter(_) => true,
        Moment::Expr(_) => plan::plan_moment(moment, &vec![None; parameters as usize])
            .is_ok_and(|expr| expr.any(&mut |expr| matches!(expr.kind, ExprKind::Parameter(_)))),
    }
}

fn too_few(given: usize) -> Error {
    Error::new(
        Code::WrongParameters,
        format!("the statement has more parameters than the {given} given"),
    )
}

/// The user's parameters in the types that the plan wants.
pub(super) fn parameter_values(
    parameters: &[Parameter],
    wanted: u32,
    types: &[DataType],
) -> Result<Vec<Value>> {
    check_count(parameters, wanted)?;
    let values = parameters.iter().zip(types).enumerate();
    values
        .map(|(number, (parameter, wanted))| parameter.to_value(*wanted, number))
        .collect()
}

fn check_count(parameters: &[Parameter], wanted: u32) -> Result<()> {
    if parameters.len() == wanted as usize {
        return Ok(());
    }
    let message = format!(
        "the statement has {wanted} parameters, but {} were given",
        parameters.len()
    );
    Err(Error::new(Code::WrongParameters, message))
}

/// A lifted constant in the type that the plan wants of its slot.
fn literal_value(literal: &Literal, wanted: DataType) -> Result<Value> {
    use crate::types::PhysicalType as P;
    Ok(match (literal, wanted.physical()) {
        (Literal::Null, _) => Value::Null,
        (Literal::Boolean(value), P::Bool) => Value::Bool(*value),
        (Literal::Integer(value), P::I64) => Value::I64(*value),
        (Literal::Integer(value), _) => {
            return crate::expr::parse_value(&value.to_string(), wanted);
        }
        (Literal::Numeric(text) | Literal::String(text), _) => {
            return crate::expr::parse_value(text, wanted);
        }
        (Literal::Boolean(_), _) => {
            return Err(Error::new(
                Code::Internal,
                "a boolean constant in another type's place",
            ));
        }
    })
}

/// The constants of an INSERT's tuples.
pub(super) enum OwnedTuples {
    One(Vec<Value>),
    Many(Vec<Chunk>),
}

impl OwnedTuples {
    pub fn none() -> OwnedTuples {
        OwnedTuples::Many(Vec::new())
    }

    /// The constants in the types of the places they stand in.
    pub fn of(literals: &[Literal], types: &[DataType]) -> Result<OwnedTuples> {
        if literals.len() == types.len() {
            let values = literals.iter().zip(types);
            let values = values.map(|(literal, wanted)| literal_value(literal, *wanted));
            return values.collect::<Result<_>>().map(OwnedTuples::One);
        }
        let tuples = literals.chunks(types.len().max(1) * CHUNK_ROWS);
        let chunks = tuples.map(|tuples| literal_chunk(tuples, types));
        chunks.collect::<Result<_>>().map(OwnedTuples::Many)
    }

    pub fn borrow(&self) -> Tuples<'_> {
        match self {
            OwnedTuples::One(values) => Tuples::One(values),
            OwnedTuples::Many(chunks) => Tuples::Many(chunks),
        }
    }
}

fn literal_chunk(literals: &[Literal], types: &[DataType]) -> Result<Chunk> {
    let columns = types.iter().enumerate().map(|(column, data_type)| {
        let mut builder = VectorBuilder::new(data_type.physical());
        let is_text = matches!(data_type, DataType::Text | DataType::Varchar(None));
        for literal in literals.iter().skip(column).step_by(types.len()) {
            match literal {
                Literal::String(text) if is_text => builder.push_bytes(text.as_bytes()),
                _ => builder.push(&literal_value(literal, *data_type)?),
            }
        }
        Ok(Rc::new(builder.finish()))
    });
    let columns: Vec<Rc<Vector>> = columns.collect::<Result<_>>()?;
    Ok(Chunk::new(columns, literals.len() / types.len()))
}
