//! Statements about the session: settings, what it has prepared, the moment that it reads.

use super::cache::Compiled;
use super::control::refuse_in_past;
use super::cursor::Cursors;
use super::database::Database;
use super::session::Reading;
use super::task::Task;
use super::{AsOf, Parameter, SessionId, StatementResult};
use crate::column::{Chunk, VectorBuilder};
use crate::error::{Code, Error, Result};
use crate::expr::{EvalContext, evaluate_value, format_value};
use crate::plan::{self, OutputColumn};
use crate::sql::{Clause, Modes, Moment, SessionStatement, Statement, Syntax};
use crate::txn::TemporaryPlace;
use crate::types::{DataType, PhysicalType, Value};
use std::rc::Rc;

/// What a session statement answers.
struct Answer {
    command: &'static str,
    fields: Vec<OutputColumn>,
    rows: Vec<Vec<Option<String>>>,
    notice: Option<&'static str>,
}

fn answer(command: &'static str) -> Answer {
    Answer {
        command,
        fields: Vec::new(),
        rows: Vec::new(),
        notice: None,
    }
}

/// The columns of its result.
pub(super) fn fields_of(statement: &SessionStatement) -> Vec<OutputColumn> {
    let column = |name: &str| OutputColumn {
        name: name.to_string(),
        data_type: DataType::Text,
    };
    match statement {
        SessionStatement::Show(name) => {
            let shown = super::settings::shown_name(name).unwrap_or(name);
            vec![column(shown)]
        }
        SessionStatement::Config { value, .. } => vec![column(match value {
            Some(_) => "set_config",
            None => "current_setting",
        })],
        SessionStatement::ShowAll => ["name", "setting", "description"].map(column).to_vec(),
        _ => Vec::new(),
    }
}

impl Database {
    /// Does what the statement says, unless it is EXECUTE, which is another statement.
    pub(super) fn talk(
        &mut self,
        task: &Task,
        statement: &Statement,
    ) -> Result<Option<StatementResult>> {
        let Syntax::Session(syntax) = &statement.syntax else {
            return Ok(None);
        };
        if let SessionStatement::Execute { .. } = **syntax {
            return Ok(None);
        }
        let session = task.session;
        if matches!(**syntax, SessionStatement::AsOf | SessionStatement::Present) {
            refuse_in_past(task, "a session's moment")?;
        }
        if let SessionStatement::Fetch {
            cursor,
            direction,
            moves,
        } = &**syntax
        {
            let fetched = self.fetch(session, cursor, *direction, *moves);
            let fetched = fetched.inspect_err(|_| self.statement_failed(session, None))?;
            return Ok(Some(fetched));
        }
        let answered = self.answer(session, statement, syntax);
        let answer = answered.inspect_err(|_| self.statement_failed(session, None))?;
        Ok(Some(StatementResult {
            command: answer.command,
            fields: answer.fields.into(),
            chunks: chunk_of(&answer.rows).into_iter().collect(),
            affected_rows: 0,
            seq: self.applied_seq(),
            committed: false,
            transaction: self.status(session),
            notice: answer.notice,
        }))
    }

