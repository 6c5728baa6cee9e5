//! Running a request to its end in one call, for tests and tools.

use super::{Database, Failure, Progress, Request, SessionId, StatementResult};

/// Rows of work between two looks at the clock.
const BUDGET: u32 = 1 << 20;

impl Database {
    /// Drives a request to its end, its flush included.
    ///
    /// # Errors
    /// The failure, and the results of the statements before it, which stand. A storage that needs its
    /// host between two steps, or another session with the right to write, ends in the request's timeout
    /// or the lock's.
    pub fn run(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> Result<Vec<StatementResult>, (Vec<StatementResult>, Failure)> {
        let mut results = Vec::new();
        let task = match self.start(session, request) {
            Ok(task) => task,
            Err(error) => {
                return Err((
                    results,
                    Failure {
                        statement: 0,
                        error,
                    },
                ));
            }
        };
        let failure = loop {
            match self.step(task, BUDGET) {
                Progress::Statement(result) => results.push(result),
                Progress::Finished => break None,
                Progress::Failed(failure) => break Some(failure),
                Progress::Working | Progress::NeedBlock(_) | Progress::WaitingForWriter => {}
            }
        };
        if let Err(error) = self.flush() {
            return Err((
                results,
                Failure {
                    statement: 0,
                    error,
                },
            ));
        }
        match failure {
            None => Ok(results),
            Some(failure) => Err((results, failure)),
        }
    }
}
