/** Brings up the page, over the database that was open last. */

import { first } from './first'; // before everything else
import { startApp } from './app';

if (document.readyState === 'loading') {
  await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
}
await startApp(first);
