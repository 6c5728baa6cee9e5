//! Opening: taking in the checkpoint and replaying the log behind it, in steps.

use super::{Database, Options};
use crate::error::{Code, Error, Result};
use crate::log::{Recovered, Recovery};
use crate::table::{Restore, Store};

/// A database being opened.
pub struct Opening {
    state: Option<State>,
}

struct State {
    options: Options,
    store: Store,
    /// What the parts of a checkpoint have come to.
    restore: Option<Restore>,
    /// `None` for a database without storage.
    recovery: Option<Recovery>,
}

impl Opening {
    pub(super) fn new(mut options: Options) -> Opening {
        let store = Store::new(options.residency).with_key_makers(crate::plan::key_maker);
        let recovery = options.storage.take().map(|storage| {
            let mut log = crate::log::Options::new(options.clock.now(), options.entropy.clone());
            log.sizes.checkpoint_after = options.checkpoint_after;
            Recovery::new(storage, log)
        });
        Opening {
            state: Some(State {
                options,
                store,
                restore: None,
                recovery,
            }),
        }
    }

    /// Does a part of the work: up to `budget` parts of a checkpoint taken in or commits replayed. `None` means that the host must run (a
    /// storage had a miss, or there is more to replay) and ask again.
    ///
    /// # Errors
    /// What recovery found, after which nothing has been changed; `Closed` if it had ended already.
    pub fn step(&mut self, budget: u32) -> Result<Option<Database>> {
        let ended = || Error::new(Code::Closed, "the database has been opened already");
        let mut state = self.state.take().ok_or_else(ended)?;
        if state.recovery.is_none() {
            return Ok(Some(Database::new(state.options, state.store, None, None)));
        }
        for _ in 0..budget.max(1) {
            match state.step()? {
                Recovered::Miss => break,
                Recovered::Done { log, report } => {
                    let (log, report) = (Some(*log), Some(report));
                    return Ok(Some(Database::new(state.options, state.store, log, report)));
                }
                Recovered::Part(_) | Recovered::Commit(_) => {}
            }
        }
        self.state = Some(state);
        Ok(None)
    }
}

impl State {
    /// One step of the recovery, whose part or commit is taken in.
    fn step(&mut self) -> Result<Recovered> {
        let recovery = self.recovery.as_mut().expect("there is a storage");
        let recovered = recovery.step()?;
        if let Recovered::Part(part) = &recovered {
            let restore = &mut self.restore;
            let restore = restore.get_or_insert_with(|| Restore::new(self.options.residency));
            restore.part(part)?;
            return Ok(recovered);
        }
        if matches!(recovered, Recovered::Miss) {
            return Ok(recovered);
        }
        if let Some(restore) = self.restore.take() {
            self.store = restore.finish()?;
        }
        match recovered {
            Recovered::Commit(commit) => {
                self.store.apply(*commit)?;
                // What was taken in is not needed any more.
                Ok(Recovered::Part(Vec::new()))
            }
            other => Ok(other),
        }
    }
}
