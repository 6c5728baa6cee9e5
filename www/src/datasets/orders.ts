/** A small shop's orders, January to March: placed, paid, shipped, delivered; some cancelled, some refunded, one lost. */

import { Agenda, DAY, HOUR } from './agenda';
import { Random } from './random';
import { Script, values } from './script';
import type { DataSet, Example } from './script';

const ORDERS = 104;
/** The order whose address is corrected while it is on its way. */
const CALLED_ABOUT = 17;
/** The order that a tidy-up deletes by mistake. */
const LOST = 31;

const CUSTOMERS: readonly [name: string, city: string, address: string][] = [
  ['Mira Okafor', 'Lagos', '14 Marina Road'],
  ['Jonas Lindqvist', 'Malmö', 'Östergatan 9'],
  ['Camille Roux', 'Lyon', '3 rue des Tables Claudiennes'],
  ['Tomás Herrera', 'Valparaíso', 'Cerro Alegre 221'],
  ['Aiko Tanaka', 'Kyoto', '5-2 Teramachi-dori'],
  ['Priya Nair', 'Kochi', '28 Princess Street'],
  ['Ewan MacLeod', 'Inverness', '7 Ness Walk'],
  ['Zeynep Arslan', 'İzmir', 'Kordon 112'],
  ['Lucía Fernández', 'Oviedo', 'Calle Uría 18'],
  ['Noah Weber', 'Zürich', 'Langstrasse 84'],
  ['Hana Kovářová', 'Brno', 'Kobližná 6'],
  ['Samuel Osei', 'Accra', '40 Ring Road'],
  ['Ingrid Dahl', 'Bergen', 'Strandgaten 51'],
  ['Marco Bellini', 'Bologna', 'Via Zamboni 22'],
  ['Leila Haddad', 'Beirut', '9 Gouraud Street'],
  ['Daniel Cohen', 'Haifa', '31 HaNassi Avenue'],
  ['Sofia Papadaki', 'Chania', 'Halidon 15'],
  ['Oleh Shevchenko', 'Lviv', 'Rynok Square 12'],
  ['Grace Kim', 'Busan', '88 Haeundae-ro'],
  ['Patrick O’Brien', 'Galway', '2 Quay Street'],
];

const GOODS: readonly [product: string, price: number][] = [
  ['Wool blanket', 89.0],
  ['Enamel kettle', 46.5],
  ['Oak cutting board', 38.0],
  ['Linen apron', 32.9],
  ['Brass lamp', 124.0],
  ['Stoneware mug', 14.5],
  ['Beeswax candles', 19.8],
  ['Cast-iron pan', 72.0],
  ['Leather notebook', 27.4],
  ['Cotton hammock', 65.0],
];

interface Order {
  id: number;
  customer: string;
  total: number;
  status: string;
}

/** The shop while its history is written. */
class Shop {
  readonly script = new Script();
  readonly agenda = new Agenda('2026-01-05T08:00Z');
  readonly random = new Random(20260105);
  readonly #orders = new Map<number, Order>();
  readonly marks = { endOfFebruary: 0, called: 0, deleted: 0, mistake: 0 };

