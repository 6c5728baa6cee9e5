//! Foreign keys: what a statement comes to that has written what it says.
//!
//! ```text
//! level 0   the rows that the statement wrote
//! level n   the rows that the actions of the level before have changed
//! ```
//!
//! Which rows an action reaches is seen as of the beginning of its level, so a key may go from one row to another. Where what
//! comes of it depends on the order in which rows and keys are looked at (one forbids what another is about to delete), no
//! standard says what it is, and such a statement is not run.

use super::program::{Outcome, Program};
use super::random::Random;
use super::state::{Cell, Row, State, Table};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Nothing,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    pub const ALL: [Action; 5] = [
        Action::Nothing,
        Action::Restrict,
        Action::Cascade,
        Action::SetNull,
        Action::SetDefault,
    ];

    pub fn sql(self) -> &'static str {
        match self {
            Action::Nothing => "NO ACTION",
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }
}

/// A column that leads to the primary key of a table. A column leads to one at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    pub name: String,
    pub column: u32,
    pub table: u32,
    pub on_delete: Action,
    pub on_update: Action,
    pub deferred: bool,
}

impl Foreign {
    /// What stands behind REFERENCES and the table.
    pub fn rest(&self) -> String {
        let mut sql = String::new();
        for (word, action) in [("DELETE", self.on_delete), ("UPDATE", self.on_update)] {
            if action != Action::Nothing {
                sql += &format!(" ON {word} {}", action.sql());
            }
        }
        if self.deferred {
            sql += " DEFERRABLE INITIALLY DEFERRED";
        }
        sql
    }
}

const VIOLATION: &str = "23503";

impl State {
    pub fn has_key(&self, table: u32, key: &str) -> bool {
        let rows = self.by_id(table).into_iter().flat_map(|t| t.rows.values());
        rows.into_iter().any(|row| row.cells[&0] == key)
    }

    /// The rows of a table that lead to a key.
    fn leading(&self, child: u32, foreign: &Foreign, key: &str) -> BTreeSet<u64> {
        let rows = self.by_id(child).into_iter().flat_map(|child| &child.rows);
        let leads = |row: &Row| row.cell(foreign.column).as_deref() == Some(key);
        rows.filter(|(_, row)| leads(row))
            .map(|(id, _)| *id)
            .collect()
    }

    pub fn referencing(&self, table: u32) -> Vec<(u32, Foreign)> {
        let all = self.tables.iter();
        let all = all.flat_map(|child| child.foreign.iter().map(|key| (child.id, key.clone())));
        all.filter(|(_, key)| key.table == table).collect()
    }

    /// Whether all rows lead somewhere; by the keys that are looked at with the commit, or by one.
    pub fn leads(&self, child: u32, foreign: &Foreign) -> bool {
        let table = self.by_id(child).expect("the key is the table's");
        let cells = table.rows.values().map(|row| row.cell(foreign.column));
        cells
            .flatten()
            .all(|value| self.has_key(foreign.table, &value))
    }

    pub fn may_be_committed(&self) -> bool {
        self.tables.iter().all(|table| {
            let mut late = table.foreign.iter().filter(|foreign| foreign.deferred);
            late.all(|foreign| self.leads(table.id, foreign))
        })
    }

    /// What a statement comes to whose rows are all its own: no action changes others, and the keys hold.
    pub fn held(self) -> Outcome {
        let holds = |table: &Table| {
            let mut now = table.foreign.iter().filter(|foreign| !foreign.deferred);
            now.all(|foreign| self.leads(table.id, foreign))
        };
        match self.is_unique() {
            false => Err("23505"),
            true if self.tables.iter().all(holds) => Ok(self),
            true => Err(VIOLATION),
        }
    }

    fn is_unique(&self) -> bool {
        self.tables.iter().all(|table| table.is_unique())
    }
}

/// A row that was written, and what it was before.
struct Event {
    table: u32,
    row: u64,
    before: Option<Row>,
}

/// The order in which things are looked at whose order should not matter.
struct Order {
    number: u64,
    random: Random,
}

impl Order {
    fn arrange<T>(&mut self, things: &mut [T]) {
        match self.number {
            0 => {}
            1 => things.reverse(),
            _ => {
                for at in (1..things.len()).rev() {
                    things.swap(at, self.random.below(at + 1));
                }
            }
        }
    }
}

/// Levels after which it is not awaited any more.
const LEVELS: usize = 40;
/// Orders that are tried.
const ORDERS: u64 = 8;

