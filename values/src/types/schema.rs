//! The shape of a table. A schema never changes in place: the catalog keeps one for each moment.

use super::{ColumnId, DataType, Enumeration, ForeignKey, IndexId, Label, TableId, Value};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableSchema {
    pub id: TableId,
    /// Within its schema.
    pub name: String,
    /// In the order of `SELECT *`.
    pub columns: Vec<ColumnSchema>,
    /// The next free column id, so that a dropped column's is never used again.
    pub next_column: ColumnId,
    /// The index behind the primary key, if there is one.
    pub primary_key: Option<IndexId>,
    pub indexes: Vec<IndexSchema>,
    /// The columns that are no more, whose values the past still has.
    pub dropped: Vec<DroppedColumn>,
    pub checks: Vec<CheckSchema>,
    pub foreign_keys: Vec<ForeignKey>,
    /// It is a sequence: where that stands is its one row.
    pub sequence: Option<SequenceSchema>,
    pub comment: Option<String>,
    /// The schema that it is in; `None` is `public`.
    pub schema: Option<String>,
    /// It is a schema and nothing else; of the name `public` it says that this one is gone.
    pub is_schema: bool,
    /// It is a view, which has no rows of its own unless it is materialized.
    pub view: Option<ViewSchema>,
    /// It is a type and nothing else.
    pub type_schema: Option<TypeSchema>,
}

/// The schema of temporary tables.
pub const TEMPORARY: &str = "pg_temp";

/// What becomes of a temporary table at the end of each transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnCommit {
    #[default]
    PreserveRows,
    DeleteRows,
    Drop,
}

/// What a type is, which has a relation's life.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeSchema {
    /// Another type with rules of its own. It has one column, `value`, which is of that type, whose `nullable` and
    /// `default` are those of the domain, and over which the checks are.
    Domain,
    /// In the order of their places.
    Enum(Vec<Label>),
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    Table,
    Sequence,
    View,
    MaterializedView,
    /// A schema, which has a relation's life.
    Schema,
    Enum,
    Domain,
}

impl RelationKind {
    /// Whether there are rows that its definition is about.
    pub fn has_rows(self) -> bool {
        matches!(self, RelationKind::Table | RelationKind::MaterializedView)
    }

