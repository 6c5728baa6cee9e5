/** A state as a script of SQL that makes it anew: what its catalog says, asked as of the moment, and its rows. */

import { wireMoment } from './moment.js';
import type { Session } from './session.js';
import type { CallOptions } from './types.js';

/** Rows in one INSERT. */
const ROWS_PER_INSERT = 500;

/** The names of relations and types that the script makes, with their schemas; temporary tables are not among them. */
const NAMED = `SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind, c.relispopulated
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'v', 'm', 'S') AND c.relpersistence = 'p' ORDER BY c.oid`;

const SCHEMAS = `SELECT 'CREATE SCHEMA ' || quote_ident(nspname) FROM pg_namespace
  WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'public') ORDER BY oid`;

const TYPES = `SELECT CASE t.typtype WHEN 'e'
    THEN 'CREATE TYPE ' || name || ' AS ENUM (' || coalesce((SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
      FROM pg_enum WHERE enumtypid = t.oid), '') || ')'
    ELSE 'CREATE DOMAIN ' || name || ' AS ' || format_type(t.typbasetype, t.typtypmod) || coalesce(' DEFAULT ' || t.typdefault, '')
      || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END || coalesce((SELECT string_agg(' CONSTRAINT ' || quote_ident(conname)
      || ' ' || pg_get_constraintdef(oid), '' ORDER BY conname) FROM pg_constraint WHERE contypid = t.oid), '') END
  FROM (SELECT x.*, quote_ident(n.nspname) || '.' || quote_ident(x.typname) AS name
    FROM pg_type x JOIN pg_namespace n ON n.oid = x.typnamespace WHERE x.typtype IN ('e', 'd')) t ORDER BY t.oid`;

/** Of each sequence: its number, what follows its name in a definition, and whose it is and how. */
const SEQUENCES = `SELECT s.seqrelid, format_type(s.seqtypid, NULL), 'START WITH ' || s.seqstart || ' INCREMENT BY ' || s.seqincrement
    || ' MINVALUE ' || s.seqmin || ' MAXVALUE ' || s.seqmax || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END,
    d.refobjid, d.refobjsubid, d.deptype
  FROM pg_sequence s LEFT JOIN pg_depend d ON d.classid = 1259 AND d.objid = s.seqrelid`;

const COLUMNS = `SELECT a.attrelid, a.attnum, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
    a.attgenerated, pg_get_expr(d.adbin, d.adrelid)
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum ORDER BY a.attrelid, a.attnum`;

const CONSTRAINTS = `SELECT conrelid, contype, 'CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE conrelid <> 0 ORDER BY conname`;

const INDEXES = `SELECT i.indrelid, pg_get_indexdef(i.indexrelid) FROM pg_index i
  WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')) ORDER BY i.indexrelid`;

const READ_BY_VIEWS = `SELECT r.ev_class, d.refobjid FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid WHERE d.classid = 2618`;

const COMMENTS = `SELECT d.objoid, quote_ident(a.attname), quote_literal(d.description) FROM pg_description d
  LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid ORDER BY d.objoid, d.objsubid`;

type Cells = readonly unknown[];

