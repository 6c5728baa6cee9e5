/** A warehouse: goods received, picked, counted and corrected; a price with a slipped decimal point; a shelf given up. */

import { Agenda, DAY, HOUR } from './agenda';
import { Random } from './random';
import { Script, values } from './script';
import type { DataSet, Example } from './script';

const PRODUCTS: readonly [sku: string, name: string, bin: string, price: number][] = [
  ['BRG-608', 'Ball bearing 608', 'A-01', 1.9],
  ['BRG-6204', 'Ball bearing 6204', 'A-02', 4.6],
  ['BLT-M6', 'Bolt M6 × 40, box', 'A-04', 7.2],
  ['BLT-M8', 'Bolt M8 × 60, box', 'A-05', 9.8],
  ['NUT-M6', 'Nut M6, box', 'A-06', 4.1],
  ['NUT-M8', 'Nut M8, box', 'A-07', 4.9],
  ['CHN-08B', 'Roller chain 08B', 'B-01', 31.5],
  ['SPR-08B', 'Sprocket 08B', 'B-02', 18.4],
  ['BLT-T5', 'Timing belt T5', 'B-04', 12.7],
  ['PUL-T5', 'Pulley T5', 'B-05', 8.3],
  ['MOT-N17', 'Stepper motor NEMA 17', 'C-01', 24.9],
  ['MOT-N23', 'Stepper motor NEMA 23', 'C-02', 46.0],
  ['DRV-48', 'Motor driver 48 V', 'C-04', 58.0],
  ['PSU-24', 'Power supply 24 V', 'C-05', 99.0],
  ['CBL-5M', 'Cable chain, 5 m', 'D-01', 21.0],
  ['SNS-IND', 'Inductive sensor', 'D-02', 15.6],
  ['VAL-2W', 'Valve, two-way', 'D-04', 37.2],
  ['LUB-400', 'Grease, 400 g', 'D-06', 6.9],
];

const STEPS = 400;
/** The product whose price loses a digit. */
const SLIPPED = 'PSU-24';
/** The product whose stock goes below zero. */
const SHORT = 'DRV-48';
/** The product that is discontinued by mistake. */
const GIVEN_UP = 'CHN-08B';

class Warehouse {
  readonly script = new Script();
  readonly agenda = new Agenda('2026-02-02T06:00Z');
  readonly random = new Random(608);
  readonly marks = { slipped: 0, mended: 0, short: 0, monthEnd: 0, deleted: 0 };
  readonly #onHand = new Map<string, number>();
  #movement = 0;

  run(): void {
    this.script.commit(
      'setup',
      'tables',
      `CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, bin TEXT NOT NULL, on_hand INT NOT NULL, price NUMERIC(8,2) NOT NULL)`,
    );
    this.script.commit(
      'setup',
      'tables',
      `CREATE TABLE movements (id INT PRIMARY KEY, sku TEXT NOT NULL, kind TEXT NOT NULL, quantity INT NOT NULL, moved_at TIMESTAMP NOT NULL)`,
    );
    const rows = PRODUCTS.map(([sku, name, bin, price]) => {
      const stock = this.random.between(30, 120);
      this.#onHand.set(sku, stock);
      return `(${values(sku, name, bin, stock)}, ${price.toFixed(2)})`;
    });
    this.script.commit('setup', 'opening stock', `INSERT INTO products VALUES ${rows.join(', ')}`);
    this.script.commit('mei (buying)', 'overflow shelf for the season', `CREATE TABLE overflow (bin TEXT PRIMARY KEY, sku TEXT, pallets INT NOT NULL)`);
    this.script.commit('mei (buying)', 'overflow shelf for the season', `INSERT INTO overflow VALUES ('X-01', 'BLT-M8', 2), ('X-02', 'MOT-N17', 1), ('X-03', NULL, 0)`);
    for (let step = 0; step < STEPS; step += 1) {
      this.agenda.after(step * 3.6 * HOUR + this.random.between(0, 150), () => this.#move());
    }
    this.agenda.at('2026-02-24T10:12Z', () => this.#slip());
    this.agenda.at('2026-02-28T23:50Z', () => (this.marks.monthEnd = this.script.last));
    this.agenda.at('2026-03-04T15:00Z', () => this.script.commit('mei (buying)', 'season is over', 'DROP TABLE overflow'));
    this.agenda.at('2026-03-11T13:20Z', () => this.#runShort());
    this.agenda.at('2026-03-24T09:45Z', () => this.#giveUp());
    this.agenda.runUntil('2026-04-05T23:59Z');
  }

  // ---- the ordinary day -------------------------------------------------------------------------------------------

  #move(): void {
    const { random } = this;
    const known = PRODUCTS.filter(([sku]) => this.#onHand.has(sku));
    const [sku] = known[random.between(0, known.length - 1)] ?? PRODUCTS[0] ?? [''];
    const stock = this.#onHand.get(sku) ?? 0;
    if (stock < 15) this.#record(sku, 'receive', random.between(40, 120), 'mei (buying)', 'delivery from the supplier');
    else if (random.chance(0.06)) this.#record(sku, 'count', random.between(-4, 3), 'ravi (stock)', 'cycle count');
    else if (random.chance(0.05)) this.#relocate(sku);
    else this.#record(sku, 'pick', -Math.min(stock, random.between(2, 22)), 'scanner', 'picked for an order');
  }

  /** A movement and the stock it leaves behind, in one transaction. */
  #record(sku: string, kind: string, quantity: number, user: string, reason: string): void {
    this.#movement += 1;
    this.#onHand.set(sku, (this.#onHand.get(sku) ?? 0) + quantity);
    this.script.commit(
      user,
      reason,
      `INSERT INTO movements VALUES (${values(this.#movement, sku, kind, quantity, this.agenda.timestamp)})`,
      `UPDATE products SET on_hand = on_hand + ${quantity < 0 ? `(${quantity})` : quantity} WHERE sku = ${values(sku)}`,
    );
  }

  #relocate(sku: string): void {
    const bin = `${'ABCDE'.charAt(this.random.between(0, 4))}-${String(this.random.between(8, 29)).padStart(2, '0')}`;
    this.script.commit('ravi (stock)', 'moved to a better shelf', `UPDATE products SET bin = ${values(bin)} WHERE sku = ${values(sku)}`);
  }

  // ---- the stories ------------------------------------------------------------------------------------------------

  #slip(): void {
    this.script.commit('mei (buying)', 'new price list', `UPDATE products SET price = 9.90 WHERE sku = ${values(SLIPPED)}`);
    this.marks.slipped = this.script.last;
    this.agenda.after(1.5 * DAY, () => {
      this.marks.mended = this.script.last + 1;
      this.script.commit('mei (buying)', 'it is 99.00, not 9.90', `UPDATE products SET price = 99.00 WHERE sku = ${values(SLIPPED)}`);
    });
  }

  #runShort(): void {
    const stock = this.#onHand.get(SHORT) ?? 0;
    this.#record(SHORT, 'pick', -(stock + 7), 'scanner', 'picked twice by mistake');
    this.marks.short = this.script.last;
    this.#record(SHORT, 'count', stock + 7, 'ravi (stock)', 'recount: was never taken');
  }