    fn answer(
        &mut self,
        session: SessionId,
        statement: &Statement,
        syntax: &SessionStatement,
    ) -> Result<Answer> {
        match syntax {
            SessionStatement::Set { name, value, local } => {
                let value = value.as_deref();
                let command = if value.is_none() { "RESET" } else { "SET" };
                return self.set(session, name, value, *local, command);
            }
            SessionStatement::Config {
                name,
                value,
                missing_ok,
            } => {
                if let Some((value, local)) = value {
                    self.set(session, name, Some(value), *local, "SELECT")?;
                }
                let shown = match self.shown(session, name) {
                    Err(_) if *missing_ok => None,
                    // What was set for no transaction is shown nevertheless.
                    Err(error) => Some(
                        value
                            .as_ref()
                            .map(|(value, _)| value.clone())
                            .ok_or(error)?,
                    ),
                    Ok((_, shown)) => Some(shown),
                };
                return Ok(Answer {
                    fields: fields_of(syntax),
                    rows: vec![vec![shown]],
                    ..answer("SELECT")
                });
            }
            SessionStatement::ResetAll => {
                self.session_mut(session)?.settings.reset_all();
                return Ok(answer("RESET"));
            }
            SessionStatement::Present => {
                self.session_mut(session)?.settings.as_of = None;
                return Ok(answer("RESET"));
            }
            SessionStatement::AsOf => {
                let moment = self.moment_of_session(session, statement)?;
                self.session_mut(session)?.settings.as_of = Some(moment);
                return Ok(answer("SET"));
            }
            SessionStatement::SetTransaction {
                modes,
                characteristics,
            } => return self.set_modes(session, *modes, *characteristics),
            SessionStatement::Show(name) => {
                let (_, value) = self.shown(session, name)?;
                return Ok(Answer {
                    fields: fields_of(syntax),
                    rows: vec![vec![Some(value)]],
                    ..answer("SHOW")
                });
            }
            SessionStatement::ShowAll => {
                let all = self.session_mut(session)?.settings.show_all();
                let row = |(name, value)| vec![Some(name), Some(value), Some(String::new())];
                return Ok(Answer {
                    fields: fields_of(syntax),
                    rows: all.into_iter().map(row).collect(),
                    ..answer("SHOW")
                });
            }
            SessionStatement::Prepare {
                name,
                types,
                text,
                statement,
            } => {
                let types = plan::plan_types(types)?;
                let compiled = Rc::new(Compiled::with_types(statement.clone(), text, types));
                self.describe_compiled(session, &compiled, None)?;
                let prepared = &mut self.session_mut(session)?.prepared;
                if prepared.contains_key(name) {
                    let message = format!("prepared statement \"{name}\" already exists");
                    return Err(Error::new(Code::DuplicatePreparedStatement, message));
                }
                prepared.insert(name.clone(), compiled);
                return Ok(answer("PREPARE"));
            }
            SessionStatement::Close(name) => {
                let cursors = &mut self.session_mut(session)?.cursors;
                cursors.close(name.as_deref())?;
                return Ok(answer("CLOSE CURSOR"));
            }
            SessionStatement::Deallocate(None) => {
                self.session_mut(session)?.prepared.clear();
                return Ok(answer("DEALLOCATE ALL"));
            }
            SessionStatement::Deallocate(Some(name)) => {
                let removed = self.session_mut(session)?.prepared.remove(name);
                return match removed {
                    Some(_) => Ok(answer("DEALLOCATE")),
                    None => Err(no_prepared(name)),
                };
            }
            SessionStatement::Discard => {
                let session = self.session_mut(session)?;
                if session.block.is_some() {
                    let message = "DISCARD ALL cannot run inside a transaction block";
                    return Err(Error::new(Code::ActiveTransaction, message));
                }
                session.settings.reset_all();
                session.prepared.clear();
                session.cursors = Cursors::default();
                session.sequences = Rc::default();
                session.temporary = TemporaryPlace::default();
            }
            SessionStatement::Execute { .. } | SessionStatement::Fetch { .. } => {}
        }
        Ok(answer("DISCARD ALL"))
    }

    fn set(
        &mut self,
        session: SessionId,
        name: &str,
        value: Option<&str>,
        local: bool,
        command: &'static str,
    ) -> Result<Answer> {
        let known = self.session_mut(session)?;
        let outside = known.block.is_none();
        let of_transaction = name.starts_with("transaction_");
        let mut settings = known.settings.clone();
        settings.set(name, value, local || of_transaction)?;
        if name == "transaction_read_only" {
            let modes = Modes {
                read_only: Some(settings.is_on(name)),
                isolation: None,
            };
            self.set_modes(session, modes, false)?;
        }
        let mut answer = answer(command);
        if outside && (local || of_transaction) {
            answer.notice = Some("SET LOCAL can only be used in transaction blocks");
        } else {
            self.session_mut(session)?.settings = settings;
        }
        Ok(answer)
    }

