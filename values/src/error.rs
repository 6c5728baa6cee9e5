//! The one error of the crate: what went wrong, in a form a caller can act on.
//!
//! A caller reads [`Code`] (stable, also seen from JavaScript), its SQLSTATE, and, where the error
//! comes from a text, the position in it. Nobody has to parse a message.

use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// An error with its stable code. Boxed inside, so that a `Result` stays one word wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    code: Code,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    /// One-based, in characters, as PostgreSQL counts positions.
    position: Option<u32>,
    table: Option<String>,
    constraint: Option<String>,
}

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error(Box::new(Details {
            code,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            table: None,
            constraint: None,
        }))
    }

    /// Of work in steps that has ended otherwise, or went with an engine.
    pub fn not_under_way(what: &str) -> Error {
        let message = format!("no {what} is under way: it was ended elsewhere, or lost");
        Error::new(Code::Cancelled, message)
    }

    /// Something PostgreSQL has and this database does not: SQLSTATE 0A000.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(Code::Unsupported, format!("{what} is not supported"))
    }

    /// A text with the one character that PostgreSQL's texts cannot hold.
    pub fn null_character() -> Self {
        let message = "invalid byte sequence for encoding \"UTF8\": 0x00";
        Self::new(Code::CharacterNotInRepertoire, message)
    }

    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Sets the one-based character position, unless a more precise one is there already.
    pub fn at(mut self, position: u32) -> Self {
        self.0.position.get_or_insert(position);
        self
    }

    /// Sets the position where there is one of another text.
    pub fn moved_to(mut self, position: u32) -> Self {
        self.0.position = Some(position);
        self
    }

    /// Names the table and the constraint that a row violated.
    pub fn with_constraint(mut self, table: &str, constraint: &str) -> Self {
        self.0.table = Some(table.to_string());
        self.0.constraint = Some(constraint.to_string());
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn sqlstate(&self) -> &'static str {
        self.0.code.sqlstate()
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    pub fn position(&self) -> Option<u32> {
        self.0.position
    }

    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    pub fn constraint(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sqlstate(), self.message())?;
        if let Some(position) = self.position() {
            write!(f, " (at character {position})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Declares the codes with their stable names and SQLSTATEs in one table.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $sqlstate:literal,)*) => {
        /// What kind of error it is. The name never changes; the SQLSTATE is PostgreSQL's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// The stable name that JavaScript sees as `error.code`.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// The five characters of PostgreSQL's Appendix A.
            pub fn sqlstate(self) -> &'static str {
                match self { $(Code::$variant => $sqlstate,)* }
            }
        }
    };
}

