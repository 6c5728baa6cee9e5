//! UNDO and REDO of a commit: what it defined is as it was before, and what it changed, value by value.

use super::bring_back::{again, cast, gives_back, put};
use super::program::{Outcome, Program};
use super::state::{Cell, Column, Kind, State, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A table without its rows.
fn definition(table: &Table) -> Table {
    Table {
        rows: BTreeMap::new(),
        ..table.clone()
    }
}

/// What of that the present sees.
fn meaning(table: &Table) -> Table {
    let mut table = definition(table);
    table.next_column = 0;
    table.gone.clear();
    table
        .columns
        .iter_mut()
        .for_each(|column| column.replaced.clear());
    table
}

fn shape(table: &Table) -> Vec<(u32, Kind)> {
    table.columns.iter().map(|c| (c.id, c.kind)).collect()
}

/// What something becomes that was so before a commit, so after it and is so now: nothing if the commit left it alone, an
/// error if it is another since.
fn reversed<T: PartialEq + Clone>(
    states: [Option<T>; 3],
) -> Result<Option<Option<T>>, &'static str> {
    let [before, after, now] = states;
    match (before == after, now == after) {
        (true, _) => Ok(None),
        (_, true) => Ok(Some(before)),
        _ => Err("DT005"),
    }
}

impl Program {
    pub fn undo(&mut self, seq: u64, policy: usize) -> Outcome {
        let before = self.past.states[seq as usize - 1].clone();
        let after = self.past.states[seq as usize].clone();
        let mut next = self.now.clone();
        let is_redefined = self.undo_definitions(&before, &after, &mut next)?;
        if is_redefined {
            next.definitions = self.new_id().into();
            if !next.has_own_names() {
                return Err("42P07");
            }
            next.check_whole()?;
        }
        let names: BTreeSet<&String> = before.tags.keys().chain(after.tags.keys()).collect();
        for name in names {
            let states = [&before, &after, &self.now].map(|state| state.tags.get(name).copied());
            if let Some(wanted) = reversed(states)? {
                match wanted {
                    Some(seq) => next.tags.insert(name.clone(), seq),
                    None => next.tags.remove(name),
                };
                next.tagged = self.new_id().into();
            }
        }
        let ids = before
            .tables
            .iter()
            .chain(&after.tables)
            .map(|table| table.id);
        let ids: BTreeSet<u32> = ids.collect();
        for id in &ids {
            let gone = [&after, &self.now].map(|state| state.by_id(*id));
            if let ([Some(after), Some(now)], None) = (gone, next.by_id(*id)) {
                let is_other = |(row, values): (&u64, _)| {
                    after
                        .rows
                        .get(row)
                        .is_none_or(|own| after.values(own) != now.values(values))
                };
                if policy < 2 && now.rows.iter().any(is_other) {
                    return Err("DT005");
                }
            }
        }
        let mut refused = String::new();
        for id in ids {
            let states = [&before, &after, &self.now].map(|state| state.by_id(id));
            match undo_rows(states, next.by_id_mut(id), policy) {
                Ok(()) => {}
                Err(state) => refused += state,
            }
        }
        if refused.contains("DT005") || refused.contains("22P02") {
            return Err("DT005 22P02");
        }
        for table in &next.tables {
            let known = self.now.by_id(table.id);
            let has_other = known.is_none_or(|known| known.foreign != table.foreign);
            let mut keys = table
                .foreign
                .iter()
                .filter(|key| !key.deferred && has_other);
            if table.is_unique() && keys.any(|key| !next.leads(table.id, key)) {
                return Err("23503 23505");
            }
        }
        Ok(next)
    }

    fn undo_definitions(
        &self,
        before: &State,
        after: &State,
        next: &mut State,
    ) -> Result<bool, &'static str> {
        let all = [before, after, &self.now];
        let mut is_redefined = false;
        let tables = before.tables.iter().chain(&after.tables);
        for id in tables.map(|table| table.id).collect::<BTreeSet<u32>>() {
            let own = all.map(|state| state.by_id(id));
            if own[0].map(definition) == own[1].map(definition) {
                continue;
            }
            is_redefined = true;
            if own[1].map(meaning) != own[2].map(meaning) {
                return Err("DT005");
            }
            let made = own[0].map(|table| again(table, self.past.last_of(id, &self.now)));
            let rows = own[2].map(|table| table.rows.clone()).unwrap_or_default();
            next.tables.retain(|table| table.id != id);
            next.tables
                .extend(made.map(|table| Table { rows, ..table }));
        }
        let views = before.views.iter().chain(&after.views);
        for number in views.map(|view| view.definition).collect::<BTreeSet<u64>>() {
            let of = |state: &State| {
                state
                    .views
                    .iter()
                    .find(|view| view.definition == number)
                    .cloned()
            };
            if let Some(wanted) = reversed(all.map(of))? {
                is_redefined = true;
                next.views.retain(|view| view.definition != number);
                next.views.extend(wanted);
            }
        }
        let views = before.materialized.iter().chain(&after.materialized);
        for number in views
            .map(|kept| kept.view.definition)
            .collect::<BTreeSet<u64>>()
        {
            let of = |state: &State| {
                state
                    .materialized
                    .clone()
                    .filter(|kept| kept.view.definition == number)
            };
            let view = |state: &State| of(state).map(|kept| kept.view);
            if let Some(wanted) = reversed(all.map(view))? {
                is_redefined = true;
                next.materialized
                    .take_if(|kept| kept.view.definition == number);
                if wanted.is_some() && next.materialized.is_some() {
                    return Err("42P07");
                }
                if wanted.is_some() {
                    next.materialized = of(before);
                }
            }
        }
        Ok(is_redefined)
    }
}

