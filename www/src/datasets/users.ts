/** The accounts of a company: invited, active, suspended, gone; viewers, editors, admins; and an afternoon of trouble. */

import { Agenda, DAY, HOUR } from './agenda';
import { Random } from './random';
import { Script, values } from './script';
import type { DataSet, Example } from './script';

const GIVEN = 'Ada Ben Chiara Dmitri Elif Farid Greta Hugo Isla Jun Kwame Lena Mateus Nadia Omar Paula Quentin Ruth Stefan Tara Uma Viktor Wanda Xavier Yara Zoe'.split(' ');
const FAMILY = 'Almeida Berg Castro Dubois Eriksen Fischer Garcia Horvat Ito Jensen Khan Laurent Moreau Novak Olsen Petrov Quinn Rossi Silva Tanaka'.split(' ');
const ACCOUNTS = 72;
/** Who is taken for someone else when they leave. */
const MISTAKEN = 23;
/** The account that is made admin from a stolen session. */
const INTRUDER = 41;
/** Whose story the examples tell. */
const FOLLOWED = 9;

interface Account {
  id: number;
  name: string;
  role: 'viewer' | 'editor' | 'admin';
  state: 'invited' | 'active' | 'suspended' | 'deactivated';
}

class Company {
  readonly script = new Script();
  readonly agenda = new Agenda('2025-09-01T08:00Z');
  readonly random = new Random(901);
  readonly marks = { exported: 0, invoice: 0, deleted: 0, taken: 0 };
  readonly #accounts = new Map<number, Account>();

  run(): void {
    this.script.commit(
      'ops',
      'set up',
      `CREATE TABLE users (id INT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, role TEXT NOT NULL, ` +
        `state TEXT NOT NULL, invited_on DATE NOT NULL, seen_on DATE)`,
    );
    this.script.commit('ops', 'set up', `CREATE TABLE plans (name TEXT PRIMARY KEY, price_per_seat NUMERIC(6,2) NOT NULL)`);
    this.script.commit('ops', 'price list', `INSERT INTO plans VALUES ('viewer', 0.00), ('editor', 9.00), ('admin', 15.00)`);
    for (let id = 1; id <= ACCOUNTS; id += 1) {
      this.agenda.after((id - 1) * 1.9 * DAY + this.random.between(0, 8) * HOUR, () => this.#invite(id));
    }
    this.agenda.at('2025-12-31T23:59Z', () => (this.marks.invoice = this.script.last));
    this.agenda.at('2026-01-15T09:00Z', () =>
      this.script.commit('ops', 'prices of the new year', `UPDATE plans SET price_per_seat = 11.00 WHERE name = 'editor'`),
    );
    this.agenda.at('2026-01-22T14:10Z', () => this.#trouble());
    this.agenda.at('2026-02-03T10:30Z', () => this.#removeTheWrongOne());
    this.agenda.runUntil('2026-02-28T23:59Z');
  }

  // ---- the life of an account -------------------------------------------------------------------------------------

  #invite(id: number): void {
    const given = GIVEN[(id * 7) % GIVEN.length] ?? 'Ada';
    const family = FAMILY[(id * 3 + Math.floor(id / 20)) % FAMILY.length] ?? 'Berg';
    const account: Account = { id, name: `${given} ${family}`, role: id <= 2 ? 'admin' : 'viewer', state: 'invited' };
    this.#accounts.set(id, account);
    const email = `${given}.${family}${id}@example.com`.toLowerCase();
    this.script.commit(
      id === 1 ? 'ops' : this.#someAdmin(),
      'joins the company',
      `INSERT INTO users VALUES (${values(id, account.name, email, account.role, 'invited', this.agenda.date, null)})`,
    );
    this.#later(this.random.between(2, 60) * HOUR, id, () => this.#activate(account));
  }

  #activate(account: Account): void {
    account.state = 'active';
    this.#update(account, account.name, 'accepted the invitation', `state = 'active', seen_on = ${values(this.agenda.date)}`);
    this.#later(this.random.between(5, 30) * DAY, account.id, () => this.#live(account));
  }

  /** What happens to an account that is in use; one thing leads to the next. */
  #live(account: Account): void {
    const { random } = this;
    const kind = random.between(0, 9);
    if (account.state === 'suspended') this.#setState(account, 'active', 'cleared after a talk');
    else if (kind <= 3 && account.role === 'viewer') this.#setRole(account, 'editor', 'writes for the handbook now');
    else if (kind <= 1 && account.role === 'editor') this.#setRole(account, 'admin', 'leads a team');
    else if (kind === 2 && account.role === 'admin' && account.id > 2) this.#setRole(account, 'editor', 'hands over the team');
    else if (kind === 4 && account.id > 2) this.#setState(account, 'suspended', 'password seen in a leak');
    else if (kind === 5 && account.id > 30 && account.id !== INTRUDER) {
      this.#setState(account, 'deactivated', 'contract ended');
      return;
    } else {
      this.#update(account, account.name, 'signed in', `seen_on = ${values(this.agenda.date)}`);
    }
    this.#later(random.between(6, 24) * DAY, account.id, () => this.#live(account));
  }