    pub fn word(self) -> &'static str {
        match self {
            RelationKind::Table => "table",
            RelationKind::Sequence => "sequence",
            RelationKind::View => "view",
            RelationKind::MaterializedView => "materialized view",
            RelationKind::Schema => "schema",
            RelationKind::Enum => "type",
            RelationKind::Domain => "domain",
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ViewSchema {
    /// The query as the user wrote it; bound anew when it is used.
    pub sql: String,
    /// What the names of relations in it mean.
    pub uses: Vec<ViewUse>,
    /// It has rows: those that the query gave when it was refreshed last.
    pub is_materialized: bool,
    /// It has been, so that it can be read.
    pub is_populated: bool,
    /// WITH CHECK OPTION: rows that are written through it must be seen through it; CASCADED unless LOCAL.
    pub is_checked: bool,
    pub checks_local: bool,
}

/// A relation that a view reads, by the names that it and its columns had when the view was made. The view
/// sees these columns alone, so that what is renamed or added later changes nothing of what it means.
/// What is read by a FOR SYSTEM_TIME or AS OF of the text has the number of the clause behind its name (U+0000 between them).
#[derive(Debug, Clone, PartialEq)]
pub struct ViewUse {
    pub name: String,
    pub table: TableId,
    pub columns: Vec<(ColumnId, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SequenceSchema {
    pub data_type: DataType,
    pub start: i64,
    /// Not zero.
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub cycle: bool,
    /// The column that it goes with when that is dropped.
    pub owner: Option<(TableId, ColumnId)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DroppedColumn {
    pub id: ColumnId,
    pub data_type: DataType,
    /// The column of another type that took its place.
    pub replaced_by: Option<ColumnId>,
}

/// GENERATED … AS IDENTITY.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentitySchema {
    pub always: bool,
    pub sequence: TableId,
}

/// A CHECK constraint.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckSchema {
    pub name: String,
    /// The condition as the user wrote it; bound anew when it is used.
    pub sql: String,
    /// Rows that were there before it may break it: NOT VALID.
    pub not_valid: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnSchema {
    pub id: ColumnId,
    pub name: String,
    pub data_type: DataType,
    pub nullable: bool,
    pub default: Option<DefaultValue>,
    /// The expression of GENERATED ALWAYS AS (…) STORED as the user wrote it.
    pub generated: Option<String>,
    pub identity: Option<IdentitySchema>,
    pub comment: Option<String>,
    /// The domain that it is of; `data_type` is what that is over.
    pub domain: Option<TableId>,
    /// Rows of the past may have no value here, whatever `nullable` says now.
    pub was_nullable: bool,
    /// It took the place of one of another type, which rows of the past have.
    pub was_retyped: bool,
    /// Its table was made with it as INTEGER PRIMARY KEY: while it is the key, rows that leave it out are numbered.
    pub numbered: bool,
    /// Times keep so many digits of their seconds, if not all six.
    pub precision: Option<u32>,
}

impl ColumnSchema {
    /// Whether it is of the type with this id, or of arrays of it.
    pub fn is_of(&self, id: TableId) -> bool {
        let data_type = self.data_type.element().unwrap_or(self.data_type);
        self.domain == Some(id) || data_type == DataType::Enum(Enumeration::unknown(id))
    }
}

/// What an INSERT puts where it names no value.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultValue {
    /// The expression as the user wrote it; bound anew when it is used.
    pub sql: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct IndexSchema {
    pub id: IndexId,
    pub name: String,
    pub columns: Vec<ColumnId>,
    pub unique: bool,
    /// The index serves a PRIMARY KEY or UNIQUE constraint and cannot be dropped by itself.
    pub constraint: bool,
    /// Two keys with a NULL in the same place are equal.
    pub nulls_not_distinct: bool,
    /// The columns that were said to be descending, and those whose NULLs come first. An index is read in
    /// either direction, so this is for those who ask how it was defined.
    pub descending: Vec<ColumnId>,
    pub nulls_first: Vec<ColumnId>,
    /// An index over expressions, or over some of the rows: it has no `columns` then.
    pub computed: Option<ComputedKey>,
    /// The columns of INCLUDE. Rows are read by their ids in any case, so this is for those who ask.
    pub included: Vec<ColumnId>,
    /// Of a constraint: its keys are unique at the commit, or at the end of each statement if the transaction says so; or the
    /// other way round.
    pub deferred: bool,
    pub deferrable: bool,
}

impl IndexSchema {
    /// Whether its keys may be unique at the commit only.
    pub fn may_wait(&self) -> bool {
        self.deferrable || self.deferred
    }

    /// Whether no statement sees two rows with the same key.
    pub fn is_always_unique(&self) -> bool {
        self.unique && !self.may_wait()
    }
}

/// A key that is computed, of the rows of which the predicate is true; the texts of expressions over the columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComputedKey {
    pub parts: Vec<String>,
    pub predicate: Option<String>,
}

impl TableSchema {
    /// The columns of other types in whose place a column is, the last one first.
    pub fn replaced(&self, column: ColumnId) -> Vec<&DroppedColumn> {
        let mut replaced: Vec<&DroppedColumn> = Vec::new();
        let (mut by, mut next) = (column, 0);
        // None of them is there twice, so this ends.
        while replaced.len() < self.dropped.len() {
            let dropped = self.dropped.iter().rev();
            replaced.extend(dropped.filter(|other| other.replaced_by == Some(by)));
            let Some(found) = replaced.get(next) else {
                break;
            };
            (by, next) = (found.id, next + 1);
        }
        replaced
    }

    /// Leads to another table or type in place of one that is no more.
    pub fn renumber(&mut self, was: TableId, is: TableId) {
        for key in self.foreign_keys.iter_mut().filter(|key| key.table == was) {
            key.table = is;
        }
        for column in self.columns.iter_mut().filter(|column| column.is_of(was)) {
            if column.domain == Some(was) {
                column.domain = Some(is);
                continue;
            }
            let made = DataType::Enum(Enumeration::unknown(is));
            let array = column.data_type.element().and_then(|_| made.array());
            column.data_type = array.unwrap_or(made);
        }
    }

    /// The position of a column in `columns`.
    pub fn position(&self, id: ColumnId) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    pub fn position_by_name(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub fn kind(&self) -> RelationKind {
        match (&self.sequence, &self.view) {
            (Some(_), _) => RelationKind::Sequence,
            (_, Some(view)) if view.is_materialized => RelationKind::MaterializedView,
            (_, Some(_)) => RelationKind::View,
            _ if self.is_schema => RelationKind::Schema,
            _ => match self.type_schema {
                Some(TypeSchema::Enum(_)) => RelationKind::Enum,
                Some(TypeSchema::Domain) => RelationKind::Domain,
                None => RelationKind::Table,
            },
        }
    }

    /// Whether it is what its kind of life is named after: neither a schema nor a type.
    pub fn is_relation(&self) -> bool {
        !self.is_schema && self.type_schema.is_none()
    }

    pub fn is_temporary(&self) -> bool {
        self.schema.as_deref() == Some(TEMPORARY)
    }

    /// Whether a column is of the type with this id, or of arrays of it.
    pub fn has_type(&self, id: TableId) -> bool {
        self.columns.iter().any(|column| column.is_of(id))
    }

    /// The name of the schema that it is in.
    pub fn schema_name(&self) -> &str {
        self.schema.as_deref().unwrap_or("public")
    }

    /// The name as SQL has it, with its schema unless that is `public`.
    pub fn shown(&self) -> String {
        self.shown_beside(&self.name)
    }

    /// The same of another relation, or an index, of its schema.
    pub fn shown_beside(&self, name: &str) -> String {
        match &self.schema {
            None => quoted(name),
            Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
        }
    }

    /// What the catalog knows it by.
    pub fn key(&self) -> CatalogName {
        match (self.is_schema, &self.type_schema) {
            (true, _) => catalog_name(Some(&self.name), ""),
            (_, Some(_)) => type_key(self.schema.as_deref(), &self.name),
            _ => catalog_name(self.schema.as_deref(), &self.name),
        }
    }

    /// What the catalog knows another relation, or an index, of the same schema by.
    pub fn beside(&self, name: &str) -> CatalogName {
        catalog_name(self.schema.as_deref(), name)
    }

    /// Whether it is a view that reads the table, or that column of it.
    pub fn reads(&self, table: TableId, column: Option<ColumnId>) -> bool {
        let uses = self.view.iter().flat_map(|view| &view.uses);
        let mut uses = uses.filter(|used| used.table == table);
        uses.any(|used| {
            column.is_none_or(|column| used.columns.iter().any(|(id, _)| *id == column))
        })
    }

    pub fn index(&self, id: IndexId) -> Option<&IndexSchema> {
        self.indexes.iter().find(|index| index.id == id)
    }

    /// Whether it is a sequence of one of the table's columns.
    pub fn belongs_to(&self, table: TableId) -> bool {
        let owner = self.sequence.as_ref().and_then(|sequence| sequence.owner);
        owner.is_some_and(|(owner, _)| owner == table)
    }

    /// An index by which these columns, in any order, are a key that is unique at the end of each statement.
    pub fn unique_key(&self, columns: &[ColumnId]) -> Option<&IndexSchema> {
        self.indexes.iter().find(|index| {
            index.is_always_unique()
                && index.columns.len() == columns.len()
                && columns.iter().all(|id| index.columns.contains(id))
        })
    }

    /// Whether a constraint has the name.
    pub fn has_constraint(&self, name: &str) -> bool {
        let mut keys = self.indexes.iter().filter(|index| index.constraint);
        keys.any(|key| key.name == name)
            || self.checks.iter().any(|check| check.name == name)
            || self.foreign_keys.iter().any(|key| key.name == name)
    }

    pub fn primary_key(&self) -> Option<&IndexSchema> {
        self.primary_key.and_then(|id| self.index(id))
    }
}

/// A row in the order of the columns of its schema.
pub type Row = Vec<Value>;

/// The name of a table or index as the catalog knows it (case folded, quotes removed), with its schema before it
/// unless that is `public`. No schema has a dot in its name.
pub type CatalogName = String;

/// The catalog's name for something in a schema (`None` is `public`).
pub fn catalog_name(schema: Option<&str>, name: &str) -> CatalogName {
    match schema {
        None if !name.contains('.') => name.to_string(),
        schema => format!("{}.{name}", schema.unwrap_or("public")),
    }
}

/// The catalog's name for a type, which no relation has: a relation and a type are told apart by where they stand.
pub fn type_key(schema: Option<&str>, name: &str) -> CatalogName {
    catalog_name(schema, name) + "\0"
}

/// A name in quotes where it needs them.
pub fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name.to_string(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}
