//! Views: their definition, and the query that stands in the place of one that is read.
//!
//! A view is kept as its text. Beside it stands what the names in it meant when it was made: which relation
//! each is, by id, and which columns of that the query used. The text is bound anew at each reading, at
//! the moment of the reading, and sees nothing but these, under the names of then. So `*` and NATURAL mean what
//! they meant, whatever is renamed or added, and what would be missing cannot be dropped.

use super::assign::Untyped;
use super::binder::Binder;
use super::create_as::column_of;
use super::scope::ScopeColumn;
use super::{alter, name};
use crate::error::{Code, Error, Result};
use crate::plan::{AlterStep, CreateTableAs, Node, OutputColumn, Plan, Query, TimeSlot};
use crate::sql::{self, Lifting, Source, Syntax};
use crate::types::{
    ColumnId, ColumnSchema, OnCommit, RelationKind, TableId, TableSchema, ViewSchema, ViewUse,
};
use sqlparser::ast::{self, Ident};
use std::cell::Cell;
use std::rc::Rc;

/// How deep parentheses may stand in each other in a statement and the views that it reads through each other.
const NESTING_MAX: usize = 40;

/// A relation that the view being made reads.
pub struct Noted {
    name: String,
    table: TableId,
    /// Whether each column was used.
    columns: Vec<(ColumnId, String, Rc<Cell<bool>>)>,
}

impl<'a> Binder<'a> {
    pub fn bind_create_view(
        &mut self,
        view: &ast::ObjectName,
        names: &[Ident],
        (or_replace, temporary): (bool, bool),
        query: &'a ast::Query,
        check: Option<bool>,
    ) -> Result<Plan> {
        let (_, output, definition) = self.definition_of_view(names, query)?;
        // What reads one that is temporary is temporary, too.
        let temporary = temporary || definition.uses.iter().any(|used| used.table.is_temporary());
        let (made, position) = self.new_table(view, temporary.then(OnCommit::default))?;
        let view_name = &made.name;
        let known = self.catalog().table(&made.key()).cloned();
        let known = known.filter(|_| or_replace);
        match &known {
            Some(known) if known.kind() != RelationKind::View => {
                let message = format!("\"{view_name}\" is not a view");
                return Err(Error::new(Code::WrongObjectType, message).at(position));
            }
            Some(_) => {}
            None => {
                let other = TableSchema {
                    schema: made.schema.clone(),
                    ..TableSchema::default()
                };
                super::indexes::check_free(self.catalog(), &other, view_name)
                    .map_err(|error| error.at(position))?;
            }
        }
        let view = ViewSchema {
            is_checked: check.is_some(),
            checks_local: check == Some(true),
            ..definition
        };
        let mut schema = TableSchema {
            view: Some(view),
            ..known.as_deref().cloned().unwrap_or(made)
        };
        if check.is_some() {
            let written = self.through(&schema, TimeSlot::Present, "update");
            written.map_err(|error| match error.code() {
                Code::NotInPrerequisiteState => Error::new(
                    Code::Unsupported,
                    "WITH CHECK OPTION is supported only on automatically updatable views",
                ),
                _ => error,
            })?;
        }
        match known {
            None => {
                schema.columns = columns_of(&output)?;
                schema.next_column = ColumnId(output.len() as u32);
                Ok(Plan::CreateTable {
                    schema,
                    sequences: Vec::new(),
                    if_not_exists: false,
                    on_commit: OnCommit::default(),
                })
            }
            Some(_) => {
                self.check_acyclic(&schema)?;
                replace_columns(&mut schema, columns_of(&output)?)?;
                let step = AlterStep::Table(schema);
                Ok(alter::altered(vec![step], "CREATE VIEW"))
            }
        }
    }

