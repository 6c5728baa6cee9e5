// From the start of the navigation to the first answer of a database in OPFS.

import { Database } from '../../pkg/dist/index.js';

const db = await Database.open('opfs://first');
await db.query('SELECT 1');
window.answered = performance.now();