/** The script of a database's state; of the present it takes what is committed. */
export async function exported(session: Session, { signal, timeout }: CallOptions = {}): Promise<string> {
  const call = { signal, timeout };
  // Everything is asked of one commit, whatever is committed meanwhile.
  const at = (await session.query('SELECT 1', [], call)).seq;
  if (at === null) return '';
  const then = session.with({ moment: wireMoment({ seq: at }), rowMode: 'array', parsers: undefined });
  const ask = async (sql: string) => (await then.query<Cells>(sql, [], call)).rows;

  const relations = (await ask(NAMED)).map(([oid, name, kind, isPopulated]) => ({ oid, name: name as string, kind, isPopulated }));
  const nameOf = new Map(relations.map(({ oid, name }) => [oid, name]));
  const of = (kind: string) => relations.filter((relation) => relation.kind === kind);
  const [columns, constraints, indexes, sequences] = [await ask(COLUMNS), await ask(CONSTRAINTS), await ask(INDEXES), await ask(SEQUENCES)];
  const columnName = (table: unknown, number: unknown) => columns.find(([relation, place]) => relation === table && place === number)?.[2] as string;

  const script = [...(await ask(SCHEMAS)), ...(await ask(TYPES))].map(([statement]) => statement as string);
  const identities = new Map<string, string>();
  const owned: string[] = [];
  const positions: string[] = [];
  for (const [oid, type, options, table, column, kind] of sequences) {
    const name = nameOf.get(oid);
    if (name === undefined) continue;
    if (kind === 'i') identities.set(`${table} ${column}`, `(SEQUENCE NAME ${name} ${options})`);
    else script.push(`CREATE SEQUENCE ${name} AS ${type} ${options}`);
    if (kind === 'a') owned.push(`ALTER SEQUENCE ${name} OWNED BY ${nameOf.get(table)}.${columnName(table, column)}`);
    const [[last, isCalled]] = (await ask(`SELECT last_value, is_called FROM ${name}`)) as [Cells];
    positions.push(`SELECT setval(${literal(name)}, ${last}, ${isCalled})`);
  }

  const rows: string[] = [];
  for (const { oid, name } of of('r')) {
    const own = columns.filter(([relation]) => relation === oid);
    const parts = own.map(([, number, column, type, notNull, identity, generated, expression]) => {
      const always = identity === 'a' ? 'ALWAYS' : 'BY DEFAULT';
      let text = `${column} ${type}`;
      if (generated) text += ` GENERATED ALWAYS AS (${expression}) STORED`;
      else if (identity) text += ` GENERATED ${always} AS IDENTITY ${identities.get(`${oid} ${number}`) ?? ''}`;
      else if (expression !== null) text += ` DEFAULT ${expression}`;
      return notNull ? `${text} NOT NULL` : text;
    });
    for (const [table, kind, definition] of constraints) if (table === oid && kind !== 'f') parts.push(definition as string);
    script.push(`CREATE TABLE ${name} (\n  ${parts.join(',\n  ')}\n)`);
    const stored = own.filter(([, , , , , , generated]) => generated === '').map(([, , column]) => column as string);
    // As SQL has values: a string is one of every type.
    const values = stored.map((column) => `quote_nullable(${column}::text)`);
    rows.push(...inserts(name, stored, await ask(`SELECT ${values.join(', ')} FROM ${name}`)));
  }
  script.push(...owned, ...rows, ...positions);
  const indexesOf = (kind: string) => of(kind).flatMap(({ oid }) => indexes.filter(([table]) => table === oid).map(([, text]) => text as string));
  script.push(...indexesOf('r'));
  for (const { oid, name } of of('r')) {
    for (const [table, kind, definition] of constraints) if (table === oid && kind === 'f') script.push(`ALTER TABLE ${name} ADD ${definition}`);
  }

  // A view comes behind those that it reads, which may be younger.
  const reads = await ask(READ_BY_VIEWS);
  const made = new Set<unknown>();
  const make = async (oid: unknown): Promise<void> => {
    const view = relations.find((relation) => relation.oid === oid && (relation.kind === 'v' || relation.kind === 'm'));
    if (!view || made.has(oid)) return;
    made.add(oid);
    for (const [reader, read] of reads) if (reader === oid) await make(read);
    const names = columns.filter(([relation]) => relation === oid).map(([, , column]) => column);
    const [[text]] = (await ask(`SELECT pg_get_viewdef(${oid})`)) as [Cells];
    const what = view.kind === 'm' ? 'MATERIALIZED VIEW' : 'VIEW';
    script.push(`CREATE ${what} ${view.name} (${names.join(', ')}) AS ${text}${view.isPopulated ? '' : ' WITH NO DATA'}`);
  };
  for (const { oid } of relations) await make(oid);
  script.push(...indexesOf('m'));

  const kinds: Record<string, string> = { r: 'TABLE', v: 'VIEW', m: 'MATERIALIZED VIEW', S: 'SEQUENCE' };
  for (const [oid, column, text] of await ask(COMMENTS)) {
    const relation = relations.find((other) => other.oid === oid);
    if (!relation) continue;
    const what = column === null ? `${kinds[relation.kind as string]} ${relation.name}` : `COLUMN ${relation.name}.${column}`;
    script.push(`COMMENT ON ${what} IS ${text}`);
  }
  return [`-- The state after commit ${at}`, ...script.map((statement) => `${statement};`), ''].join('\n');
}

function inserts(name: string, columns: readonly string[], rows: readonly Cells[]): string[] {
  const head = `INSERT INTO ${name} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE VALUES`;
  if (columns.length === 0) return rows.map(() => `INSERT INTO ${name} DEFAULT VALUES`);
  const tuples = rows.map((row) => `(${row.join(', ')})`);
  const statements: string[] = [];
  for (let from = 0; from < tuples.length; from += ROWS_PER_INSERT) {
    statements.push(`${head}\n  ${tuples.slice(from, from + ROWS_PER_INSERT).join(',\n  ')}`);
  }
  return statements;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

