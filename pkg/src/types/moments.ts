/** Points in the database's time. */

/**
 * A point in the database's time.
 *
 * - `{ seq: 1 }`: the state right after the commit with that sequence number (the first commit is 0).
 *   Anything else with a `seq` works too, so an entry of {@link Database.history} or of
 *   {@link Database.commits} can be handed over as it is.
 * - a `Date`: the last commit at or before the end of that millisecond.
 * - a string: a timestamp such as `'2026-01-15T10:00:00Z'`; without a zone it is UTC.
 * - `{ time }`: the same, spelt out.
 * - `{ tag: 'v1' }`: the state that {@link DatabaseApi.tag} gave the name; `UNDEFINED_TAG` if none has it.
 *
 * A `seq` after the last commit is an error (`MOMENT_IN_FUTURE`), a moment before the first commit
 * is one (`MOMENT_BEFORE_FIRST`); a time later than the last commit is the present.
 */
export type Moment =
  | { readonly seq: number | bigint }
  | { readonly time: Date | string }
  | { readonly tag: string }
  | Date
  | string;
