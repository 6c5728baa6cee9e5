/** The visitor's own database, which begins empty, and the quick start that it is offered. */

import { Script } from './script';
import type { DataSet, Example } from './script';

export const QUICK_START = `CREATE TABLE events (id INT PRIMARY KEY, data VARCHAR);
INSERT INTO events (id, data) VALUES (1, 'original');
UPDATE events SET data = 'modified' WHERE id = 1;
SELECT * FROM events AS OF @seq:1;  -- original
SELECT * FROM events;               -- modified`;

const examples: Example[] = [
  {
    title: 'Quick start',
    sentence: 'Three commits, and the same question asked of two moments. Begins with an empty database.',
    sql: QUICK_START,
  },
  {
    title: 'Every version of a row',
    sentence: 'All states that row 1 has been in, each with the commits it lived from and to.',
    sql: `SELECT *, system_seq_start, system_seq_end\nFROM events FOR SYSTEM_TIME ALL\nWHERE id = 1\nORDER BY system_seq_start;`,
    history: { table: 'events', key: [1] },
  },
  {
    title: 'Delete it, and look again',
    sentence: 'A DELETE ends a version; it does not destroy it. Run this, then choose the row.',
    sql: `DELETE FROM events WHERE id = 1;\nSELECT * FROM events;\nSELECT * FROM events FOR SYSTEM_TIME AS OF @seq:2;`,
  },
  {
    title: 'Drop the table',
    sentence: 'Even a dropped table can be asked as of a moment when it was there.',
    sql: `DROP TABLE events;\nSELECT * FROM events AS OF @seq:2;`,
  },
  {
    title: 'As of a time',
    sentence: 'Moments can be times as well as sequence numbers: this one is now.',
    sql: `SELECT * FROM events FOR SYSTEM_TIME AS OF now();`,
  },
];

export const own: DataSet = {
  id: 'own',
  title: 'Your own database',
  sentence: 'Begins empty, with the quick start',
  build: async () => ({ script: new Script(), examples }),
};