    pub fn bind_materialized_view(
        &mut self,
        view: &ast::ObjectName,
        names: &[Ident],
        if_not_exists: bool,
        with_data: bool,
        query: &'a ast::Query,
    ) -> Result<Plan> {
        let (mut schema, position) = name::new_relation(self.catalog(), view)?;
        if self.catalog().table(&schema.key()).is_some() && !if_not_exists {
            let message = format!("relation \"{}\" already exists", schema.name);
            return Err(Error::new(Code::DuplicateTable, message).at(position));
        }
        let (root, output, view) = self.definition_of_view(names, query)?;
        if view.uses.iter().any(|used| used.table.is_temporary()) {
            let message = "materialized views must not use temporary tables or views";
            return Err(Error::new(Code::Unsupported, message));
        }
        for (at, column) in output.iter().enumerate() {
            let column = column_of(at, column, &schema)?;
            schema.columns.push(column);
        }
        schema.next_column = ColumnId(output.len() as u32);
        schema.view = Some(ViewSchema {
            is_materialized: true,
            is_populated: with_data,
            ..view
        });
        let query = self.rows_to_keep(with_data, root, output);
        Ok(Plan::CreateTableAs(Box::new(CreateTableAs {
            schema,
            if_not_exists,
            on_commit: OnCommit::default(),
            refresh: false,
            query,
        })))
    }

    pub fn bind_refresh(&mut self, view: &ast::ObjectName, with_data: bool) -> Result<Plan> {
        let (name, position) = self.relation(view)?;
        let found = self.find_table(&name, position, TimeSlot::Present)?;
        let mut schema = TableSchema::clone(&found);
        let view = match &mut schema.view {
            Some(view) if view.is_materialized => view,
            _ => {
                let message = format!("\"{name}\" is not a materialized view");
                return Err(Error::new(Code::Unsupported, message).at(position));
            }
        };
        view.is_populated = with_data;
        let (sql, uses) = (view.sql.clone(), view.uses.clone());
        let rows = self.rows_of_query(&sql, &name, Some(&uses), TimeSlot::Present);
        let (root, output) = rows.map_err(|error| error.moved_to(position))?;
        // A function of the host in it may have become another one.
        let mut columns = schema.columns.iter().zip(&output);
        if columns.any(|(column, now)| column.data_type != now.data_type) {
            let message = format!("the query of \"{name}\" answers other types now");
            return Err(Error::new(Code::DatatypeMismatch, message).at(position));
        }
        let query = self.rows_to_keep(with_data, root, output);
        Ok(Plan::CreateTableAs(Box::new(CreateTableAs {
            schema,
            if_not_exists: false,
            on_commit: OnCommit::default(),
            refresh: true,
            query,
        })))
    }

    /// The rows that a materialized view or a new table gets.
    pub fn rows_to_keep(
        &mut self,
        with_data: bool,
        root: Node,
        output: Vec<OutputColumn>,
    ) -> Query {
        let mut query = Query {
            subplans: std::mem::take(&mut self.subplans),
            root,
            output,
        };
        if !with_data {
            query.subplans.clear();
            self.shared.clear();
            query.root = Node::Values {
                types: query.root.types(),
                rows: Vec::new(),
            };
        }
        query
    }

    /// The columns of a view, and what is kept of it.
    fn definition_of_view(
        &mut self,
        names: &[Ident],
        query: &'a ast::Query,
    ) -> Result<(Node, Vec<OutputColumn>, ViewSchema)> {
        if self.statement.parameters > 0 {
            let message = "there is no parameter $1";
            return Err(Error::new(Code::UndefinedParameter, message));
        }
        if let Some(what) = self.statement.query_writes {
            return Err(Error::unsupported(format!("{what} in a view")));
        }
        self.noted = Some(Vec::new());
        let (node, mut output) = self.query(query, Untyped::Text)?;
        if names.len() > output.len() {
            let message = "CREATE VIEW specifies more column names than columns";
            return Err(Error::new(Code::Syntax, message));
        }
        for (column, name) in output.iter_mut().zip(names) {
            column.name.clone_from(&name.value);
        }
        let noted = self.noted.take().unwrap_or_default();
        let view = ViewSchema {
            sql: self.with_ids(&self.statement.texts.query, false)?,
            uses: noted.into_iter().map(Noted::finish).collect(),
            ..ViewSchema::default()
        };
        Ok((node, output, view))
    }