  #setRole(account: Account, role: Account['role'], reason: string): void {
    const admin = this.#someAdmin();
    account.role = role;
    this.#update(account, admin, reason, `role = ${values(role)}`);
  }

  #setState(account: Account, state: Account['state'], reason: string): void {
    account.state = state;
    this.#update(account, this.#someAdmin(), reason, `state = ${values(state)}`);
  }

  #update({ id }: Account, user: string, reason: string, set: string): void {
    this.script.commit(user, reason, `UPDATE users SET ${set} WHERE id = ${id}`);
  }

  /** Later, if the account is still there. */
  #later(minutes: number, id: number, run: () => void): void {
    this.agenda.after(minutes, () => {
      if (this.#accounts.has(id)) run();
    });
  }

  #someAdmin(): string {
    const admins = [...this.#accounts.values()].filter(({ role, state }) => role === 'admin' && state === 'active');
    return admins.length === 0 ? 'ops' : (admins[this.random.between(0, admins.length - 1)]?.name ?? 'ops');
  }

  // ---- the stories ------------------------------------------------------------------------------------------------

  #trouble(): void {
    const first = this.#accounts.get(1);
    const intruder = this.#accounts.get(INTRUDER);
    if (!first || !intruder) return;
    const role = intruder.role;
    this.#update(intruder, first.name, 'no reason given', `role = 'admin', state = 'active'`);
    this.marks.taken = this.script.last;
    this.script.commit(intruder.name, 'payroll export', `UPDATE users SET seen_on = ${values(this.agenda.date)} WHERE id = ${INTRUDER}`);
    this.marks.exported = this.script.last;
    this.script.commit(intruder.name, 'no reason given', `UPDATE users SET state = 'suspended' WHERE role = 'admin' AND id <> ${INTRUDER}`);
    this.script.commit('ops', 'stolen session ended', `UPDATE users SET role = ${values(role)}, state = 'suspended' WHERE id = ${INTRUDER}`);
    for (const account of this.#accounts.values()) {
      if (account.role !== 'admin' || account.id === INTRUDER || account.state === 'deactivated') continue;
      this.#update(account, 'ops', 'access given back', `state = ${values(account.state)}`);
    }
    intruder.state = 'suspended';
  }

  #removeTheWrongOne(): void {
    this.#accounts.delete(MISTAKEN);
    this.script.commit(this.#someAdmin(), 'left the company (same family name)', `DELETE FROM users WHERE id = ${MISTAKEN}`);
    this.marks.deleted = this.script.last;
  }
}

function examples({ exported, invoice, deleted, taken }: Company['marks']): Example[] {
  return [
    {
      title: 'Everyone, at any moment',
      sentence: 'Drag the slider and watch people join, change roles and leave.',
      sql: `SELECT id, name, role, state, seen_on, email\nFROM users\nORDER BY id;`,
    },
    {
      title: 'Who was admin at that minute',
      sentence: 'Payroll was exported at a known moment. Who had the rights just then, whatever they have now?',
      sql: `-- the moment of the export\nSELECT id, name, role, state\nFROM users FOR SYSTEM_TIME AS OF @seq:${exported}\nWHERE role = 'admin' AND state = 'active'\nORDER BY id;`,
    },
    {
      title: 'Who changed this row',
      sentence: `Account ${INTRUDER} was admin for two commits. The panel says who made it one and who ended it.`,
      sql: `SELECT role, state, system_seq_start, system_seq_end\nFROM users FOR SYSTEM_TIME ALL\nWHERE id = ${INTRUDER}\nORDER BY system_seq_start;`,
      history: { table: 'users', key: [INTRUDER] },
    },
    {
      title: 'The invoice of December',
      sentence: 'Seats and prices as they were on the last night of the year: both tables as of one moment.',
      sql: `SELECT u.role, COUNT(*) AS seats, p.price_per_seat, SUM(p.price_per_seat) AS total\nFROM users AS u\nJOIN plans AS p ON p.name = u.role\nWHERE u.state = 'active'\nGROUP BY u.role, p.price_per_seat\nORDER BY u.role\nAS OF @seq:${invoice};`,
    },
    {
      title: 'What the intruder changed',
      sentence: 'The accounts before and after, joined: exactly the rows that differ.',
      sql: `SELECT before.id, before.name, before.state AS was, after.state AS became\nFROM users FOR SYSTEM_TIME AS OF @seq:${exported} AS before\nJOIN users FOR SYSTEM_TIME AS OF @seq:${exported + 1} AS after ON after.id = before.id\nWHERE before.state <> after.state\nORDER BY before.id;`,
    },
    {
      title: 'Bring back what was deleted',
      sentence: 'The wrong account was removed. Here it is, one commit earlier; the panel has the SQL that restores it.',
      sql: `SELECT *\nFROM users FOR SYSTEM_TIME AS OF @seq:${deleted - 1}\nWHERE id = ${MISTAKEN};`,
      history: { table: 'users', key: [MISTAKEN] },
    },
    {
      title: 'A career in one query',
      sentence: 'One row through time: when did the role change, and how long did each last?',
      sql: `SELECT DISTINCT role, state, system_seq_start, system_time_start\nFROM users FOR SYSTEM_TIME ALL\nWHERE id = ${FOLLOWED} AND system_seq_start < ${taken}\nORDER BY system_seq_start;`,
      history: { table: 'users', key: [FOLLOWED] },
    },
  ];
}

export const users: DataSet = {
  id: 'users',
  title: 'User accounts',
  sentence: 'Roles and states of 72 people, and one stolen session',
  build: async () => {
    const company = new Company();
    company.run();
    return { script: company.script, examples: examples(company.marks) };
  },
};
