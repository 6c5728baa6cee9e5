//! Opening: replaying the log, in steps.

use super::{Database, Options};
use crate::error::{Code, Error, Result};
use crate::log::{Recovered, Recovery};
use crate::table::Store;

/// A database being opened.
pub struct Opening {
    state: Option<State>,
}

struct State {
    options: Options,
    store: Store,
    /// `None` for a database without storage.
    recovery: Option<Recovery>,
}

impl Opening {
    pub(super) fn new(mut options: Options) -> Opening {
        let store = Store::new(options.residency).with_key_makers(crate::plan::key_maker);
        let recovery = options.storage.take().map(|storage| {
            let log = crate::log::Options::new(options.clock.now(), options.entropy.clone());
            Recovery::new(storage, log)
        });
        Opening {
            state: Some(State {
                options,
                store,
                recovery,
            }),
        }
    }

    /// Does a part of the work: up to `budget` commits replayed. `None` means that the host must run (a
    /// storage had a miss, or there is more to replay) and ask again.
    ///
    /// # Errors
    /// What recovery found, after which nothing has been changed; `Closed` if it had ended already.
    pub fn step(&mut self, budget: u32) -> Result<Option<Database>> {
        let ended = || Error::new(Code::Closed, "the database has been opened already");
        let mut state = self.state.take().ok_or_else(ended)?;
        let Some(recovery) = &mut state.recovery else {
            return Ok(Some(Database::new(state.options, state.store, None, None)));
        };
        for _ in 0..budget.max(1) {
            match recovery.step()? {
                Recovered::Commit(commit) => state.store.apply(*commit)?,
                Recovered::Miss => break,
                Recovered::Done { log, report } => {
                    let (log, report) = (Some(*log), Some(report));
                    return Ok(Some(Database::new(state.options, state.store, log, report)));
                }
            }
        }
        self.state = Some(state);
        Ok(None)
    }
}
