//! Definitions of before: the steps by which relations become what they were, and the catalog that is then.

use super::binder::Binder;
use super::times::Times;
use crate::commit::CatalogChange;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::plan::{
    AlterStep, Fate, Passage, PastCall, PastFunction, Plan, Restore, Rules, Target, TimeSlot,
};
use crate::table::{Catalog, mentions};
use crate::types::SortedSet;
use crate::types::{ColumnSchema, DataType, RelationKind, TableId, TableSchema};
use std::rc::Rc;

/// From the catalog as it is to another.
pub struct Way {
    pub steps: Vec<AlterStep>,
    /// What is to be done when the rows have been written: keys that were not unique meanwhile.
    pub last: Vec<AlterStep>,
    pub catalog: Catalog,
}

impl Way {
    pub fn new(now: &Catalog) -> Way {
        Way {
            steps: Vec::new(),
            last: Vec::new(),
            catalog: now.clone(),
        }
    }

    pub fn drop(&mut self, id: TableId) -> Result<()> {
        self.steps.push(AlterStep::DropTable(id));
        self.catalog.change(&CatalogChange::DropTable(id))
    }

    /// Gives relations these definitions, in an order in which each name is free when it is taken. What stood in a
    /// circle of names is moved out of it.
    pub fn define(&mut self, mut wanted: Vec<TableSchema>) -> Result<()> {
        let mut moved = SortedSet::new();
        for schema in &mut wanted {
            let Some(now) = self.catalog.table_by_id(schema.id) else {
                continue;
            };
            let is_known = |id| now.index(id).is_some();
            if schema.indexes.iter().all(|index| is_known(index.id)) {
                continue;
            }
            self.last.push(redefine(schema.clone(), false));
            schema.indexes.retain(|index| is_known(index.id));
            schema.primary_key = schema.primary_key.filter(|id| is_known(*id));
        }
        while !wanted.is_empty() {
            let (count, mut refused, mut left) = (wanted.len(), None, Vec::new());
            for schema in wanted {
                match self.try_define(&schema) {
                    Ok(()) => {}
                    Err(error) => {
                        refused = refused.or(Some(error));
                        left.push(schema);
                    }
                }
            }
            wanted = left;
            if let Some(error) = refused.filter(|_| wanted.len() == count) {
                let mut those = wanted.iter().map(|schema| schema.id);
                let next =
                    those.find(|id| self.catalog.table_by_id(*id).is_some() && moved.insert(*id));
                let next = next.and_then(|id| self.catalog.table_by_id(id));
                let mut away = TableSchema::clone(next.ok_or(error)?);
                let suffix = format!(" {}", away.id);
                let indexes = away.indexes.iter_mut().map(|index| &mut index.name);
                indexes
                    .chain([&mut away.name])
                    .for_each(|name| name.push_str(&suffix));
                self.try_define(&away)?;
            }
        }
        for step in &self.last {
            if let AlterStep::Redefine { schema, .. } = step {
                self.catalog
                    .change(&CatalogChange::AlterTable(schema.clone()))?;
            }
        }
        Ok(())
    }

    fn try_define(&mut self, schema: &TableSchema) -> Result<()> {
        let change = match self.catalog.table_by_id(schema.id) {
            Some(_) => CatalogChange::AlterTable(schema.clone()),
            None => CatalogChange::CreateTable(schema.clone()),
        };
        let mut next = self.catalog.clone();
        next.change(&change)?;
        self.catalog = next;
        let known = self.steps.iter().any(|step| matches!(step, AlterStep::Redefine { schema: known, .. } if known.id == schema.id));
        self.steps.push(redefine(schema.clone(), !known));
        Ok(())
    }

    /// What a statement reads, with what the way leads to in the place of the present.
    pub fn times(&self, of: &Binder) -> Times {
        let mut catalogs = of.times.catalogs.clone();
        catalogs[0] = Rc::new(self.catalog.clone());
        Times::new(
            &of.statement.temporal,
            &catalogs,
            of.times.functions.clone(),
        )
    }