impl Program {
    /// What a statement comes to that has itself made `direct` of the state; nothing where that depends on the order.
    pub fn settled(&mut self, direct: State) -> Option<Outcome> {
        if !direct.is_unique() {
            return Some(Err("23505"));
        }
        if direct.tables.iter().all(|table| table.foreign.is_empty()) {
            return Some(Ok(direct));
        }
        let mut outcomes = Vec::new();
        for number in 0..ORDERS {
            let random = Random(number);
            outcomes.push(settle(&self.now, &direct, Order { number, random })?);
        }
        let first = outcomes.swap_remove(0);
        match outcomes.iter().all(|other| *other == first) {
            true => Some(first),
            false if first.is_err() && outcomes.iter().all(Result::is_err) => {
                Some(Err("23503 23505"))
            }
            false => {
                self.skipped += 1;
                None
            }
        }
    }
}

fn events(before: &State, direct: &State) -> Vec<Event> {
    let mut events = Vec::new();
    for table in &direct.tables {
        let old = before.by_id(table.id).map(|table| &table.rows);
        let old_row = |id: &u64| old.and_then(|rows| rows.get(id));
        let old_ids = old.into_iter().flat_map(|rows| rows.keys());
        let ids: BTreeSet<u64> = old_ids.chain(table.rows.keys()).copied().collect();
        let changed = ids.iter().filter(|id| old_row(id) != table.rows.get(id));
        events.extend(changed.map(|id| Event {
            table: table.id,
            row: *id,
            before: old_row(id).cloned(),
        }));
    }
    events
}

/// `None` if there is no end to it.
fn settle(before: &State, direct: &State, mut order: Order) -> Option<Outcome> {
    let mut state = direct.clone();
    let mut level = events(before, direct);
    for _ in 0..LEVELS {
        if level.is_empty() {
            return Some(if state.is_unique() {
                Ok(state)
            } else {
                Err("23505")
            });
        }
        let begun = state.clone();
        let mut next = Vec::new();
        order.arrange(&mut level);
        for event in level {
            if !look_at(&event, &begun, &mut state, &mut next, &mut order) {
                return Some(Err(VIOLATION));
            }
        }
        level = next;
    }
    None
}

/// Whether no key is violated by it.
fn look_at(
    event: &Event,
    begun: &State,
    state: &mut State,
    next: &mut Vec<Event>,
    order: &mut Order,
) -> bool {
    let table = state.by_id(event.table).expect("it is of this state");
    let new = table.rows.get(&event.row).cloned();
    let own = table.foreign.iter().filter(|key| !key.deferred);
    for foreign in own {
        let cell = |row: &Row| row.cell(foreign.column);
        let Some(value) = new.as_ref().and_then(cell) else {
            continue;
        };
        let is_new = event.before.as_ref().and_then(cell).as_ref() != Some(&value);
        if is_new && !state.has_key(foreign.table, &value) {
            return false;
        }
    }
    let key = |row: &Option<Row>| row.as_ref().and_then(|row| row.cell(0));
    let (old, now) = (key(&event.before), key(&new));
    let Some(gone) = old.filter(|old| Some(old) != now.as_ref()) else {
        return true;
    };
    let mut referencing = state.referencing(event.table);
    order.arrange(&mut referencing);
    referencing.iter().all(|(child, foreign)| {
        let reached = begun.leading(*child, foreign, &gone);
        let mut act = |state: &mut State, value: Option<Cell>| {
            let still = state.leading(*child, foreign, &gone);
            for row in reached.intersection(&still) {
                let rows = &mut state.by_id_mut(*child).expect("it is there").rows;
                next.push(Event {
                    table: *child,
                    row: *row,
                    before: rows.get(row).cloned(),
                });
                match (&value, rows.get_mut(row)) {
                    (Some(value), Some(row)) => row.set(foreign.column, value.clone()),
                    _ => drop(rows.remove(row)),
                }
            }
        };
        let action = match now {
            Some(_) => foreign.on_update,
            None => foreign.on_delete,
        };
        let is_back = |state: &State| state.has_key(event.table, &gone);
        let is_free = |state: &State| state.leading(*child, foreign, &gone).is_empty();
        match action {
            Action::Nothing => foreign.deferred || is_back(state) || is_free(state),
            Action::Restrict => is_free(state),
            Action::Cascade => {
                act(state, now.clone().map(Some));
                true
            }
            Action::SetNull => {
                act(state, Some(None));
                true
            }
            Action::SetDefault => {
                let table = state.by_id(*child).expect("it is there");
                let column = table.column(foreign.column).expect("the key's column");
                act(state, Some(column.default.clone()));
                // The default may be what is gone.
                is_back(state) || is_free(state)
            }
        }
    })
}