impl State {
    fn check_whole(&self) -> Result<(), &'static str> {
        let has = |table: u32, column: u32| {
            self.by_id(table)
                .is_some_and(|table| table.column(column).is_some())
        };
        let kept = self.materialized.iter().map(|kept| &kept.view);
        let views = self
            .views
            .iter()
            .chain(kept)
            .all(|view| has(view.table, view.column));
        let mut keys = self.tables.iter().flat_map(|table| &table.foreign);
        match views && keys.all(|key| self.by_id(key.table).is_some()) {
            true => Ok(()),
            false => Err("2BP01"),
        }
    }
}

type Values = Option<Vec<Cell>>;

/// The rows of one table, which has become what it is to be.
fn undo_rows(
    [before, after, now]: [Option<&Table>; 3],
    to: Option<&mut Table>,
    policy: usize,
) -> Result<(), &'static str> {
    let is_redefined = before.map(definition) != after.map(definition);
    let Some(known) = before.or(after) else {
        return Ok(());
    };
    let touched = |id: &u64| {
        let start = |table: Option<&Table>| Some(table?.rows.get(id)?.start);
        start(before) != start(after)
    };
    let rows = |table: Option<&Table>| {
        table
            .map(|table| table.rows.keys().copied().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let mut ids: BTreeSet<u64> = rows(before)
        .into_iter()
        .chain(rows(after))
        .filter(touched)
        .collect();
    if !is_redefined {
        if ids.is_empty() {
            return Ok(());
        }
        if now.map(shape) != Some(shape(known)) {
            return Err("DT005");
        }
    }
    let Some(to) = to else { return Ok(()) };
    let is_back = now.is_some_and(|now| gives_back(now, to));
    if now.is_some_and(|now| shape(now) != shape(to)) {
        ids.extend(rows(now));
    }
    let sides = [before, after, now];
    let mut is_again = false;
    for id in ids {
        let states =
            sides.map(|table| table.and_then(|table| Some(table.values(table.rows.get(&id)?))));
        let held = to.rows.get(&id).map(|row| to.values(row));
        let (wanted, conflict) = had_not_been(sides, &states, &held, to, policy)?;
        is_again |= conflict;
        put(to, id, wanted, is_back);
    }
    match is_again {
        true => Err("DT005"),
        false => Ok(()),
    }
}

/// What a row were had a commit not been, and whether that is not to be done, as it changed again since.
fn had_not_been(
    [old, new, _]: [Option<&Table>; 3],
    [before, after, now]: &[Values; 3],
    held: &Values,
    to: &Table,
    policy: usize,
) -> Result<(Values, bool), &'static str> {
    let place = |table: Option<&Table>, column: &Column| {
        let columns = &table?.columns;
        let same = columns.iter().position(|own| own.id == column.id);
        let at = same.or_else(|| columns.iter().position(|own| own.is_kin(column)))?;
        Some((
            at,
            columns[at].id == column.id && columns[at].kind == column.kind,
        ))
    };
    // A row that comes back has what the column gives.
    let held_at = |at: usize| match held {
        Some(held) => held[at].clone(),
        None => to.columns[at].default.clone(),
    };
    let passed = |table: Option<&Table>, values: &Values| -> Result<Values, &'static str> {
        let Some(values) = values else {
            return Ok(None);
        };
        let columns = to.columns.iter().enumerate();
        let cells = columns.map(|(at, column)| match place(table, column) {
            Some((from, true)) => Ok(values[from].clone()),
            Some((from, false)) => cast(values[from].clone(), column.kind),
            None => Ok(held_at(at)),
        });
        cells.collect::<Result<Vec<Cell>, _>>().map(Some)
    };
    let is_forced = policy == 2;
    let is_whole = before.is_some() != after.is_some();
    if is_whole || now.is_none() {
        let differs =
            |column: &Column| match (place(old, column), place(new, column), before, after) {
                (Some((old, true)), Some((new, true)), Some(before), Some(after)) => {
                    before[old] != after[new]
                }
                _ => false,
            };
        if !is_whole && !to.columns.iter().any(differs) {
            return Ok((None, false));
        }
        let was = passed(old, before)?;
        if now == after || is_forced || was == *held {
            return Ok((was, false));
        }
        return Ok((passed(new, now)?, policy == 0));
    }
    let Some(now) = now else {
        return Ok((None, false));
    };
    let (mut cells, mut conflict) = (Vec::new(), false);
    for (at, column) in to.columns.iter().enumerate() {
        let (from, by) = (place(old, column), place(new, column));
        let stays = || match by {
            Some((by, true)) => Ok(now[by].clone()),
            Some((by, false)) => cast(now[by].clone(), column.kind),
            None => Ok(held_at(at)),
        };
        let cell = match (from, by, before, after) {
            (Some((from, _)), None, Some(before), _) => before[from].clone(),
            (Some((from, _)), Some((by, same)), Some(before), Some(after)) => {
                let is_as_it_was = same && (before[from] == after[by] || now[by] == before[from]);
                if !is_as_it_was && (now[by] == after[by] || is_forced) {
                    before[from].clone()
                } else {
                    conflict |= !is_as_it_was && policy == 0;
                    stays()?
                }
            }
            _ => stays()?,
        };
        cells.push(cell);
    }
    // What has no place any more.
    for (at, column) in new
        .into_iter()
        .flat_map(|new| new.columns.iter().enumerate())
    {
        let is_lost = match after {
            Some(after) => after[at] != now[at],
            None => now[at].is_some(),
        };
        let goes_on = to
            .columns
            .iter()
            .any(|own| place(new, own).is_some_and(|(from, _)| from == at));
        conflict |= is_lost && !goes_on && !is_forced && column.id != 0;
    }
    Ok((Some(cells), conflict))
}