  open(): void {
    const { script } = this;
    script.commit(
      'dana (engineering)',
      'first schema',
      `CREATE TABLE customers (id INT PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, address TEXT NOT NULL)`,
    );
    script.commit(
      'dana (engineering)',
      'first schema',
      `CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT NOT NULL, status TEXT NOT NULL, total NUMERIC(10,2) NOT NULL, ` +
        `ship_to TEXT NOT NULL, ordered_on DATE NOT NULL, changed_at TIMESTAMP NOT NULL)`,
    );
    script.commit(
      'dana (engineering)',
      'first schema',
      `CREATE TABLE order_lines (order_id INT, line INT, product TEXT NOT NULL, quantity INT NOT NULL, price NUMERIC(10,2) NOT NULL, ` +
        `PRIMARY KEY (order_id, line))`,
    );
    const rows = CUSTOMERS.map(([name, city, address], at) => `(${values(at + 1, name, city, address)})`);
    script.commit('dana (engineering)', 'customers of the old shop', `INSERT INTO customers VALUES ${rows.join(', ')}`);
    script.commit('rosa (marketing)', 'spring campaign', `CREATE TABLE coupons (code TEXT PRIMARY KEY, percent INT NOT NULL)`);
    script.commit('rosa (marketing)', 'spring campaign', `INSERT INTO coupons VALUES ('SPRING10', 10), ('HELLO5', 5)`);
    this.agenda.at('2026-02-20T09:00Z', () => script.commit('rosa (marketing)', 'campaign is over', 'DROP TABLE coupons'));
    this.agenda.at('2026-03-01T00:00Z', () => (this.marks.endOfFebruary = script.last));
    this.agenda.at('2026-03-12T16:40Z', () => this.#refundByMistake());
    this.agenda.at('2026-03-17T11:05Z', () => this.#loseOrder());
    for (let id = 1; id <= ORDERS; id += 1) {
      this.agenda.after((id - 1) * 0.78 * DAY + this.random.between(0, 9) * HOUR, () => this.#place(id));
    }
    this.agenda.runUntil('2026-03-31T23:59Z');
  }

  // ---- the life of an order ---------------------------------------------------------------------------------------

  #place(id: number): void {
    const { random } = this;
    const customer = id === CALLED_ABOUT ? 1 : random.between(1, CUSTOMERS.length);
    const [name, , address] = CUSTOMERS[customer - 1] ?? ['', '', ''];
    const lines = Array.from({ length: random.between(1, 3) }, (_, at) => {
      const [product, price] = GOODS[(id * 3 + at * 7 + random.between(0, 2)) % GOODS.length] ?? ['', 0];
      return { line: at + 1, product, quantity: random.between(1, 3), price };
    });
    const total = lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    this.#orders.set(id, { id, customer: name, total, status: 'pending' });
    this.script.commit(
      'web shop',
      `${name} placed an order`,
      `INSERT INTO orders VALUES (${values(id, customer, 'pending')}, ${total.toFixed(2)}, ${values(address, this.agenda.date, this.agenda.timestamp)})`,
      `INSERT INTO order_lines VALUES ${lines.map(({ line, product, quantity, price }) => `(${values(id, line, product, quantity)}, ${price.toFixed(2)})`).join(', ')}`,
    );
    if (id !== CALLED_ABOUT && id !== LOST && random.chance(0.1)) {
      this.#later(random.between(4, 30) * HOUR, id, 'pending', 'cancelled', 'web shop', 'cancelled by the customer');
    } else {
      this.#later(random.between(1, 20) * HOUR, id, 'pending', 'paid', 'payments', 'card payment received', () => this.#pack(id));
    }
  }

  #pack(id: number): void {
    const { random } = this;
    if (id !== CALLED_ABOUT && id !== LOST && random.chance(0.05)) {
      this.#later(random.between(6, 30) * HOUR, id, 'paid', 'refunded', 'tom (support)', 'out of stock, money returned');
      return;
    }
    this.#later(random.between(16, 60) * HOUR, id, 'paid', 'shipped', 'warehouse', 'handed to the carrier', () => this.#deliver(id));
  }

  #deliver(id: number): void {
    const { random } = this;
    if (id === CALLED_ABOUT) this.agenda.after(9 * HOUR, () => this.#correctAddress());
    this.#later(random.between(30, 110) * HOUR, id, 'shipped', 'delivered', 'carrier', 'signed for', () => {
      if (id !== CALLED_ABOUT && id !== LOST && random.chance(0.16)) {
        this.#later(random.between(5, 16) * DAY, id, 'delivered', 'refunded', 'tom (support)', 'sent back by the customer');
      }
    });
  }

  /** A change of status some time from now, unless the order has gone another way by then. */
  #later(minutes: number, id: number, from: string, to: string, user: string, reason: string, then?: () => void): void {
    this.agenda.after(minutes, () => {
      const order = this.#orders.get(id);
      if (order?.status !== from) return;
      order.status = to;
      this.script.commit(user, reason, this.#setStatus(`id = ${id}`, to));
      then?.();
    });
  }

  #setStatus(where: string, status: string): string {
    return `UPDATE orders SET status = ${values(status)}, changed_at = ${values(this.agenda.timestamp)} WHERE ${where}`;
  }

  // ---- the stories ------------------------------------------------------------------------------------------------

  #correctAddress(): void {
    this.marks.called = this.script.last;
    this.script.commit(
      'tom (support)',
      'Mira called: she has moved',
      `UPDATE orders SET ship_to = '3 Bishop Street', changed_at = ${values(this.agenda.timestamp)} WHERE id = ${CALLED_ABOUT}`,
    );
  }

  /** Someone forgets the second half of a WHERE; it is noticed and put right within the hour. */
  #refundByMistake(): void {
    const hit = [...this.#orders.values()].filter(({ status }) => status === 'shipped');
    this.script.commit('sam (intern)', 'refund order 71', this.#setStatus(`status = 'shipped'`, 'refunded'));
    this.marks.mistake = this.script.last;
    for (const order of hit) {
      this.script.commit('tom (support)', 'undo: was not to be refunded', this.#setStatus(`id = ${order.id}`, 'shipped'));
    }
  }

  #loseOrder(): void {
    this.#orders.delete(LOST);
    this.script.commit(
      'sam (intern)',
      'tidied up test orders',
      `DELETE FROM order_lines WHERE order_id = ${LOST}`,
      `DELETE FROM orders WHERE id = ${LOST}`,
    );
    this.marks.deleted = this.script.last;
  }
}

