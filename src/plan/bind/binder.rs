//! What binding one statement knows and collects.

use super::Parameters;
use super::alter::altered;
use super::dependent::Dependent;
use super::name;
use super::outer::Levels;
use super::share::inline_single;
use super::times::Times;
use super::view::Noted;
use super::with::{CommonTable, Shared};
use crate::error::{Code, Error, Result};
use crate::plan::{Node, OutputColumn, Plan, TimeSlot};
use crate::sql::{Statement, Syntax};
use crate::table::Catalog;
use crate::types::{
    CatalogName, DataType, OnCommit, RelationKind, TEMPORARY, TableId, TableSchema, ViewUse,
    catalog_name,
};
use sqlparser::ast::{Ident, ObjectName};
use std::borrow::Cow;
use std::rc::Rc;

/// A table has no more columns than this, and a query yields no more.
pub const COLUMNS_MAX: usize = 2_000;
/// A statement reads from no more tables and subqueries than this: a plan is as deep as its joins.
const TABLES_MAX: usize = 64;
/// The same of subqueries that see the rows around them, and of windows with a partition and order of their own: each
/// stands above the others in the plan. Twice as many overflowed half a megabyte of stack in WebAssembly.
const LEVELS_MAX: usize = 64;

pub struct Binder<'a> {
    pub statement: &'a Statement,
    pub times: &'a Times,
    pub parameters: &'a mut Parameters,
    /// The subqueries bound so far.
    pub subplans: Vec<Node>,
    /// The next WITH is that of the statement: what is in it may write.
    pub at_top: bool,
    /// The next SELECT may say INTO.
    pub into_at_top: bool,
    /// How many of them are being bound, each while another is.
    pub common_tables_bound: usize,
    /// Those of the subplans that are read as tables.
    pub shared: Vec<Shared>,
    /// How many recursive queries there are.
    pub recursions: usize,
    /// The queries around the one being bound.
    pub outer: Levels,
    /// Those of the levels from here on are tables of the FROM that is being bound.
    pub from_level: usize,
    /// The subqueries that have no place in the tree yet.
    pub dependents: Vec<Dependent>,
    /// How many columns subqueries have yielded.
    pub results: usize,
    /// The queries of WITH that can be seen, the nearest last.
    pub common_tables: Vec<Rc<CommonTable<'a>>>,
    /// The slot of the first temporal clause of the text being bound.
    pub first_clause: usize,
    /// Which of its own a table has taken.
    pub claimed: Vec<bool>,
    /// When tables without a clause are read: a view, a subquery in FROM or one of WITH may have one.
    pub time: TimeSlot,
    /// What the names in the view mean that is being read.
    pub seen: Option<&'a [ViewUse]>,
    /// What the view that is being made reads.
    pub noted: Option<Vec<Noted>>,
    /// How deep the statement is nested, with the views around it.
    pub nesting: usize,
    /// How many tables and subqueries stand in FROMs so far.
    pub tables: usize,
    /// How many subqueries and windows stand above each other elsewhere.
    pub levels: usize,
}

impl<'a> Binder<'a> {
    pub fn new(statement: &'a Statement, times: &'a Times, parameters: &'a mut Parameters) -> Self {
        Binder {
            statement,
            times,
            parameters,
            subplans: Vec::new(),
            at_top: false,
            into_at_top: false,
            common_tables_bound: 0,
            shared: Vec::new(),
            recursions: 0,
            outer: Levels::default(),
            from_level: 0,
            dependents: Vec::new(),
            results: 0,
            common_tables: Vec::new(),
            first_clause: 0,
            time: (statement.temporal.whole).map_or(TimeSlot::Present, TimeSlot::Clause),
            seen: None,
            noted: None,
            nesting: statement.nesting,
            claimed: vec![false; statement.temporal.clauses.len()],
            tables: 0,
            levels: 0,
        }
    }