  #giveUp(): void {
    this.#onHand.delete(GIVEN_UP);
    this.script.commit('mei (buying)', 'discontinued (wrong line of the list)', `DELETE FROM products WHERE sku = ${values(GIVEN_UP)}`);
    this.marks.deleted = this.script.last;
  }
}

function examples({ slipped, mended, short, monthEnd, deleted }: Warehouse['marks']): Example[] {
  return [
    {
      title: 'The shelves, at any moment',
      sentence: 'Drag the slider and watch the stock rise and fall; what differs from now is marked.',
      sql: `SELECT sku, name, bin, on_hand, price, on_hand * price AS value\nFROM products\nORDER BY sku;`,
    },
    {
      title: 'Value at the end of February',
      sentence: 'What the stock was worth when the books were closed, and what the same shelves are worth now.',
      sql: `-- the last commit of February\nSELECT COUNT(*) AS products, SUM(on_hand) AS pieces, SUM(on_hand * price) AS value\nFROM products FOR SYSTEM_TIME AS OF @seq:${monthEnd};\n\n-- now\nSELECT COUNT(*) AS products, SUM(on_hand) AS pieces, SUM(on_hand * price) AS value\nFROM products;`,
    },
    {
      title: 'How long was the price wrong',
      sentence: 'A power supply cost 9.90 for a day and a half. Every price it ever had, with the commits from and to.',
      sql: `SELECT price, MIN(system_seq_start) AS since, MAX(system_seq_end) AS until, COUNT(*) AS versions\nFROM products FOR SYSTEM_TIME ALL\nWHERE sku = '${SLIPPED}'\nGROUP BY price\nORDER BY since;`,
      history: { table: 'products', key: [SLIPPED] },
    },
    {
      title: 'What was sold at that price',
      sentence: 'Movements that were new between the two moments: what is there at the second and not at the first.',
      sql: `SELECT id, sku, kind, quantity, moved_at\nFROM movements FOR SYSTEM_TIME AS OF @seq:${mended}\nWHERE sku = '${SLIPPED}'\n  AND id NOT IN (SELECT id FROM movements FOR SYSTEM_TIME AS OF @seq:${slipped})\nORDER BY id;`,
    },
    {
      title: 'Who made it negative',
      sentence: 'Stock below zero should not happen. It did, for one commit: here is which, and the panel says who.',
      sql: `SELECT sku, on_hand, system_seq_start, system_seq_end, system_time_start\nFROM products FOR SYSTEM_TIME ALL\nWHERE on_hand < 0;\n-- @seq:${short} is that commit`,
      history: { table: 'products', key: [SHORT] },
    },
    {
      title: 'Compare two moments',
      sentence: 'One join: stock at the end of February next to stock now, the largest movement first.',
      sql: `SELECT today.sku, today.name, feb.on_hand AS february, today.on_hand AS today,\n       today.on_hand - feb.on_hand AS difference\nFROM products AS today\nJOIN products FOR SYSTEM_TIME AS OF @seq:${monthEnd} AS feb ON feb.sku = today.sku\nORDER BY abs(today.on_hand - feb.on_hand) DESC, today.sku;`,
    },
    {
      title: 'Bring back what was deleted',
      sentence: 'The roller chain was discontinued by mistake. It is one commit away; the panel restores it.',
      sql: `SELECT *\nFROM products FOR SYSTEM_TIME AS OF @seq:${deleted - 1}\nWHERE sku = '${GIVEN_UP}';`,
      history: { table: 'products', key: [GIVEN_UP] },
    },
  ];
}

export const inventory: DataSet = {
  id: 'inventory',
  title: 'Warehouse stock',
  sentence: 'Nine weeks of deliveries, picks and recounts',
  build: async () => {
    const warehouse = new Warehouse();
    warehouse.run();
    return { script: warehouse.script, examples: examples(warehouse.marks) };
  },
};