codes! {
    // The text.
    Syntax "SYNTAX_ERROR" "42601",
    Unsupported "UNSUPPORTED" "0A000",
    // Names and types.
    UndefinedTable "UNDEFINED_TABLE" "42P01",
    UndefinedSchema "UNDEFINED_SCHEMA" "3F000",
    UndefinedColumn "UNDEFINED_COLUMN" "42703",
    UndefinedFunction "UNDEFINED_FUNCTION" "42883",
    UndefinedObject "UNDEFINED_OBJECT" "42704",
    UndefinedParameter "UNDEFINED_PARAMETER" "42P02",
    UndefinedPreparedStatement "UNDEFINED_PREPARED_STATEMENT" "26000",
    DuplicatePreparedStatement "DUPLICATE_PREPARED_STATEMENT" "42P05",
    DuplicateTable "DUPLICATE_TABLE" "42P07",
    DuplicateSchema "DUPLICATE_SCHEMA" "42P06",
    DuplicateColumn "DUPLICATE_COLUMN" "42701",
    DuplicateAlias "DUPLICATE_ALIAS" "42712",
    DuplicateObject "DUPLICATE_OBJECT" "42710",
    DuplicateFunction "DUPLICATE_FUNCTION" "42723",
    AmbiguousAlias "AMBIGUOUS_ALIAS" "42P09",
    AmbiguousColumn "AMBIGUOUS_COLUMN" "42702",
    AmbiguousFunction "AMBIGUOUS_FUNCTION" "42725",
    InvalidColumnReference "INVALID_COLUMN_REFERENCE" "42P10",
    DatatypeMismatch "DATATYPE_MISMATCH" "42804",
    InvalidRecursion "INVALID_RECURSION" "42P19",
    IndeterminateDatatype "INDETERMINATE_DATATYPE" "42P18",
    CannotCoerce "CANNOT_COERCE" "42846",
    Grouping "GROUPING_ERROR" "42803",
    Windowing "WINDOWING_ERROR" "42P20",
    WrongObjectType "WRONG_OBJECT_TYPE" "42809",
    InvalidName "INVALID_NAME" "42602",
    /// Something else needs the object that was to be dropped.
    DependentObjects "DEPENDENT_OBJECTS_STILL_EXIST" "2BP01",
    InvalidObjectDefinition "INVALID_OBJECT_DEFINITION" "42P17",
    GeneratedAlways "GENERATED_ALWAYS" "428C9",
    InvalidForeignKey "INVALID_FOREIGN_KEY" "42830",
    InvalidTableDefinition "INVALID_TABLE_DEFINITION" "42P16",
    WrongParameters "WRONG_PARAMETERS" "08P01",
    // Values.
    NumericOutOfRange "NUMERIC_VALUE_OUT_OF_RANGE" "22003",
    DivisionByZero "DIVISION_BY_ZERO" "22012",
    JsonSubscript "INVALID_JSON_SUBSCRIPT" "22033",
    JsonNotNumeric "NON_NUMERIC_JSON_ITEM" "22036",
    JsonNotSingle "SINGLETON_JSON_ITEM_REQUIRED" "22038",
    JsonNoArray "JSON_ARRAY_NOT_FOUND" "22039",
    JsonNoMember "JSON_MEMBER_NOT_FOUND" "2203A",
    JsonNoNumber "JSON_NUMBER_NOT_FOUND" "2203B",
    JsonNoObject "JSON_OBJECT_NOT_FOUND" "2203C",
    InvalidText "INVALID_TEXT_REPRESENTATION" "22P02",
    InvalidDatetime "INVALID_DATETIME_FORMAT" "22007",
    DatetimeOutOfRange "DATETIME_FIELD_OVERFLOW" "22008",
    IntervalOutOfRange "INTERVAL_FIELD_OVERFLOW" "22015",
    InvalidTimeZone "INVALID_TIME_ZONE_DISPLACEMENT" "22009",
    InvalidParameterValue "INVALID_PARAMETER_VALUE" "22023",
    InvalidRowCount "INVALID_ROW_COUNT_IN_LIMIT" "2201W",
    InvalidOffset "INVALID_ROW_COUNT_IN_OFFSET" "2201X",
    /// Of the frame of a window.
    InvalidFrameOffset "INVALID_PRECEDING_OR_FOLLOWING_SIZE" "22013",
    InvalidArgumentForNtile "INVALID_ARGUMENT_FOR_NTILE" "22014",
    InvalidArgumentForNthValue "INVALID_ARGUMENT_FOR_NTH_VALUE" "22016",
    NullNotAllowed "NULL_VALUE_NOT_ALLOWED" "22004",
    InvalidArgumentForPower "INVALID_ARGUMENT_FOR_POWER" "2201F",
    InvalidArgumentForLog "INVALID_ARGUMENT_FOR_LOGARITHM" "2201E",
    InvalidArgumentForWidthBucket "INVALID_ARGUMENT_FOR_WIDTH_BUCKET" "2201G",
    InvalidRegularExpression "INVALID_REGULAR_EXPRESSION" "2201B",
    InvalidEscape "INVALID_ESCAPE_SEQUENCE" "22025",
    InvalidUseOfEscape "INVALID_USE_OF_ESCAPE_CHARACTER" "2200C",
    SubstringError "SUBSTRING_ERROR" "22011",
    ArraySubscript "ARRAY_SUBSCRIPT_ERROR" "2202E",
    InvalidTablesample "INVALID_TABLESAMPLE_ARGUMENT" "2202H",
    BadCopyFormat "BAD_COPY_FORMAT" "22P04",
    StringTooLong "STRING_DATA_RIGHT_TRUNCATION" "22001",
    UntranslatableCharacter "UNTRANSLATABLE_CHARACTER" "22P05",
    CharacterNotInRepertoire "CHARACTER_NOT_IN_REPERTOIRE" "22021",
    SequenceLimit "SEQUENCE_GENERATOR_LIMIT_EXCEEDED" "2200H",
    NotInPrerequisiteState "OBJECT_NOT_IN_PREREQUISITE_STATE" "55000",
    /// A setting that only says what is the case.
    FixedParameter "CANT_CHANGE_RUNTIME_PARAM" "55P02",
    CardinalityViolation "CARDINALITY_VIOLATION" "21000",
    /// A function of the host threw.
    ExternalRoutine "EXTERNAL_ROUTINE_EXCEPTION" "38000",
    // Constraints.
    NotNullViolation "NOT_NULL_VIOLATION" "23502",
    UniqueViolation "UNIQUE_VIOLATION" "23505",
    ForeignKeyViolation "FOREIGN_KEY_VIOLATION" "23503",
    CheckViolation "CHECK_VIOLATION" "23514",
    /// Of a view.
    CheckOptionViolation "WITH_CHECK_OPTION_VIOLATION" "44000",
    // Transactions.
    InFailedTransaction "IN_FAILED_TRANSACTION" "25P02",
    NoActiveTransaction "NO_ACTIVE_TRANSACTION" "25P01",
    ActiveTransaction "ACTIVE_TRANSACTION" "25001",
    UndefinedSavepoint "UNDEFINED_SAVEPOINT" "3B001",
    InvalidCursorName "INVALID_CURSOR_NAME" "34000",
    DuplicateCursor "DUPLICATE_CURSOR" "42P03",
    ReadOnly "READ_ONLY" "25006",
    LockTimeout "LOCK_TIMEOUT" "55P03",
    // Moments.
    /// AS OF a sequence after the last commit.
    MomentInFuture "MOMENT_IN_FUTURE" "DT001",
    /// A moment before the first commit.
    MomentBeforeFirst "MOMENT_BEFORE_FIRST" "DT002",
    /// A moment whose history was pruned.
    MomentPruned "MOMENT_PRUNED" "DT003",
    UndefinedTag "UNDEFINED_TAG" "DT004",
    /// What is to be undone changed again since.
    UndoConflict "UNDO_CONFLICT" "DT005",
    // Limits and interruptions.
    Cancelled "CANCELLED" "57014",
    Timeout "TIMEOUT" "57014",
    LimitLength "LIMIT_LENGTH" "54000",
    LimitComplexity "LIMIT_COMPLEXITY" "54001",
    LimitColumns "LIMIT_COLUMNS" "54011",
    LimitArguments "LIMIT_ARGUMENTS" "54023",
    LimitRows "LIMIT_ROWS" "54000",
    MemoryLimit "MEMORY_LIMIT" "53200",
    // Storage.
    /// The storage's own bytes contradict each other; never raised for a torn tail.
    Corrupt "CORRUPT" "XX001",
    FormatTooNew "FORMAT_TOO_NEW" "XX001",
    /// A read, write or flush failed; nothing acknowledged was lost.
    Io "IO" "58030",
    Quota "QUOTA" "53100",
    /// The outcome of a commit is not known until the database has been opened anew.
    CommitUnknown "COMMIT_UNKNOWN" "08007",
    DataLoss "DATA_LOSS" "XX001",
    Busy "BUSY" "55006",
    Fenced "FENCED" "55006",
    Closed "CLOSED" "08003",
    InvalidUrl "INVALID_URL" "08001",
    StorageUnavailable "STORAGE_UNAVAILABLE" "08001",
    EngineCrashed "ENGINE_CRASHED" "57P02",
    /// A broken promise inside the engine, found before it could give a wrong answer.
    Internal "INTERNAL" "XX000",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_position_is_kept_for_it_is_the_most_precise() {
        let error = Error::new(Code::Syntax, "no").at(7).at(1);
        assert_eq!(error.position(), Some(7));
        assert_eq!(error.to_string(), "42601: no (at character 7)");
    }
}