    pub fn catalog(&self) -> &'a Catalog {
        &self.times.catalogs[0]
    }

    /// Binds the statement; gives the plan and the columns of its result.
    pub fn bind(mut self) -> Result<(Plan, Vec<OutputColumn>)> {
        let statement = self.statement;
        let mut bound = self.bind_syntax(&statement.syntax)?;
        self.refuse_since(0)?;
        inline_single(&mut bound.0, &self.shared);
        let unclaimed = self.claimed.iter().position(|claimed| !claimed);
        match unclaimed.filter(|clause| Some(*clause) != statement.temporal.whole) {
            Some(clause) => Err(Error::new(
                Code::Syntax,
                "FOR SYSTEM_TIME does not follow the name of a table to read from",
            )
            .at(statement.temporal.positions[clause])),
            None => Ok(bound),
        }
    }

    fn bind_syntax(&mut self, syntax: &'a Syntax) -> Result<(Plan, Vec<OutputColumn>)> {
        if let Some(whole) = self.statement.temporal.whole
            && (!reads(syntax)
                || matches!(syntax, Syntax::Query(_) | Syntax::Declare { .. })
                    && self.statement.query_writes.is_some())
        {
            return Err(self.past_is_read_only(whole));
        }
        let plan = match syntax {
            Syntax::Query(query) => return self.bind_query_statement(query),
            Syntax::Declare { query, .. } => {
                if crate::sql::written_by(query).is_some() {
                    let message =
                        "DECLARE CURSOR must not contain data-modifying statements in WITH";
                    return Err(Error::new(Code::Unsupported, message));
                }
                return self.bind_query_statement(query);
            }
            Syntax::Insert(insert) => return self.bind_insert(insert),
            Syntax::Update(update) => return self.bind_update(update),
            Syntax::Delete(delete) => return self.bind_delete(delete),
            Syntax::Merge(merge) => self.bind_merge(merge)?,
            Syntax::Explain { analyze, statement } => {
                let (plan, _) = self.bind_syntax(statement)?;
                let plan = Plan::Explain {
                    analyze: *analyze,
                    plan: Box::new(plan),
                };
                let output = OutputColumn {
                    name: "QUERY PLAN".to_string(),
                    data_type: DataType::Text,
                };
                return Ok((plan, vec![output]));
            }
            Syntax::CreateTable(table) => self.bind_create_table(table)?,
            Syntax::CreateTableAs {
                name,
                columns,
                if_not_exists,
                temporary,
                query,
                with_data,
            } => {
                let query = (&**query, *with_data);
                self.bind_create_table_as(name, columns, query, *if_not_exists, *temporary)?
            }
            Syntax::CreateIndex(index) => self.bind_create_index(index)?,
            Syntax::CreateSequence {
                name,
                if_not_exists,
                temporary,
                options,
            } => self.bind_create_sequence(name, *if_not_exists, *temporary, options)?,
            Syntax::CreateView {
                name,
                columns,
                or_replace,
                temporary,
                query,
                check,
            } => self.bind_create_view(name, columns, (*or_replace, *temporary), query, *check)?,
            Syntax::CreateMaterializedView {
                name,
                columns,
                if_not_exists,
                with_data,
                query,
            } => self.bind_materialized_view(name, columns, *if_not_exists, *with_data, query)?,
            Syntax::Refresh { name, with_data } => self.bind_refresh(name, *with_data)?,
            Syntax::CreateSchema {
                name,
                if_not_exists,
            } => self.bind_create_schema(name, *if_not_exists)?,
            Syntax::CreateEnum { name, labels } => self.bind_create_enum(name, labels)?,
            Syntax::CreateDomain { name, column } => self.bind_create_domain(name, column)?,
            Syntax::DropTable {
                kind: kind @ (RelationKind::Enum | RelationKind::Domain),
                names,
                if_exists,
                cascade,
            } => self.bind_drop_type(*kind, names, *if_exists, *cascade)?,
            Syntax::DropTable {
                kind: RelationKind::Schema,
                names,
                if_exists,
                cascade,
            } => self.bind_drop_schema(names, *if_exists, *cascade)?,
            Syntax::DropTable {
                kind,
                names,
                if_exists,
                cascade,
            } => self.bind_drop_table(*kind, names, *if_exists, *cascade)?,
            Syntax::DropIndex { names, if_exists } => self.bind_drop_index(names, *if_exists)?,
            Syntax::Comment {
                kind,
                name,
                column,
                text,
            } => self.bind_comment(*kind, name, column.as_ref(), text.as_deref())?,
            Syntax::Restore { name, selection } => self.bind_restore(name, selection.as_deref())?,
            Syntax::RestoreAll => self.bind_restore_all()?,
            Syntax::Undo(policy) => {
                self.claimed.fill(true);
                self.bind_undo(*policy)?
            }
            Syntax::CreateTag(name) => Plan::CreateTag {
                name: name.value.clone(),
                time: (self.statement.temporal.whole).map_or(TimeSlot::Present, TimeSlot::Clause),
            },
            Syntax::DropTag { name, if_exists } => Plan::DropTag {
                name: name.value.clone(),
                if_exists: *if_exists,
            },
            Syntax::Alter(alter) => self.bind_alter(alter)?,
            Syntax::Truncate {
                names,
                restart,
                cascade,
            } => self.bind_truncate(names, *restart, *cascade)?,
            Syntax::CopyFrom(copy) => self.bind_copy_from(copy)?,
            Syntax::CopyTo {
                query,
                table,
                format,
            } => return self.bind_copy_to(query, table.as_ref(), format),
            Syntax::Maintain { command, names } => {
                for name in names {
                    let (relation, position) = self.relation(name)?;
                    if self.catalog().index(relation.as_str()).is_none() {
                        self.find_table(relation.as_str(), position, TimeSlot::Present)?;
                    }
                }
                altered(Vec::new(), command)
            }
            Syntax::Begin(modes) => Plan::Begin(*modes),
            Syntax::Session(_) => return Err(Error::unsupported("this statement here")),
            Syntax::Commit => Plan::Commit,
            Syntax::Rollback => Plan::Rollback,
            Syntax::Savepoint(name) => Plan::Savepoint(name.value.clone()),
            Syntax::Release(name) => Plan::ReleaseSavepoint(name.value.clone()),
            Syntax::RollbackTo(name) => Plan::RollbackToSavepoint(name.value.clone()),
        };
        Ok((plan, Vec::new()))
    }

    /// Counts one more table in a FROM.
    pub fn count_table(&mut self) -> Result<()> {
        self.tables += 1;
        match self.tables > TABLES_MAX {
            true => Err(Error::new(
                Code::LimitComplexity,
                format!("a statement can read from at most {TABLES_MAX} tables"),
            )),
            false => Ok(()),
        }
    }

    /// Counts subqueries that see the rows around them, or windows.
    pub fn count_levels(&mut self, more: usize) -> Result<()> {
        self.levels += more;
        match self.levels > LEVELS_MAX {
            true => Err(Error::new(
                Code::LimitComplexity,
                format!(
                    "a statement can have at most {LEVELS_MAX} windows and subqueries that see the rows around them"
                ),
            )),
            false => Ok(()),
        }
    }

    /// The time at which the table named at `position` is read.
    pub fn time_of_table(&mut self, position: u32) -> TimeSlot {
        match self.statement.temporal.of_table(position) {
            Some(clause) => {
                self.claimed[clause] = true;
                self.slot(clause)
            }
            None => self.time,
        }
    }

    pub fn slot(&self, clause: usize) -> TimeSlot {
        TimeSlot::Clause(self.first_clause + clause)
    }

    /// What a view knows a relation by that has this name in its text: what a clause stands behind may be
    /// something else, and its columns may have other names, than where none does.
    pub fn name_in_view<'n>(&self, name: &'n str, time: TimeSlot) -> Cow<'n, str> {
        let own = self.first_clause..self.first_clause + self.claimed.len();
        match time {
            TimeSlot::Clause(slot) if own.contains(&slot) => {
                // No name has such a character.
                format!("{name}\0{}", slot - self.first_clause).into()
            }
            _ => name.into(),
        }
    }

    /// The two moments of a function over the past, or twice the time at which it tells.
    pub fn times_of_function(&mut self, position: u32) -> [TimeSlot; 2] {
        let first = self.time_of_table(position);
        let own = self.statement.temporal.of_table(position);
        let second = own.and_then(|own| self.statement.temporal.second(own));
        match second {
            Some(second) => {
                self.claimed[second] = true;
                [first, self.slot(second)]
            }
            None => [first, first],
        }
    }

    /// What a table is at another time.
    pub fn table_at(&self, table: TableId, time: TimeSlot) -> Option<Rc<TableSchema>> {
        let catalog = match time {
            TimeSlot::Present => 0,
            TimeSlot::Clause(clause) => clause + 1,
        };
        self.times
            .catalogs
            .get(catalog)?
            .table_by_id(table)
            .cloned()
    }

    /// Whether a scan at that time sees at most one version of each row.
    pub fn reads_one_moment(&self, time: TimeSlot) -> bool {
        match time {
            TimeSlot::Present => true,
            TimeSlot::Clause(slot) => self.times.is_one_moment(slot),
        }
    }

    /// The table that a statement writes to.
    pub fn target(&mut self, table: &str, position: u32) -> Result<Rc<TableSchema>> {
        if let Some(clause) = self.statement.temporal.of_table(position) {
            return Err(self.past_is_read_only(clause));
        }
        let found = self.find_table(table, position, TimeSlot::Present)?;
        let message = match found.kind() {
            RelationKind::Table => return Ok(found),
            RelationKind::Sequence | RelationKind::MaterializedView => {
                format!("cannot change {} \"{table}\"", found.kind().word())
            }
            _ => format!("\"{table}\" is not a table"),
        };
        Err(Error::new(Code::WrongObjectType, message).at(position))
    }

    pub fn catalog_at(&self, time: TimeSlot) -> Result<&'a Catalog> {
        let at = match time {
            TimeSlot::Present => 0,
            TimeSlot::Clause(clause) => clause + 1,
        };
        let catalog = self.times.catalogs.get(at);
        catalog
            .map(|catalog| &**catalog)
            .ok_or_else(|| Error::new(Code::Internal, "a temporal clause has no catalog"))
    }

    /// What the catalog knows a table or index by that a name means, and its position: without a schema a temporary
    /// one, if there is such.
    pub fn relation(&self, name: &ObjectName) -> Result<(CatalogName, u32)> {
        let (relation, position) = name::relation(name)?;
        let temporary = catalog_name(Some(TEMPORARY), &relation);
        let catalog = self.times.catalogs.first().filter(|_| self.seen.is_none());
        let is_known = catalog.is_some_and(|catalog| {
            catalog.table(&temporary).is_some() || catalog.index(&temporary).is_some()
        });
        if !is_known && name.0.len() == 1 && self.seen.is_none() {
            return Ok((self.on_path(relation, position)?, position));
        }
        match is_known && name.0.len() == 1 {
            true => Ok((temporary, position)),
            false => Ok((relation, position)),
        }
    }

    /// What a name without a schema means where names are not looked for in `public`.
    fn on_path(&self, relation: CatalogName, position: u32) -> Result<CatalogName> {
        let Some((catalog, path)) = self
            .times
            .catalogs
            .first()
            .and_then(|c| Some((c, c.path()?)))
        else {
            return Ok(relation);
        };
        let found = path.iter().find_map(|schema| {
            let other = Some(schema.as_str()).filter(|schema| *schema != "public");
            let key = catalog_name(other, &relation);
            let is_known = catalog.table(&key).is_some() || catalog.index(&key).is_some();
            is_known.then_some(key)
        });
        match found {
            Some(found) => Ok(found),
            None => {
                let message = format!("relation \"{relation}\" does not exist");
                match catalog.table(&relation).is_some() || catalog.index(&relation).is_some() {
                    true => Err(Error::new(Code::UndefinedTable, message).at(position)),
                    false => Ok(relation),
                }
            }
        }
    }

    /// The name in a text as it is meant where names are not looked for in `public`: with its schema.
    pub fn text_on_path(&self, text: &str) -> Result<String> {
        if self.catalog().path().is_none() || text.contains(['.', '"']) {
            return Ok(text.to_string());
        }
        let name = ObjectName::from(Ident::new(text.to_ascii_lowercase()));
        self.relation(&name).map(|(found, _)| found.to_string())
    }

    /// The schema of a relation that is yet to be made, and its position.
    pub fn new_table(
        &self,
        name: &ObjectName,
        temporary: Option<OnCommit>,
    ) -> Result<(TableSchema, u32)> {
        match temporary {
            Some(_) => name::new_temporary(name),
            None => name::new_relation(self.catalog(), name),
        }
    }

    /// The schema of a table as it was at the time.
    pub fn find_table(&self, name: &str, position: u32, time: TimeSlot) -> Result<Rc<TableSchema>> {
        let catalog = self.catalog_at(time)?;
        let found = match self.seen {
            None => catalog.table(name),
            Some(seen) => {
                let name = self.name_in_view(name, time);
                let used = seen.iter().find(|used| used.name == name);
                used.and_then(|used| catalog.table_by_id(used.table))
            }
        };
        match found {
            Some(table) => Ok(table.clone()),
            None if name.starts_with("pg_temp.") && time != TimeSlot::Present => {
                Err(Error::unsupported("a moment of a temporary table").at(position))
            }
            None => Err(missing_relation(name, time).at(position)),
        }
    }

    pub fn past_is_read_only(&self, clause: usize) -> Error {
        Error::new(Code::ReadOnly, "the past cannot be changed")
            .at(self.statement.temporal.positions[clause])
    }
}

/// Whether a bare AS OF has something to hold for.
fn reads(syntax: &Syntax) -> bool {
    match syntax {
        Syntax::Query(_) | Syntax::Declare { .. } | Syntax::CopyTo { .. } => true,
        Syntax::Insert(insert) => insert.source.as_ref().is_some_and(|source| {
            !matches!(source.body.as_ref(), sqlparser::ast::SetExpr::Values(_))
        }),
        Syntax::CreateTableAs { .. }
        | Syntax::CreateView { .. }
        | Syntax::CreateMaterializedView { .. }
        | Syntax::CreateTag(_)
        | Syntax::Restore { .. }
        | Syntax::RestoreAll => true,
        Syntax::Explain { statement, .. } => reads(statement),
        _ => false,
    }
}

fn missing_relation(name: &str, time: TimeSlot) -> Error {
    let error = Error::new(
        Code::UndefinedTable,
        format!("relation \"{name}\" does not exist"),
    );
    match time {
        TimeSlot::Present => error,
        TimeSlot::Clause(_) => error.with_detail("It did not exist at that moment."),
    }
}