    /// That nothing leads to what is not there, but may be in the other catalogs.
    pub fn check_whole(&self, others: &[&Catalog]) -> Result<()> {
        let catalog = &self.catalog;
        for own in catalog.tables() {
            let is_there = |id: TableId| catalog.table_by_id(id).is_some();
            let lacks = |id: TableId| {
                let mut all = [catalog].into_iter().chain(others.iter().copied());
                let other = all.find_map(|catalog| catalog.table_by_id(id));
                let other = other.map(|other| format!("{} {}", other.kind().word(), other.name));
                let needs = other.unwrap_or_else(|| "what is not there".to_string());
                let (kind, name) = (own.kind().word(), &own.name);
                let message =
                    format!("{kind} {name} needs {needs}, which would be gone or another");
                Err(Error::new(Code::DependentObjects, message))
            };
            let uses = own.view.iter().flat_map(|view| &view.uses);
            // What it reads at a moment of its own is there.
            for used in uses.filter(|used| !used.name.contains('\0')) {
                let table = catalog.table_by_id(used.table);
                let has = |table: &TableSchema| {
                    let mut columns = used.columns.iter();
                    columns.all(|(id, _)| table.position(*id).is_some())
                };
                if !table.is_some_and(|table| has(table)) {
                    return lacks(used.table);
                }
            }
            if let Some(missing) = mentions(own).into_iter().find(|id| !is_there(*id)) {
                return lacks(missing);
            }
            for key in &own.foreign_keys {
                let parent = catalog.table_by_id(key.table);
                if parent.is_none_or(|parent| parent.unique_key(&key.referenced).is_none()) {
                    return lacks(key.table);
                }
            }
            for column in &own.columns {
                let held = column.data_type.element().unwrap_or(column.data_type);
                let named = match held {
                    DataType::Enum(named) => Some(named.id),
                    _ => None,
                };
                let sequence = column.identity.as_ref().map(|identity| identity.sequence);
                let mut needed = [named, column.domain, sequence].into_iter().flatten();
                if let Some(missing) = needed.find(|id| !is_there(*id)) {
                    return lacks(missing);
                }
            }
            let owner = own.sequence.as_ref().and_then(|sequence| sequence.owner);
            if let Some((table, column)) = owner
                && catalog
                    .table_by_id(table)
                    .is_none_or(|table| table.position(column).is_none())
            {
                return lacks(table);
            }
            let schema = own.schema.as_deref();
            if let Some(schema) =
                schema.filter(|name| !own.is_temporary() && !catalog.has_schema(name))
            {
                let message = format!("schema \"{schema}\" does not exist");
                return Err(Error::new(Code::UndefinedSchema, message));
            }
        }
        Ok(())
    }
}

pub fn statement(plan: Plan) -> AlterStep {
    AlterStep::Statement(Box::new(plan))
}

fn redefine(schema: TableSchema, first: bool) -> AlterStep {
    AlterStep::Redefine { schema, first }
}

/// What the way that a table goes does to it.
pub fn fate(now: Option<&TableSchema>, then: &TableSchema) -> Fate {
    let shape = |table: &TableSchema| {
        let columns = table.columns.iter();
        columns
            .map(|column| (column.id, column.data_type))
            .collect::<Vec<_>>()
    };
    match now {
        Some(now) if now == then => Fate::Kept,
        Some(now) if then.columns.iter().any(|own| is_retyped(now, own)) => Fate::Retyped,
        Some(now) if shape(now) != shape(then) => Fate::Reshaped,
        _ => Fate::Redefined,
    }
}