    /// An error if a view reads itself through others.
    fn check_acyclic(&self, schema: &TableSchema) -> Result<()> {
        let read = |schema: &TableSchema| -> Vec<TableId> {
            let uses = schema.view.iter().flat_map(|view| &view.uses);
            uses.map(|used| used.table).collect()
        };
        let mut all = read(schema);
        let mut next = 0;
        while let Some(table) = all.get(next).copied() {
            next += 1;
            if table == schema.id {
                let message = format!(
                    "infinite recursion detected in rules for relation \"{}\"",
                    schema.name
                );
                return Err(Error::new(Code::InvalidObjectDefinition, message));
            }
            let others = self.catalog().table_by_id(table).map(|other| read(other));
            for other in others.into_iter().flatten() {
                if !all.contains(&other) {
                    all.push(other);
                }
            }
        }
        Ok(())
    }

    /// The rows of a view at a time.
    pub fn rows_of_view(
        &mut self,
        schema: &TableSchema,
        view: &ViewSchema,
        time: TimeSlot,
    ) -> Result<(Node, TableSchema)> {
        let (node, output) = self.rows_of_query(&view.sql, &schema.name, Some(&view.uses), time)?;
        match output.len() == schema.columns.len() {
            true => {
                // Over a range of moments a column may be of another type than at one of them.
                let mut schema = schema.clone();
                for (column, output) in schema.columns.iter_mut().zip(&output) {
                    column.data_type = output.data_type;
                }
                Ok((node, schema))
            }
            false => {
                // A moment in its text that moves may come to one before the column was added.
                let message = format!("a column of view \"{}\" did not exist then", schema.name);
                Err(Error::new(Code::UndefinedColumn, message))
            }
        }
    }

    /// The rows of the query of a view. `seen` says what the names in it mean, if not what they say.
    pub fn rows_of_query(
        &mut self,
        sql: &str,
        name: &str,
        seen: Option<&[ViewUse]>,
        time: TimeSlot,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        let mut bound = None;
        self.query_of_text(sql, name, seen, time, &mut |inner, query| {
            bound = Some(inner.query(query, Untyped::Text)?);
            inner.refuse_since(0)
        })?;
        bound.ok_or_else(|| Error::new(Code::Internal, "a view without rows"))
    }

    /// Binds the query of a view, in one way or another.
    pub fn query_of_text(
        &mut self,
        sql: &str,
        name: &str,
        seen: Option<&[ViewUse]>,
        time: TimeSlot,
        bind: &mut dyn for<'q> FnMut(&mut Binder<'q>, &'q ast::Query) -> Result<()>,
    ) -> Result<()> {
        let source = Source {
            script: sql,
            start: 0,
            end: sql.len(),
            characters: 0,
        };
        let mut statement = sql::parse(&source, Lifting::Off)?;
        let nesting = self.nesting + statement.nesting;
        if nesting > NESTING_MAX {
            let message = format!("view \"{name}\" reads views too deeply");
            return Err(Error::new(Code::LimitComplexity, message));
        }
        let first_clause = self.times.of_view(&mut statement.temporal, time)?;
        let Syntax::Query(query) = &statement.syntax else {
            return Err(Error::new(Code::Internal, "a view is no query"));
        };
        let around = std::mem::take(&mut self.outer.all);
        let mut inner = Binder {
            first_clause,
            seen,
            nesting,
            subplans: std::mem::take(&mut self.subplans),
            shared: std::mem::take(&mut self.shared),
            outer: std::mem::take(&mut self.outer),
            recursions: self.recursions,
            results: self.results,
            tables: self.tables,
            levels: self.levels,
            ..Binder::new(&statement, self.times, self.parameters)
        };
        inner.time = (statement.temporal.whole).map_or(time, |clause| inner.slot(clause));
        let bound = bind(&mut inner, query);
        (self.recursions, self.results) = (inner.recursions, inner.results);
        (self.tables, self.levels) = (inner.tables, inner.levels);
        (self.subplans, self.shared, self.outer) = (inner.subplans, inner.shared, inner.outer);
        self.outer.all = around;
        bound
    }

