/** Opens the database that was open last, while the page may still be on its way, then brings up the page. */

import { chosenStorage, lastDataSet, openDatabase } from './open';

const first = openDatabase({ name: lastDataSet(), choice: chosenStorage() });
first.catch(() => undefined); // the app waits for it, and says what went wrong
const { startApp } = await import('./app');
if (document.readyState === 'loading') {
  await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
}
await startApp(first);
