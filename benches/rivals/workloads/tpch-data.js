// The eight tables of TPC-H with the keys, ranges and frequencies that its specification gives, in a generator of their own: texts that no
// query reads are short, and rows are not those of dbgen.

import { generator } from '../random.js';

const NATIONS = 'ALGERIA ARGENTINA BRAZIL CANADA EGYPT ETHIOPIA FRANCE GERMANY INDIA INDONESIA IRAN IRAQ JAPAN JORDAN KENYA MOROCCO MOZAMBIQUE PERU CHINA ROMANIA SAUDI_ARABIA VIETNAM RUSSIA UNITED_KINGDOM UNITED_STATES'
  .split(' ')
  .map((name) => name.replace('_', ' '));
const REGION_OF = [0, 1, 1, 1, 4, 0, 3, 3, 2, 2, 4, 4, 2, 4, 0, 0, 0, 1, 2, 3, 4, 2, 3, 3, 1];
const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];
const COLOURS =
  'almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood chartreuse chiffon chocolate coral cornflower cream cyan dark dim dodger drab firebrick floral forest frosted ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow'.split(
    ' ',
  );
const TYPES = [['STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO'], ['ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED'], ['TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER']];
const CONTAINERS = [['SM', 'LG', 'MED', 'JUMBO', 'WRAP'], ['CASE', 'BOX', 'BAG', 'JAR', 'PKG', 'PACK', 'CAN', 'DRUM']];
const SEGMENTS = ['AUTOMOBILE', 'BUILDING', 'FURNITURE', 'MACHINERY', 'HOUSEHOLD'];
const PRIORITIES = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
const INSTRUCTIONS = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'];
const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB'];
const WORDS = 'furiously quickly carefully blithely slyly ironic final bold express regular pending even silent unusual packages accounts deposits foxes ideas theodolites pinto beans instructions dependencies'.split(' ');

const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(1992, 0, 1) / DAY;
/** The last day on which one orders is 121 days before the end of 1998. */
const ORDER_DAYS = Date.UTC(1998, 7, 2) / DAY - FIRST_DAY + 1;
const CURRENT_DAY = Date.UTC(1995, 5, 17) / DAY;
const date = (day) => new Date(day * DAY).toISOString().slice(0, 10);

const INT = 'INTEGER';
const MONEY = 'DECIMAL(15,2)';
const text = (length) => `VARCHAR(${length})`;

/** The columns of each table, in the order of their values; the first ones are its key. */
export const TABLES = {
  region: { key: 1, columns: { r_regionkey: INT, r_name: text(25), r_comment: text(152) } },
  nation: { key: 1, columns: { n_nationkey: INT, n_name: text(25), n_regionkey: INT, n_comment: text(152) } },
  supplier: { key: 1, columns: { s_suppkey: INT, s_name: text(25), s_address: text(40), s_nationkey: INT, s_phone: text(15), s_acctbal: MONEY, s_comment: text(101) } },
  part: { key: 1, columns: { p_partkey: INT, p_name: text(55), p_mfgr: text(25), p_brand: text(10), p_type: text(25), p_size: INT, p_container: text(10), p_retailprice: MONEY, p_comment: text(40) } },
  partsupp: { key: 2, columns: { ps_partkey: INT, ps_suppkey: INT, ps_availqty: INT, ps_supplycost: MONEY, ps_comment: text(199) } },
  customer: { key: 1, columns: { c_custkey: INT, c_name: text(25), c_address: text(40), c_nationkey: INT, c_phone: text(15), c_acctbal: MONEY, c_mktsegment: text(10), c_comment: text(117) } },
  orders: { key: 1, columns: { o_orderkey: INT, o_custkey: INT, o_orderstatus: text(1), o_totalprice: MONEY, o_orderdate: 'DATE', o_orderpriority: text(15), o_clerk: text(15), o_shippriority: INT, o_comment: text(79) } },
  lineitem: {
    key: 0,
    columns: {
      l_orderkey: INT, l_partkey: INT, l_suppkey: INT, l_linenumber: INT, l_quantity: MONEY, l_extendedprice: MONEY, l_discount: MONEY, l_tax: MONEY,
      l_returnflag: text(1), l_linestatus: text(1), l_shipdate: 'DATE', l_commitdate: 'DATE', l_receiptdate: 'DATE', l_shipinstruct: text(25), l_shipmode: text(10), l_comment: text(44),
    },
  },
};