function examples({ endOfFebruary, called, deleted, mistake }: Shop['marks']): Example[] {
  return [
    {
      title: 'The board, at any moment',
      sentence: 'Drag the slider: the same question is asked of every commit of three months.',
      sql: `SELECT id, status, total, ship_to, ordered_on, changed_at\nFROM orders\nORDER BY id DESC;`,
    },
    {
      title: 'When the customer called',
      sentence: `Mira says that she was told the old address. What did order ${CALLED_ABOUT} look like when she called?`,
      sql: `-- the commit before support changed it\nSELECT id, status, ship_to, changed_at\nFROM orders FOR SYSTEM_TIME AS OF @seq:${called}\nWHERE id = ${CALLED_ABOUT};`,
    },
    {
      title: 'Last month’s report',
      sentence: 'February as it was reported on its last night, next to what the same orders add up to now.',
      sql: `-- as reported (@seq:${endOfFebruary} is the last commit of February)\nSELECT status, COUNT(*) AS orders, SUM(total) AS total\nFROM orders FOR SYSTEM_TIME AS OF @seq:${endOfFebruary}\nWHERE ordered_on BETWEEN '2026-02-01' AND '2026-02-28'\nGROUP BY status ORDER BY status;\n\n-- the same question today\nSELECT status, COUNT(*) AS orders, SUM(total) AS total\nFROM orders\nWHERE ordered_on BETWEEN '2026-02-01' AND '2026-02-28'\nGROUP BY status ORDER BY status;`,
    },
    {
      title: 'Compare two moments',
      sentence: 'One join of a table with its own past: the orders whose status is not what the report said.',
      sql: `SELECT past.id, past.status AS reported, today.status AS today, today.total\nFROM orders FOR SYSTEM_TIME AS OF @seq:${endOfFebruary} AS past\nJOIN orders AS today ON today.id = past.id\nWHERE past.status <> today.status\nORDER BY past.id;`,
    },
    {
      title: 'Who changed this row',
      sentence: `Every version of order ${CALLED_ABOUT}, with the commits it lived from and to. The panel says who and why.`,
      sql: `SELECT status, ship_to, system_seq_start, system_seq_end, system_time_start\nFROM orders FOR SYSTEM_TIME ALL\nWHERE id = ${CALLED_ABOUT}\nORDER BY system_seq_start;`,
      history: { table: 'orders', key: [CALLED_ABOUT] },
    },
    {
      title: 'Bring back what was deleted',
      sentence: `Order ${LOST} was tidied away by mistake. It is still there, one commit earlier; the panel brings it back.`,
      sql: `SELECT *\nFROM orders FOR SYSTEM_TIME AS OF @seq:${deleted - 1}\nWHERE id = ${LOST};`,
      history: { table: 'orders', key: [LOST] },
    },
    {
      title: 'What a wrong UPDATE hit',
      sentence: 'An UPDATE lacked half of its WHERE. Which orders did it refund, and what were they before?',
      sql: `SELECT before.id, before.status AS was, after.status AS became, after.total\nFROM orders FOR SYSTEM_TIME AS OF @seq:${mistake - 1} AS before\nJOIN orders FOR SYSTEM_TIME AS OF @seq:${mistake} AS after ON after.id = before.id\nWHERE before.status <> after.status\nORDER BY before.id;`,
    },
    {
      title: 'A table that was dropped',
      sentence: 'The coupons are gone, and can be read as they were. The panel lists the table again when the slider goes back.',
      sql: `SELECT * FROM coupons AS OF @seq:10;`,
    },
  ];
}

export const orders: DataSet = {
  id: 'orders',
  title: 'Shop orders',
  sentence: 'Three months of a shop: paid, shipped, delivered, refunded',
  build: async () => {
    const shop = new Shop();
    shop.open();
    return { script: shop.script, examples: examples(shop.marks) };
  },
};
