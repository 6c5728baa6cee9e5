import { exported } from './export.js';
import { historyOf, tablesOf } from './introspect.js';
import type { Session } from './session.js';
import type {
  CallOptions,
  ExecOptions,
  HistoryEntry,
  Moment,
  Parameters,
  QueryOptions,
  ReadOnlyDatabase,
  Results,
  Row,
  Statement,
  TableInfo,
} from './types.js';

/** A database at a past moment. */
export class Past implements ReadOnlyDatabase {
  constructor(
    readonly moment: Moment,
    /** One whose calls are asked of that moment. */
    private readonly session: Session,
    readonly live: ReadOnlyDatabase['live'],
  ) {}

  query<T = Row>(sql: string, params?: Parameters | null, options?: QueryOptions): Promise<Results<T>> {
    return this.session.query<T>(sql, params, options);
  }

  sql<T = Row>(strings: TemplateStringsArray, ...params: unknown[]): Promise<Results<T>> {
    return this.session.sql<T>(strings, ...params);
  }

  exec(sql: string, options?: ExecOptions): Promise<Results[]> {
    return this.session.exec(sql, options);
  }

  prepare<T = Row>(sql: string, options?: QueryOptions): Promise<Statement<T>> {
    return this.session.prepare<T>(sql, options);
  }

  history<T = Row>(table: string, key: unknown, options?: QueryOptions): Promise<HistoryEntry<T>[]> {
    return historyOf<T>(this.session, table, key, options);
  }

  tables(options?: CallOptions): Promise<TableInfo[]> {
    return tablesOf(this.session, options);
  }

  export(options?: CallOptions): Promise<string> {
    return exported(this.session, options);
  }
}
