import type { Statement } from './queryable.js';

/** Rows that most batches have none of; each travels as JSON. */
export interface SeldomRows {
  readonly subscribed: readonly object[];
  readonly clocked: readonly object[];
  readonly counted: readonly object[];
}

const REPLY = `now_ms, too_late, stale, known_keys, known_key_seqs, known_requests, known_bodies, known_facts, known_fact_seqs`;
const APPEND = `SELECT ${REPLY} FROM append_batch_2($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
const WITH_SUBSCRIPTIONS = `SELECT ${REPLY} FROM append_batch_3($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
const WITH_CLOCKS = `SELECT ${REPLY} FROM append_batch_4($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
const WITH_MEMBERS = `SELECT ${REPLY} FROM append_batch_5($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;

/** The least that writes all of this: a batch pays only for what it has. @param values what every batch has */
export function appendStatement(values: unknown[], { subscribed, clocked, counted }: SeldomRows): Statement {
  if (counted.length > 0) {
    const all = [...values, JSON.stringify(subscribed), JSON.stringify(clocked), JSON.stringify(counted)];
    return { name: 'append-with-members', text: WITH_MEMBERS, values: all };
  }
  if (clocked.length > 0) {
    const all = [...values, JSON.stringify(subscribed), JSON.stringify(clocked)];
    return { name: 'append-with-clocks', text: WITH_CLOCKS, values: all };
  }
  if (subscribed.length > 0) {
    const all = [...values, JSON.stringify(subscribed)];
    return { name: 'append-with-subscriptions', text: WITH_SUBSCRIPTIONS, values: all };
  }
  return { name: 'append', text: APPEND, values };
}