    /// Gives the columns of a relation the names that the view being read knows them by, and hides the
    /// others; or notes which of them the view being made uses.
    pub fn see(
        &mut self,
        scope: &mut [ScopeColumn],
        name: &str,
        table: &TableSchema,
        time: TimeSlot,
        all: bool,
    ) -> Result<()> {
        let name = self.name_in_view(name, time);
        let columns = || table.columns.iter();
        if let Some(seen) = self.seen {
            let used = seen.iter().find(|used| used.name == name);
            for (column, own) in scope.iter_mut().zip(columns()) {
                let known = used.and_then(|used| used.columns.iter().find(|(id, _)| *id == own.id));
                match known {
                    Some((_, name)) => column.name.clone_from(name),
                    None => {
                        // No identifier is empty.
                        column.name.clear();
                        column.visible = false;
                    }
                }
            }
        }
        let Some(noted) = &mut self.noted else {
            return Ok(());
        };
        let at = noted.iter().position(|noted| noted.name == name);
        let at = at.unwrap_or_else(|| {
            noted.push(Noted {
                name: name.to_string(),
                table: table.id,
                columns: Vec::new(),
            });
            noted.len() - 1
        });
        if noted[at].table != table.id {
            return Err(Error::unsupported("two relations of one name in a view"));
        }
        let known = &mut noted[at].columns;
        for (column, own) in scope.iter_mut().zip(columns()) {
            let at = known.iter().position(|(id, ..)| *id == own.id);
            let at = at.unwrap_or_else(|| {
                known.push((own.id, own.name.clone(), Rc::default()));
                known.len() - 1
            });
            let used = &known[at].2;
            used.set(used.get() || all);
            column.used = Some(used.clone());
        }
        Ok(())
    }

    /// The views that cannot be without a column. Without CASCADE they are an error.
    pub fn views_of_column(
        &self,
        table: &TableSchema,
        column: &ColumnSchema,
        cascade: bool,
    ) -> Result<Vec<TableId>> {
        let views = self.catalog().views_of(table.id, Some(column.id));
        match views.first().filter(|_| !cascade) {
            None => Ok(views.iter().map(|view| view.id).collect()),
            Some(view) => {
                let what = format!("column {} of table {}", column.name, table.name);
                let depends = format!("view {} depends on {what}", view.name);
                Err(alter::dependent(&what, depends))
            }
        }
    }
}

impl Noted {
    /// A type that the query names.
    pub fn add_type(noted: &mut Vec<Noted>, name: String, table: TableId) {
        if !noted.iter().any(|other| other.name == name) {
            noted.push(Noted {
                name,
                table,
                columns: Vec::new(),
            });
        }
    }

    /// What of it was used.
    fn finish(self) -> ViewUse {
        let used = self.columns.into_iter().filter(|(.., used)| used.get());
        ViewUse {
            name: self.name,
            table: self.table,
            columns: used.map(|(id, name, _)| (id, name)).collect(),
        }
    }
}

fn columns_of(output: &[OutputColumn]) -> Result<Vec<ColumnSchema>> {
    let mut columns: Vec<ColumnSchema> = Vec::with_capacity(output.len());
    for (id, OutputColumn { name, data_type }) in (0..).zip(output) {
        if columns.iter().any(|other| other.name == *name) {
            let message = format!("column \"{name}\" specified more than once");
            return Err(Error::new(Code::DuplicateColumn, message));
        }
        super::data_type::check_kept(*data_type)?;
        columns.push(ColumnSchema {
            id: ColumnId(id),
            name: name.clone(),
            data_type: *data_type,
            nullable: true,
            ..ColumnSchema::default()
        });
    }
    Ok(columns)
}

/// The columns of a view that is replaced stay what they are; more may follow them.
fn replace_columns(schema: &mut TableSchema, columns: Vec<ColumnSchema>) -> Result<()> {
    let invalid = |message: String| Err(Error::new(Code::InvalidTableDefinition, message));
    if columns.len() < schema.columns.len() {
        return invalid("cannot drop columns from view".to_string());
    }
    for (old, new) in schema.columns.iter().zip(&columns) {
        if old.name != new.name {
            return invalid(format!(
                "cannot change name of view column \"{}\" to \"{}\"",
                old.name, new.name
            ));
        }
        if old.data_type != new.data_type {
            return invalid(format!(
                "cannot change data type of view column \"{}\" from {} to {}",
                old.name, old.data_type, new.data_type
            ));
        }
    }
    for column in columns.into_iter().skip(schema.columns.len()) {
        let id = schema.next_column;
        schema.next_column = ColumnId(id.0 + 1);
        schema.columns.push(ColumnSchema { id, ..column });
    }
    Ok(())
}
