/** Runs before the first paint, so that a chosen theme does not flash the other one. */

import { recall } from './settings';

const chosen = recall('theme');
if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;