    fn set_modes(
        &mut self,
        session: SessionId,
        modes: Modes,
        characteristics: bool,
    ) -> Result<Answer> {
        let known = self.session_mut(session)?;
        let mut answer = answer("SET");
        if !characteristics {
            let Some(block) = &mut known.block else {
                answer.notice = Some("SET TRANSACTION can only be used in transaction blocks");
                return Ok(answer);
            };
            let has_begun = !matches!(block.reading, Reading::Nothing);
            let late = |what: &str| {
                let message = format!("{what} must be set before any query");
                Err(Error::new(Code::ActiveTransaction, message))
            };
            if modes.read_only == Some(false) && block.read_only && has_begun {
                return late("transaction read-write mode");
            }
            if modes.isolation.is_some() && has_begun {
                return late("SET TRANSACTION ISOLATION LEVEL");
            }
            block.read_only = modes.read_only.unwrap_or(block.read_only);
        }
        known.settings.set_modes(modes, characteristics)?;
        Ok(answer)
    }

    fn shown(&mut self, session: SessionId, name: &str) -> Result<(String, String)> {
        self.session_mut(session)?.settings.show(name)
    }

    fn moment_of_session(&mut self, session: SessionId, statement: &Statement) -> Result<AsOf> {
        let now = self.statement_time(session);
        let whole = statement.temporal.whole;
        let clause = whole.map(|whole| &statement.temporal.clauses[whole]);
        let Some(moment) = clause.and_then(|clause| clause.moments().first().copied()) else {
            return Err(Error::new(Code::Syntax, "syntax error at end of input"));
        };
        let moment = self.shared.moment(moment, now)?;
        self.shared.resolve_as_of(&moment)?;
        Ok(moment)
    }

    /// What an EXECUTE runs, and with what.
    pub(super) fn executed(
        &mut self,
        session: SessionId,
        statement: &Statement,
        name: &str,
    ) -> Result<(Rc<Compiled>, Vec<Parameter>)> {
        let known = self.session_mut(session)?;
        let compiled = known.prepared.get(name).cloned();
        let compiled = compiled.ok_or_else(|| no_prepared(name))?;
        let mut wanted = self.describe_compiled(session, &compiled, None)?.parameters;
        let clauses = compiled.statement.temporal.clauses.iter();
        for moment in clauses.flat_map(Clause::moments) {
            // What a moment is follows from what is given, if nothing else says so.
            if let Moment::Parameter(at) = moment
                && compiled.types.get(*at).copied().flatten().is_none()
                && let Some(wanted) = wanted.get_mut(*at).filter(|t| **t == DataType::Text)
            {
                *wanted = DataType::Unknown;
            }
        }
        let arguments = plan::plan_arguments(statement, &wanted, &self.shared.functions)?;
        let context = EvalContext {
            parameters: &[],
            outer: &[],
            subplans: &[],
            now: self.statement_time(session),
            entropy: &*self.shared.options.entropy,
            clock: None,
            sequences: None,
            heap: &self.shared.options.heap,
        };
        let value = |argument| evaluate_value(argument, &context);
        let values: Vec<Value> = arguments.iter().map(value).collect::<Result<_>>()?;
        let types = arguments.iter().map(|argument| argument.data_type);
        let parameters = values.into_iter().zip(types);
        let parameters = parameters.map(|(value, data_type)| parameter(value, data_type));
        Ok((compiled, parameters.collect()))
    }
}

/// A value as it would come from outside, so that it can also be a moment.
fn parameter(value: Value, data_type: DataType) -> Parameter {
    match value {
        Value::I64(number) if data_type.is_integer() => Parameter::I64(number),
        Value::Text(text) if matches!(data_type, DataType::Text | DataType::Unknown) => {
            Parameter::Text(text)
        }
        Value::I64(_) if data_type.physical() == PhysicalType::I64 => {
            let mut text = String::new();
            format_value(&value, data_type, &mut text);
            Parameter::Text(text.into())
        }
        other => Parameter::Value(other),
    }
}

pub(super) fn no_prepared(name: &str) -> Error {
    let message = format!("prepared statement \"{name}\" does not exist");
    Error::new(Code::UndefinedPreparedStatement, message)
}

fn chunk_of(rows: &[Vec<Option<String>>]) -> Option<Chunk> {
    let width = rows.first()?.len();
    let column = |at: usize| {
        let mut builder = VectorBuilder::new(PhysicalType::Text);
        rows.iter().for_each(|row| match &row[at] {
            Some(text) => builder.push_bytes(text.as_bytes()),
            None => builder.push_null(),
        });
        Rc::new(builder.finish())
    };
    Some(Chunk::new((0..width).map(column).collect(), rows.len()))
}
