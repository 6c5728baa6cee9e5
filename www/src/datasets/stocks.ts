/**
 * Real data: the monthly prices of five shares, 2000 to 2010, from npm's vega-datasets. The table holds one row per symbol,
 * its price of today; every month overwrites it, and the past keeps what it was.
 */

import { Script, values } from './script';
import type { DataSet, Example } from './script';

interface Price {
  symbol: string;
  /** As SQL reads dates. */
  month: string;
  price: string;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The file's rows (`MSFT,Jan 1 2000,39.81`), in the order of time. */
export function readPrices(csv: string): Price[] {
  const prices = csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [symbol = '', date = '', price = ''] = line.split(',');
      const [month = '', day = '', year = ''] = date.split(' ');
      const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
      return { symbol, month: `${year}-${number}-${day.padStart(2, '0')}`, price };
    });
  return prices.sort((a, b) => a.month.localeCompare(b.month) || a.symbol.localeCompare(b.symbol));
}

/** The script of these prices, and the sequence of each month's last commit. */
export function playPrices(prices: readonly Price[]): { script: Script; monthEnds: Map<string, number> } {
  const script = new Script();
  const monthEnds = new Map<string, number>();
  const listed = new Set<string>();
  script.commit('exchange', 'opens', `CREATE TABLE stocks (symbol TEXT PRIMARY KEY, month DATE NOT NULL, price NUMERIC(8,2) NOT NULL)`);
  for (const { symbol, month, price } of prices) {
    const title = `${symbol} in ${month.slice(0, 7)}`;
    const seq = listed.has(symbol)
      ? script.commit('exchange', title, `UPDATE stocks SET month = ${values(month)}, price = ${price} WHERE symbol = ${values(symbol)}`)
      : script.commit('exchange', `${title}, first listed`, `INSERT INTO stocks VALUES (${values(symbol, month)}, ${price})`);
    listed.add(symbol);
    monthEnds.set(month.slice(0, 7), seq);
  }
  return { script, monthEnds };
}

function examples(monthEnds: Map<string, number>): Example[] {
  const at = (month: string): number => monthEnds.get(month) ?? 0;
  return [
    {
      title: 'The board, month by month',
      sentence: 'Five rows, ten years: press play and watch the prices of 2000 to 2010 go by.',
      sql: `SELECT symbol, month, price\nFROM stocks\nORDER BY symbol;`,
    },
    {
      title: 'Before and after the crash',
      sentence: 'October 2007 and February 2009 in one join of the table with its own past.',
      sql: `SELECT high.symbol, high.price AS "Oct 2007", low.price AS "Feb 2009",\n       round(100 * (low.price - high.price) / high.price, 1) AS percent\nFROM stocks FOR SYSTEM_TIME AS OF @seq:${at('2007-10')} AS high\nJOIN stocks FOR SYSTEM_TIME AS OF @seq:${at('2009-02')} AS low ON low.symbol = high.symbol\nORDER BY percent;`,
    },
    {
      title: 'A chart’s worth of rows',
      sentence: 'The table has five rows. Its history has every price that was ever in it.',
      sql: `SELECT month, price\nFROM stocks FOR SYSTEM_TIME ALL\nWHERE symbol = 'AAPL'\nORDER BY month;`,
      history: { table: 'stocks', key: ['AAPL'] },
    },
    {
      title: 'The best and the worst month',
      sentence: 'Aggregates over all of time, by symbol.',
      sql: `SELECT symbol, COUNT(*) AS months, MIN(price) AS lowest, MAX(price) AS highest,\n       round(AVG(price), 2) AS average\nFROM stocks FOR SYSTEM_TIME ALL\nGROUP BY symbol\nORDER BY highest DESC;`,
    },
    {
      title: 'Before a company was listed',
      sentence: 'GOOG is first listed in August 2004: one month earlier, the table does not have it.',
      sql: `SELECT * FROM stocks ORDER BY symbol AS OF @seq:${at('2004-07')};`,
    },
    {
      title: 'When was it above 200',
      sentence: 'The commits from which and until which a price stood.',
      sql: `SELECT symbol, month, price, system_seq_start, system_seq_end\nFROM stocks FOR SYSTEM_TIME ALL\nWHERE price > 200 AND symbol <> 'GOOG'\nORDER BY system_seq_start;`,
    },
  ];
}

export const stocks: DataSet = {
  id: 'stocks',
  title: 'Share prices',
  sentence: 'Five companies, 2000 to 2010, from vega-datasets',
  build: async () => {
    const { script, monthEnds } = playPrices(readPrices(await prices()));
    return { script, examples: examples(monthEnds) };
  },
  fetchAhead: prices,
};

let fetched: Promise<string> | undefined;

/** The file, fetched once. */
function prices(): Promise<string> {
  fetched ??= fetchPrices().catch((error: unknown) => {
    fetched = undefined;
    throw error;
  });
  return fetched;
}

async function fetchPrices(): Promise<string> {
  const response = await fetch(new URL('data/stocks.csv', document.baseURI));
  if (!response.ok) throw new Error(`the prices could not be loaded: ${response.status}`);
  return response.text();
}
