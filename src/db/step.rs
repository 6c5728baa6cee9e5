//! Stepping a task: from one statement to the next.

use super::database::Database;
use super::task::{State, Task};
use super::{Failure, Progress, SessionId, TaskId};
use crate::error::{Code, Error, Result};

impl Database {
    /// Does a part of a task. After `Finished` or `Failed` the task is gone.
    pub fn step(&mut self, id: TaskId, mut budget: u32) -> Progress {
        self.step_within(id, &mut budget)
    }

    /// The same, and tells what is left of the budget, so that a step can take in several statements.
    pub fn step_within(&mut self, id: TaskId, budget: &mut u32) -> Progress {
        let Some(mut task) = self.tasks.remove(&id) else {
            let error = Error::new(Code::Closed, "there is no such task");
            return Progress::Failed(Failure {
                statement: 0,
                error,
            });
        };
        let progress = self.advance(id, &mut task, budget);
        let progress =
            progress.and_then(|progress| self.shared.store.check_sound().map(|()| progress));
        if let Ok(Progress::Finished) | Err(_) = progress {
            self.shared.store.release(task.session.waiter());
            self.shared.store.make_room();
        }
        match progress {
            Ok(Progress::Finished) => {
                self.forget(id, task.session);
                Progress::Finished
            }
            Ok(progress) => {
                self.tasks.insert(id, task);
                progress
            }
            Err(error) => {
                let statement = task.statement;
                self.abandon(id, *task);
                Progress::Failed(Failure { statement, error })
            }
        }
    }

    fn forget(&mut self, id: TaskId, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.tasks.retain(|task| *task != id);
        }
    }

    fn advance(&mut self, id: TaskId, task: &mut Task, budget: &mut u32) -> Result<Progress> {
        self.shared.check_usable()?;
        let session = self.sessions.get(&task.session);
        if session.and_then(|session| session.tasks.front()) != Some(&id) {
            self.check_time(task)?;
            return Ok(Progress::WaitingForWriter);
        }
        if let Some(block) = task.needed.take() {
            self.shared.store.load(block, task.session.waiter())?;
        }
        self.shared.store.make_room();
        loop {
            if let Some(result) = task.ready.pop_front() {
                return Ok(Progress::Statement(result));
            }
            if let Err(stopped) = self.check_time(task)
                && !task.has_ended()
            {
                return Err(stopped);
            }
            let progress = match std::mem::replace(&mut task.state, State::Next) {
                State::Next => {
                    self.start_clock(task);
                    self.begin_statement(task, None)?
                }
                State::Waiting { since } => self.begin_statement(task, Some(since))?,
                State::Running(running) => self.run_statement(task, running, budget)?,
                State::Over => Some(Progress::Finished),
            };
            match progress {
                Some(progress) => return Ok(progress),
                None if *budget == 0 && task.ready.is_empty() => return Ok(Progress::Working),
                None => {}
            }
        }
    }

    /// A statement begins: from now on its time is counted.
    fn start_clock(&self, task: &mut Task) {
        let known = self.sessions.get(&task.session);
        let allowed = known.and_then(|known| known.settings.duration("statement_timeout"));
        let now = || self.shared.options.clock.now();
        task.statement_deadline = allowed.map(|allowed| now().saturating_add(allowed));
    }

    /// Whether the task may go on.
    fn check_time(&self, task: &Task) -> Result<()> {
        let deadlines = [task.deadline, task.statement_deadline];
        match (task.stop, deadlines.into_iter().flatten().min()) {
            (Some(Code::Timeout), _) => Err(timed_out()),
            (Some(Code::LockTimeout), _) => Err(lock_timeout()),
            (Some(code), _) => Err(Error::new(code, "canceling statement due to user request")),
            (None, Some(deadline)) if self.shared.options.clock.now() >= deadline => {
                Err(timed_out())
            }
            (None, _) => Ok(()),
        }
    }

    pub(super) fn keep_waiting(&mut self, task: &mut Task, since: Option<i64>) -> Result<Progress> {
        let now = self.shared.options.clock.now();
        let since = since.unwrap_or(now);
        let known = self.sessions.get(&task.session);
        let own = known.and_then(|known| known.settings.duration("lock_timeout"));
        let allowed = own.unwrap_or(self.shared.options.limits.lock_timeout);
        if now.saturating_sub(since) > allowed {
            self.statement_failed(task.session, None);
            return Err(lock_timeout());
        }
        task.state = State::Waiting { since };
        Ok(Progress::WaitingForWriter)
    }

    /// A task that failed or was stopped. One that was still queued behind another has nothing open.
    fn abandon(&mut self, id: TaskId, task: Task) {
        let session = task.session;
        let is_first =
            (self.sessions.get(&session)).is_some_and(|session| session.tasks.front() == Some(&id));
        if !is_first {
            return self.forget(id, session);
        }
        match task.state {
            State::Running(running) => self.statement_failed(session, Some(running.reach)),
            State::Waiting { .. } => self.statement_failed(session, None),
            State::Next | State::Over => {}
        }
        if let Some(known) = self.sessions.get_mut(&session) {
            known.tasks.pop_front();
            if known.block.as_ref().is_some_and(|block| block.implicit) {
                known.end_block(false);
            }
            if known.block.is_none() {
                self.release_writer(session);
            }
        }
    }
}

fn lock_timeout() -> Error {
    let message = "gave up waiting for another transaction to end";
    Error::new(Code::LockTimeout, message).with_hint(
        "Inside db.transaction(async tx => …) use tx, not db: db waits for the transaction to end.",
    )
}

fn timed_out() -> Error {
    Error::new(
        Code::Timeout,
        "canceling statement due to statement timeout",
    )
}
