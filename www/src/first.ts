/**
 * What does not wait for the page: the database that was open last is opened, and asked what stood in the editor. Both are
 * on their way before the rest of the page's script has run.
 */

import type { DatabaseApi } from 'driftdb-wasm';
import { ask } from './ask';
import type { Asked } from './ask';
import { chosenStorage, lastCommit, lastDataSet, openDatabase } from './open';
import { keptDraft } from './settings';
import { namesMoment, questionOf, split } from './sql';

export interface First {
  db: Promise<DatabaseApi>;
  /** Undefined where nothing is kept, neither data nor a question. */
  asked: Promise<Asked | undefined>;
}

function begin(): First {
  const name = lastDataSet();
  const db = openDatabase({ name, choice: chosenStorage() });
  const asked = db.then((opened) => askDraft(opened, name));
  asked.catch(() => undefined); // the app waits for the database, and says what went wrong
  return { db, asked };
}

function askDraft(db: DatabaseApi, name: string): Asked | undefined {
  const question = questionOf(split(keptDraft(name) ?? ''));
  if (!question || namesMoment(question) || lastCommit(db.info) === null) return undefined;
  const reply = ask(db, question.text);
  reply.catch(() => undefined); // whoever takes it over hears of it
  return { text: question.text, reply };
}

export const first = begin();
