/**
 * As much SQL as the page itself must understand, from tokens alone: where statements begin and end, which of them ask a
 * question, and which table's rows a question returns. Where it is not sure it answers "unknown" and the page offers less;
 * what SQL means is the engine's business.
 */

export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  /** A word in lower case, a quoted name without its quotes; of others the text itself. */
  text: string;
  from: number;
  to: number;
}

export interface StatementText {
  text: string;
  /** Its place in the whole text, in UTF-16 units as the editor counts. */
  from: number;
  tokens: Token[];
}

// Whatever is not ASCII may stand in a name; to tell letters from the rest, the tables of Unicode would have to be made.
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /\d[\w.]*/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

export function tokenise(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  const push = (kind: Token['kind'], to: number, text = sql.slice(at, to)): void => {
    tokens.push({ kind, text, from: at, to });
    at = to;
  };
  while (at < sql.length) {
    const char = sql.charAt(at);
    if (/\s/.test(char)) at += 1;
    else if (sql.startsWith('--', at)) at = endOf(sql, '\n', at);
    else if (sql.startsWith('/*', at)) at = endOfComment(sql, at);
    else if (char === "'") push('string', endOfQuoted(sql, at, "'", precededByE(tokens.at(-1), at)));
    else if (char === '"') {
      const to = endOfQuoted(sql, at, '"', false);
      push('quoted', to, sql.slice(at + 1, to - 1).replaceAll('""', '"'));
    } else {
      const tag = char === '$' ? match(DOLLAR_TAG) : undefined;
      const word = match(WORD);
      const number = match(NUMBER);
      if (tag) push('string', endOf(sql, tag, at + tag.length));
      else if (word) push('word', at + word.length, word.toLowerCase());
      else if (number) push('number', at + number.length);
      else push('symbol', at + 1);
    }
  }
  return tokens;
}

/** Behind the next `mark`, or the end of the text. */
function endOf(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found < 0 ? sql.length : found + mark.length;
}

