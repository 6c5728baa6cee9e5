//! Opening: taking in the checkpoint and replaying the log behind it, in steps.

use super::{Database, Options};
use crate::error::{Code, Error, Result};
use crate::log::{Log, Recovered, Recovery, Report, Spot};
use crate::storage::{Shared, Storage};
use crate::table::{Origin, Restore, Store};

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
    storage: Option<Shared>,
}

impl Opening {
    pub(super) fn new(mut options: Options) -> Opening {
        let mut store = Store::new(options.residency).with_key_makers(crate::plan::key_maker);
        let storage = options.storage.take().map(Shared::new);
        if storage.is_some() {
            store.set_budget(options.memory, options.heap.clone());
        }
        let recovery = storage.clone().map(|storage| {
            let mut log = crate::log::Options::new(options.clock.now(), options.entropy.clone());
            log.mode = options.mode;
            log.is_known = options.is_known;
            log.sizes.checkpoint_after = options.checkpoint_after;
            Recovery::new(Box::new(storage), log)
        });
        Opening {
            state: Some(State {
                options,
                store,
                restore: None,
                recovery,
                storage,
            }),
        }
    }

    /// Does a part of the work: up to `budget` parts of a checkpoint taken in, or commits replayed. `None` means
    /// that the host must run (a storage had a miss, or there is more to do) and ask again.
    ///
    /// # Errors
    /// What recovery found, after which nothing has been changed; `Closed` if it had ended already.
    pub fn step(&mut self, budget: u32) -> Result<Option<Database>> {
        let ended = || Error::new(Code::Closed, "the database has been opened already");
        let mut state = self.state.take().ok_or_else(ended)?;
        if state.recovery.is_none() {
            return Ok(Some(Database::new(state.options, state.store, None)));
        }
        for _ in 0..budget.max(1) {
            match state.take_in()? {
                Taken::Some => {}
                Taken::Nothing => break,
                Taken::All(log, report) => {
                    let storage = state.storage.expect("the log has one");
                    let logged = Some((*log, *report, storage));
                    return Ok(Some(Database::new(state.options, state.store, logged)));
                }
            }
        }
        self.state = Some(state);
        Ok(None)
    }
}

/// What a step of the recovery came to.
enum Taken {
    Some,
    Nothing,
    All(Box<Log>, Box<Report>),
}

impl State {
    /// The next part of the checkpoint becomes part of the store, or the next commit.
    fn take_in(&mut self) -> Result<Taken> {
        let recovery = self.recovery.as_mut().expect("there is a storage");
        match recovery.step()? {
            Recovered::Miss => return Ok(Taken::Nothing),
            Recovered::Lost(damage) => self.restore().lost(damage)?,
            Recovered::Part(part, spot) => {
                let storage = self.storage.as_ref().expect("it was read from there");
                let origin = origin(storage, spot);
                let restore = self.restore();
                restore.part(&part, origin)?;
                // Before anything is written, so that an opening that fails here has changed nothing.
                if restore.is_complete() {
                    self.settle()?;
                }
            }
            Recovered::Commit(commit) => {
                self.settle()?;
                self.store.apply(*commit)?;
            }
            Recovered::Done { log, report } => {
                self.settle()?;
                self.store.check_sound()?;
                return Ok(Taken::All(log, Box::new(report)));
            }
        }
        Ok(Taken::Some)
    }

    fn restore(&mut self) -> &mut Restore {
        self.restore.get_or_insert_with(|| {
            let empty = Store::new(self.options.residency);
            Restore::new(std::mem::replace(&mut self.store, empty))
        })
    }

    /// All parts have been taken in.
    fn settle(&mut self) -> Result<()> {
        if let Some(restore) = self.restore.take() {
            self.store = restore.finish()?;
        }
        Ok(())
    }
}

/// A part of a checkpoint in a storage that gives it again at once.
struct Stored(Shared, Spot);

impl Origin for Stored {
    fn read(&self) -> Result<Vec<u8>> {
        self.1.read(&mut self.0.clone())
    }
}

pub(super) fn origin(storage: &Shared, spot: Spot) -> Option<Box<dyn Origin>> {
    let stored = || Box::new(Stored(storage.clone(), spot)) as Box<dyn Origin>;
    storage.answers_at_once().then(stored)
}