/** The rows of every table at a scale factor. */
export function makeTables(factor) {
  const random = generator(1_992_199);
  const between = (least, most) => least + random(most - least + 1);
  const one = (list) => list[random(list.length)];
  const money = (least, most) => between(least * 100, most * 100) / 100;
  const words = (count) => Array.from({ length: count }, () => one(WORDS)).join(' ');
  const phone = (nation) => `${10 + nation}-${between(100, 999)}-${between(100, 999)}-${between(1000, 9999)}`;
  const numbered = (name, key) => `${name}#${String(key).padStart(9, '0')}`;
  const list = (count, row) => Array.from({ length: count }, (_, place) => row(place + 1));

  const suppliers = Math.round(10_000 * factor);
  const parts = Math.round(200_000 * factor);
  const customers = Math.round(150_000 * factor);
  const price = (part) => (90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000)) / 100;
  const supplierOf = (part, place) => ((part + place * (Math.floor(suppliers / 4) + Math.floor((part - 1) / suppliers))) % suppliers) + 1;

  const tables = { orders: [], lineitem: [] };
  tables.region = REGIONS.map((name, key) => [key, name, words(5)]);
  tables.nation = NATIONS.map((name, key) => [key, name, REGION_OF[key], words(5)]);
  tables.supplier = list(suppliers, (key) => {
    const nation = random(25);
    const comment = key % 2000 === 77 ? 'sly Customer heard Complaints' : words(6);
    return [key, numbered('Supplier', key), words(2), nation, phone(nation), money(-999, 9999), comment];
  });
  tables.part = list(parts, (key) => {
    const maker = between(1, 5);
    const name = Array.from({ length: 5 }, () => one(COLOURS)).join(' ');
    const kind = TYPES.map(one).join(' ');
    return [key, name, `Manufacturer#${maker}`, `Brand#${maker}${between(1, 5)}`, kind, between(1, 50), CONTAINERS.map(one).join(' '), price(key), words(2)];
  });
  tables.partsupp = list(parts * 4, (row) => {
    const part = Math.floor((row - 1) / 4) + 1;
    return [part, supplierOf(part, (row - 1) % 4), between(1, 9999), money(1, 1000), words(8)];
  });
  tables.customer = list(customers, (key) => {
    const nation = random(25);
    return [key, numbered('Customer', key), words(2), nation, phone(nation), money(-999, 9999), one(SEGMENTS), words(8)];
  });
  for (let place = 0; place < customers * 10; place += 1) {
    // Of 32 keys 8 are used, and a third of the customers never order.
    const order = (place >> 3) * 32 + (place & 7) + 1;
    const customer = between(1, customers);
    const ordered = FIRST_DAY + random(ORDER_DAYS);
    let total = 0;
    let shippedLines = 0;
    const lines = between(1, 7);
    for (let line = 1; line <= lines; line += 1) {
      const part = between(1, parts);
      const quantity = between(1, 50);
      const extended = Math.round(quantity * price(part) * 100) / 100;
      const [discount, tax] = [random(11) / 100, random(9) / 100];
      const shipped = ordered + between(1, 121);
      const received = shipped + between(1, 30);
      const status = shipped > CURRENT_DAY ? 'O' : 'F';
      if (status === 'F') shippedLines += 1;
      total += extended * (1 + tax) * (1 - discount);
      const returned = received <= CURRENT_DAY ? one(['R', 'A']) : 'N';
      const dates = [date(shipped), date(ordered + between(30, 90)), date(received)];
      tables.lineitem.push([order, part, supplierOf(part, random(4)), line, quantity, extended, discount, tax, returned, status, ...dates, one(INSTRUCTIONS), one(MODES), words(3)]);
    }
    const status = shippedLines === lines ? 'F' : shippedLines === 0 ? 'O' : 'P';
    const comment = place % 97 === 0 ? `${one(WORDS)} special ${one(WORDS)} requests` : words(5);
    tables.orders.push([order, customer - (customer % 3 === 0 ? 1 : 0), status, Math.round(total * 100) / 100, date(ordered), one(PRIORITIES), numbered('Clerk', between(1, Math.max(1, Math.round(1000 * factor)))), 0, comment]);
  }
  return tables;
}
