import type { Pool, PoolClient } from 'pg';
import { transact } from '../../database/transact.js';
import { formatMoment } from '../../shared/moment.js';
import type { Happening } from '../../webhooks/event.js';
import { readListeners, writeHappenings } from '../../webhooks/outbox/write-happenings.js';
import { mainUnit } from '../payments/money.js';
import type { Attempt, Refusal } from './attempt.js';
import type { ConsentPage } from './charges.js';
import { MOST_DECLINES, type Owner, type PolicyState, type StopReason } from './policy.js';
import { StoredAttempts, type EndedAs } from './stored-attempts.js';
import { StoredPolicies } from './stored-policies.js';

const ACCOUNT_NO = `SELECT account_no::float8 AS no FROM account_names WHERE mode = $1 AND id = $2`;

/** Counts attempts by what came of them. */
export interface Settled {
  inc(labels: { readonly state: EndedAs['state'] | 'paid' }): void;
}

/**
 * What comes of attempts and policies, kept and told of in one transaction: each outcome once, whoever finds it, and never
 * one that was not kept.
 */
export class Outcomes {
  constructor(
    private readonly pool: Pool,
    private readonly settled: Settled,
  ) {}

  /** Its credits are granted already. */
  async paid(attempt: Attempt, payment: string): Promise<void> {
    const isFirst = await transact(this.pool, async client => {
      const settled = await new StoredAttempts(client).paid(attempt, payment);
      if (settled === undefined) return false;
      await new StoredPolicies(client).paid(settled);
      const lots = settled.sale.lots.map(({ unit, amount, category }) => ({ unit, amount, category }));
      await tell(client, settled, { type: 'auto_top_up.succeeded', data: { ...inWords(settled), lots } });
      return true;
    });
    if (isFirst) this.settled.inc({ state: 'paid' });
  }

  /** The third decline of a card in a row is the last. */
  async declined(state: PolicyState, attempt: Attempt, payment: string | null, refusal: Refusal): Promise<void> {
    const isFirst = await transact(this.pool, async client => {
      const policies = new StoredPolicies(client);
      const settled = await new StoredAttempts(client).end(attempt, { state: 'declined', payment, refusal });
      if (settled === undefined) return false;
      const declines = (await policies.declined(state, settled.card)) ?? 0;
      const { code, declineCode, message } = refusal;
      const data = { ...inWords(settled), code, decline_code: declineCode, message, declines };
      await tell(client, settled, { type: 'auto_top_up.declined', data });
      if (declines < MOST_DECLINES) return true;
      const because = `the card was declined ${declines} times in a row, last with ${declineCode ?? code}: ${message}`;
      if (await policies.stop(state, 'declined', because)) await tellStop(client, state, 'declined', because);
      return true;
    });
    if (isFirst) this.settled.inc({ state: 'declined' });
  }

  /** Nobody will pay it any more, and nobody is to blame. */
  async calledOff(attempt: Attempt, refusal: Refusal | null): Promise<void> {
    const ended = await new StoredAttempts(this.pool).end(attempt, { state: 'canceled', payment: null, refusal });
    if (ended !== undefined) this.settled.inc({ state: 'canceled' });
  }

  async needsAction(attempt: Attempt, page: ConsentPage): Promise<void> {
    await transact(this.pool, async client => {
      const waiting = await new StoredAttempts(client).needsAction(attempt, page);
      if (waiting === undefined) return;
      const data = { ...inWords(waiting), url: page.url, expires_at: formatMoment(page.until) };
      await tell(client, waiting, { type: 'auto_top_up.action_required', data });
    });
  }

  async stopped(state: PolicyState, reason: StopReason, because: string): Promise<void> {
    await transact(this.pool, async client => {
      if (await new StoredPolicies(client).stop(state, reason, because)) await tellStop(client, state, reason, because);
    });
  }

  /** Once a month. */
  async capped(state: PolicyState, limit: 'amount' | 'count', until: number): Promise<void> {
    await transact(this.pool, async client => {
      if (!(await new StoredPolicies(client).cap(state))) return;
      await tell(client, state, { type: 'auto_top_up.capped', data: { limit, resumes_at: formatMoment(until) } });
    });
  }
}

function inWords({ id, price }: Attempt) {
  const { amount, currency } = price;
  return { auto_top_up: id, price: { amount: mainUnit(BigInt(amount), currency), currency } };
}

function tellStop(client: PoolClient, owner: Owner, reason: StopReason, message: string): Promise<void> {
  return tell(client, owner, { type: 'auto_top_up.stopped', data: { reason, message } });
}

async function tell(client: PoolClient, { mode, account }: Owner, happening: Happening): Promise<void> {
  const { rows } = await client.query<{ no: number }>(ACCOUNT_NO, [mode, account]);
  const [found] = rows;
  // Nothing is bought for an account without entries.
  if (found === undefined) return;
  const told = { mode, accountNo: found.no, happening, occurredAt: Date.now(), position: null };
  await writeHappenings(client, [told], await readListeners(client));
}
