/** The data sets that load in a click, and the visitor's own database. */

import { inventory } from './inventory';
import { orders } from './orders';
import { own } from './own';
import type { DataSet } from './script';
import { stocks } from './stocks';
import { users } from './users';

export const DATA_SETS: readonly [DataSet, ...DataSet[]] = [own, orders, users, inventory, stocks];
