/** What can go wrong. */

import type { Results } from './results.js';

/**
 * What went wrong, as `error.code`. The names never change; new ones may be added.
 */
export type ErrorCode =
  // the text
  | 'SYNTAX_ERROR'
  | 'UNSUPPORTED'
  // names and types
  | 'UNDEFINED_TABLE'
  | 'UNDEFINED_COLUMN'
  | 'UNDEFINED_FUNCTION'
  | 'UNDEFINED_OBJECT'
  | 'UNDEFINED_PARAMETER'
  | 'UNDEFINED_PREPARED_STATEMENT'
  | 'DUPLICATE_PREPARED_STATEMENT'
  | 'DUPLICATE_TABLE'
  | 'DUPLICATE_COLUMN'
  | 'DUPLICATE_ALIAS'
  | 'DUPLICATE_OBJECT'
  | 'DUPLICATE_FUNCTION'
  | 'AMBIGUOUS_ALIAS'
  | 'AMBIGUOUS_COLUMN'
  | 'AMBIGUOUS_FUNCTION'
  | 'INVALID_COLUMN_REFERENCE'
  | 'INVALID_OBJECT_DEFINITION'
  | 'INVALID_FOREIGN_KEY'
  | 'FOREIGN_KEY_VIOLATION'
  | 'GENERATED_ALWAYS'
  | 'SEQUENCE_GENERATOR_LIMIT_EXCEEDED'
  | 'OBJECT_NOT_IN_PREREQUISITE_STATE'
  | 'CANT_CHANGE_RUNTIME_PARAM'
  | 'DATATYPE_MISMATCH'
  | 'INVALID_RECURSION'
  | 'INDETERMINATE_DATATYPE'
  | 'CANNOT_COERCE'
  | 'GROUPING_ERROR'
  | 'WINDOWING_ERROR'
  | 'WRONG_OBJECT_TYPE'
  | 'INVALID_NAME'
  | 'DEPENDENT_OBJECTS_STILL_EXIST'
  | 'INVALID_TABLE_DEFINITION'
  | 'UNDEFINED_SCHEMA'
  | 'DUPLICATE_SCHEMA'
  /** Too few or too many parameters, or one that is `undefined`, a function or a symbol. */
  | 'WRONG_PARAMETERS'
  // values
  | 'NUMERIC_VALUE_OUT_OF_RANGE'
  | 'DIVISION_BY_ZERO'
  | 'INVALID_JSON_SUBSCRIPT'
  | 'NON_NUMERIC_JSON_ITEM'
  | 'SINGLETON_JSON_ITEM_REQUIRED'
  | 'JSON_ARRAY_NOT_FOUND'
  | 'JSON_MEMBER_NOT_FOUND'
  | 'JSON_NUMBER_NOT_FOUND'
  | 'JSON_OBJECT_NOT_FOUND'
  | 'INVALID_TEXT_REPRESENTATION'
  | 'INVALID_DATETIME_FORMAT'
  | 'DATETIME_FIELD_OVERFLOW'
  | 'INTERVAL_FIELD_OVERFLOW'
  | 'INVALID_TIME_ZONE_DISPLACEMENT'
  | 'INVALID_PARAMETER_VALUE'
  | 'INVALID_ROW_COUNT_IN_LIMIT'
  | 'INVALID_ROW_COUNT_IN_OFFSET'
  | 'INVALID_PRECEDING_OR_FOLLOWING_SIZE'
  | 'INVALID_ARGUMENT_FOR_NTILE'
  | 'INVALID_ARGUMENT_FOR_NTH_VALUE'
  | 'NULL_VALUE_NOT_ALLOWED'
  | 'INVALID_ARGUMENT_FOR_POWER'
  | 'INVALID_ARGUMENT_FOR_LOGARITHM'
  | 'INVALID_ARGUMENT_FOR_WIDTH_BUCKET'
  | 'INVALID_REGULAR_EXPRESSION'
  | 'INVALID_ESCAPE_SEQUENCE'
  | 'INVALID_USE_OF_ESCAPE_CHARACTER'
  | 'SUBSTRING_ERROR'
  | 'ARRAY_SUBSCRIPT_ERROR'
  | 'INVALID_TABLESAMPLE_ARGUMENT'
  | 'STRING_DATA_RIGHT_TRUNCATION'
  | 'CHARACTER_NOT_IN_REPERTOIRE'
  | 'UNTRANSLATABLE_CHARACTER'
  | 'BAD_COPY_FORMAT'
  | 'CARDINALITY_VIOLATION'
  /** A function of the application threw; `message` has the message of its error. */
  | 'EXTERNAL_ROUTINE_EXCEPTION'
  // constraints
  | 'NOT_NULL_VIOLATION'
  | 'UNIQUE_VIOLATION'
  | 'CHECK_VIOLATION'
  | 'WITH_CHECK_OPTION_VIOLATION'
  // transactions
  | 'IN_FAILED_TRANSACTION'
  | 'NO_ACTIVE_TRANSACTION'
  | 'ACTIVE_TRANSACTION'
  | 'UNDEFINED_SAVEPOINT'
  | 'INVALID_CURSOR_NAME'
  | 'DUPLICATE_CURSOR'
  | 'READ_ONLY'
  /** Another transaction kept writing for longer than `lockTimeout`. */
  | 'LOCK_TIMEOUT'
  // moments
  | 'MOMENT_IN_FUTURE'
  | 'MOMENT_BEFORE_FIRST'
  | 'MOMENT_PRUNED'
  | 'UNDEFINED_TAG'
  /** The table has no version with the key that `history` was asked for. */
  | 'UNDEFINED_KEY'
  /** Values that were to be undone changed again since; `detail` lists them. */
  | 'UNDO_CONFLICT'
  // limits and interruptions
  | 'CANCELLED'
  | 'TIMEOUT'
  | 'LIMIT_LENGTH'
  | 'LIMIT_COMPLEXITY'
  | 'LIMIT_COLUMNS'
  | 'LIMIT_ARGUMENTS'
  | 'LIMIT_ROWS'
  | 'MEMORY_LIMIT'
  // storage
  /** The stored bytes contradict each other. Nothing was changed. */
  | 'CORRUPT'
  | 'FORMAT_TOO_NEW'
  /** A read, write or flush failed. */
  | 'IO'
  /** The browser refuses more space. What was committed before can still be read. */
  | 'QUOTA'
  /** The storage failed in the middle of a commit: read the database to learn whether it happened. */
  | 'COMMIT_UNKNOWN'
  /** A database that was there before is gone from the browser's storage. */
  | 'DATA_LOSS'
  /** Another tab or process has this database open; or a function that the engine asks, asks the engine. */
  | 'BUSY'
  /** Another tab wrote to this database. */
  | 'FENCED'
  | 'CLOSED'
  | 'INVALID_URL'
  /** The browser lacks the storage asked for, or forbids it here. */
  | 'STORAGE_UNAVAILABLE'
  /** The engine failed and was discarded; the next call opens it anew from storage. */
  | 'ENGINE_CRASHED'
  | 'INTERNAL';

/** The one error class. Its `message` is for people; programs read `code`. */
export interface DatabaseErrorInfo {
  readonly code: ErrorCode;
  /** PostgreSQL's SQLSTATE, such as `'23505'`. */
  readonly sqlstate: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Where in `query` it went wrong: one-based, counted in characters (code points), as PostgreSQL counts. */
  readonly position?: number | undefined;
  /** The SQL text of the call. */
  readonly query?: string | undefined;
  /** For `exec`: the number of the statement that failed, from 0. */
  readonly statementIndex?: number | undefined;
  /** For `exec`: what the statements before it answered. */
  readonly results?: Results[] | undefined;
  /** The table and the constraint that a row violated. */
  readonly table?: string | undefined;
  readonly constraint?: string | undefined;
}
