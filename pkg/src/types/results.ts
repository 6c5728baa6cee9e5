/** What statements answer, and what is told of tables. */

/** A column of a result. */
export interface Field {
  name: string;
  /** PostgreSQL's OID of the type; {@link types} names them. */
  dataTypeID: number;
}

/** What one statement answered. */
export interface Results<T = Row> {
  rows: T[];
  fields: Field[];
  /** Rows that an INSERT, UPDATE, DELETE or TRUNCATE touched; 0 for everything else. */
  affectedRows: number;
  /** The commit that the statement made, or else the last commit it could see; null if there is none yet. */
  seq: number | null;
  /** `'SELECT'`, `'INSERT'`, `'CREATE TABLE'`, … */
  command: string;
}

/** A row in `rowMode: 'object'`. Of columns with the same name, the last one wins. */
export type Row = Record<string, any>;

/** Positional parameters: the first is `$1`. */
export type Parameters = readonly unknown[];

/** A table at a moment. */
export interface TableInfo {
  name: string;
  columns: ColumnInfo[];
  /** Names of the columns of the primary key, in its order. */
  primaryKey: string[];
  indexes: IndexInfo[];
}

export interface ColumnInfo {
  name: string;
  /** The type as PostgreSQL writes it, such as `character varying(20)`. */
  type: string;
  dataTypeID: number;
  nullable: boolean;
  /** The default's SQL text. */
  default: string | null;
}

export interface IndexInfo {
  name: string;
  columns: string[];
  unique: boolean;
}