/** Behind a comment of this kind, which may hold others. */
function endOfComment(sql: string, from: number): number {
  let depth = 0;
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  for (let found = mark.exec(sql); found; found = mark.exec(sql)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return sql.length;
}

/** Behind the closing quote; a doubled one stands for itself, and in E'…' a backslash protects the next character. */
function endOfQuoted(sql: string, from: number, quote: string, escapes: boolean): number {
  let at = from + 1;
  while (at < sql.length) {
    if (escapes && sql[at] === '\\') at += 2;
    else if (sql[at] !== quote) at += 1;
    else if (sql[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return sql.length;
}

function precededByE(token: Token | undefined, at: number): boolean {
  return token?.kind === 'word' && token.text === 'e' && token.to === at;
}

/** The statements of a text, without their semicolons. */
export function split(sql: string): StatementText[] {
  const statements: StatementText[] = [];
  let tokens: Token[] = [];
  const end = (): void => {
    const first = tokens[0];
    const last = tokens.at(-1);
    if (first && last) statements.push({ text: sql.slice(first.from, last.to), from: first.from, tokens });
    tokens = [];
  };
  for (const token of tokenise(sql)) {
    if (token.kind === 'symbol' && token.text === ';') end();
    else tokens.push(token);
  }
  end();
  return statements;
}

const isWord = (token: Token | undefined, ...words: string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);
const isSymbol = (token: Token | undefined, symbol: string): boolean =>
  token?.kind === 'symbol' && token.text === symbol;

/** Of what was run, the question that the page goes on asking: the last one that the slider can move, else the last one. */
export function questionOf(statements: readonly StatementText[]): StatementText | undefined {
  const questions = statements.filter(isQuestion);
  return questions.findLast((statement) => !namesMoment(statement)) ?? questions.at(-1);
}

/** Whether the statement asks for rows, and so can be asked of another moment. */
export function isQuestion({ tokens }: StatementText): boolean {
  const first = tokens.find((token) => !isSymbol(token, '('));
  return isWord(first, 'select', 'values', 'with', 'table');
}

/** Whether the statement changes nothing, and so can be run while the page shows the past. */
export function isRead(statement: StatementText): boolean {
  return isQuestion(statement) || isWord(statement.tokens[0], 'explain', 'show');
}

/** Whether the statement names a moment itself: the slider then does not move all of it. */
export function namesMoment({ tokens }: StatementText): boolean {
  return tokens.some(
    (token, at) =>
      (isWord(token, 'system_time') && isWord(tokens[at - 1], 'for')) ||
      (isWord(token, 'of') && isWord(tokens[at - 1], 'as')),
  );
}

/** Where a question's rows come from, if they are rows of one table. */
export interface Source {
  table: string;
  /** Columns that the result carries under their own names; undefined for all of them. */
  columns: ReadonlySet<string> | undefined;
}

/** Words at the outermost level after which the rows are no longer those of one table. */
const MIXING = ['join', 'group', 'having', 'distinct', 'union', 'intersect', 'except', 'with', 'window'];

export function sourceOf(statement: StatementText): Source | undefined {
  const tokens = outermost(statement.tokens);
  if (!isWord(tokens[0], 'select') || tokens.some((token) => isWord(token, ...MIXING))) return undefined;
  const from = tokens.findIndex((token) => isWord(token, 'from'));
  const table = tokens[from + 1];
  if (from < 0 || !table || !isName(table) || isSymbol(tokens[from + 2], '.')) return undefined;
  const afterTable = tokens.slice(from + 2);
  const end = afterTable.findIndex((token) => isWord(token, 'where', 'order', 'limit', 'offset'));
  const clause = end < 0 ? afterTable : afterTable.slice(0, end);
  if (clause.some((token) => isSymbol(token, ',') || isSymbol(token, '('))) return undefined;
  return { table: table.text, columns: plainColumns(tokens.slice(1, from)) };
}

const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'quoted';

/** Without what stands in parentheses; the opening ones stay, to show that something was there. */
function outermost(tokens: readonly Token[]): Token[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (isSymbol(token, ')')) depth -= 1;
    const keep = depth === 0;
    if (isSymbol(token, '(')) depth += 1;
    return keep && !isSymbol(token, ')');
  });
}

/** The select items that are a column and nothing else; undefined where a `*` brings all. */
function plainColumns(tokens: readonly Token[]): Set<string> | undefined {
  const columns = new Set<string>();
  for (const item of splitAt(tokens, ',')) {
    const last = item.at(-1);
    const qualified = item.length === 3 && isName(item[0]) && isSymbol(item[1], '.');
    if (item.length !== 1 && !qualified) continue;
    if (isSymbol(last, '*')) return undefined;
    if (last && isName(last)) columns.add(last.text);
  }
  return columns;
}

function splitAt(tokens: readonly Token[], symbol: string): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (isSymbol(token, symbol)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** The UTF-16 offset of the `position`-th character (counted from 1, in code points), as errors count. */
export function offsetOfPosition(sql: string, position: number): number {
  let characters = 1;
  let offset = 0;
  for (const character of sql) {
    if (characters >= position) break;
    characters += 1;
    offset += character.length;
  }
  return offset;
}

/** Where the token that begins at or spans `offset` ends; at least one unit further. */
export function endOfTokenAt(sql: string, offset: number): number {
  const token = tokenise(sql).find(({ from, to }) => from <= offset && offset < to);
  return token ? token.to : Math.min(offset + 1, sql.length);
}

/** Words that cannot be a column's or table's name unless quoted (PostgreSQL's reserved ones). */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog
   current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end except
   false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp
   not null offset on only or order placing primary references returning select session_user some symmetric table then to
   trailing true union unique user using variadic when where window with`.split(/\s+/),
);

export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