/// Whether rows may hold a column's value in another one, or another than its type would print.
fn is_retyped(now: &TableSchema, column: &ColumnSchema) -> bool {
    match now.position(column.id).map(|at| now.columns[at].data_type) {
        // Numbers are the same with other scales.
        Some(held) => held != column.data_type && matches!(held, DataType::Numeric(_)),
        None => {
            let mut dropped = now.dropped.iter();
            dropped.any(|old| old.id == column.id && old.replaced_by.is_some())
        }
    }
}

impl Binder<'_> {
    /// How the rows of a table become what they were, with what they have to satisfy then.
    pub fn part(
        &mut self,
        function: PastFunction,
        tables: [Option<Rc<TableSchema>>; 2],
        times: [TimeSlot; 2],
        (table, fate): (Rc<TableSchema>, Fate),
    ) -> Result<Restore> {
        let (mut rules, mut passages) = (Rc::new(Rules::default()), [Vec::new(), Vec::new()]);
        if fate != Fate::Dropped {
            rules = self.rules_of_old(&table)?;
            // A kept table has the columns of before a commit that is undone, or that is an error.
            let is_same = fate == Fate::Kept && function != PastFunction::Restore;
            for (from, passage) in tables.iter().zip(&mut passages) {
                let from = from.as_ref().filter(|_| !is_same).unwrap_or(&table);
                *passage = self::passage(from, &table)?;
            }
        }
        let given = self.given(&table, &passages, &rules)?;
        // The row, what is to become of it, and its new values.
        let own = table.columns.iter().map(|column| column.data_type);
        let types = [DataType::BigInt; 2].into_iter().chain(own).collect();
        Ok(Restore {
            rules,
            call: Rc::new(PastCall {
                function,
                tables,
                times,
                types,
                retyped: None,
                target: Some(Target {
                    table: table.clone(),
                    passages,
                    given,
                    fate,
                }),
            }),
            table,
            condition: Vec::new(),
        })
    }

    /// What the columns get in rows that never had them.
    fn given(
        &mut self,
        table: &TableSchema,
        passages: &[Passage; 2],
        rules: &Rules,
    ) -> Result<Vec<Expr>> {
        let mut given = vec![Expr::null(); table.columns.len()];
        for (at, column) in table.columns.iter().enumerate() {
            let lacks = |passage: &Passage| passage.get(at).is_some_and(Option::is_none);
            if passages.iter().any(lacks) {
                given[at] = self.default_of(column)?;
            }
        }
        for (at, value) in &rules.generated {
            given[*at] = value.clone();
        }
        Ok(given)
    }

    /// That the defaults of a table still mean something.
    pub fn check_defaults(&mut self, table: &TableSchema) -> Result<()> {
        match table.kind() {
            RelationKind::Table => table
                .columns
                .iter()
                .try_for_each(|column| self.default_of(column).map(drop)),
            _ => Ok(()),
        }
    }
}

/// Where the values of a table's rows go when it is another.
fn passage(from: &TableSchema, to: &TableSchema) -> Result<Passage> {
    let columns = to.columns.iter().map(|column| {
        let same = from.position(column.id);
        let is_other =
            |own: &TableSchema, taken, by| own.replaced(by).iter().any(|old| old.id == taken);
        let other = || {
            let mut others = from.columns.iter();
            others.position(|own| {
                is_other(to, own.id, column.id) || is_other(from, column.id, own.id)
            })
        };
        let Some(at) = same.or_else(other) else {
            return Ok(None);
        };
        let held = from.columns[at].data_type;
        if same.is_some() && held == column.data_type {
            return Ok(Some((at, None)));
        }
        let value = |context| expr::coerce_to(Expr::column(at, held), column.data_type, context);
        let cast = value(CastContext::Assignment).or_else(|_| value(CastContext::Explicit));
        let cast = cast.or_else(|_| {
            let text = expr::coerce_to(
                Expr::column(at, held),
                DataType::Text,
                CastContext::Explicit,
            )?;
            expr::coerce_to(text, column.data_type, CastContext::Explicit)
        });
        Ok(Some((at, Some(cast?))))
    });
    columns.collect()
}
