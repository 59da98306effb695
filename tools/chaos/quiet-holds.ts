import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Caller } from '../client/caller.js';
import type { LedgerSender } from '../client/ledger-client.js';
import { ONE_CREDIT } from '../history/amounts.js';
import { accountPath, grant, reserve } from '../history/operation.js';

/** How holds ended that nobody but a worker ever touched again. */
export interface Punctuality {
  readonly holds: number;
  /** From the end of a hold to the moment its end was booked. */
  readonly worstMs: number;
  /** Holds that should have ended, and had not when everything was over. */
  readonly standing: number;
  /** Holds that ended when no worker ran, and of which the API then said something else. */
  readonly wrongWithoutWorkers: number;
}

/** No hold may outlive its end by more while workers run, on a machine that has time for them. */
export const PUNCTUAL_MS = 5_000;
const PAUSE_MS = 50;
const UNATTENDED = 20;
const TERMS = { ttl_seconds: 1, grace_seconds: 0 };
const PATIENCE_MS = 60_000;

const LATENESS = `
SELECT count(*)::int AS holds,
       coalesce(max(extract(epoch FROM e.recorded_at - e.effective_at)) * 1000, 0)::float AS worst_ms
FROM entries e JOIN accounts a USING (account_no)
WHERE a.id LIKE $1 AND e.type = 'expire' AND e.reservation IS NOT NULL`;
const STANDING = `
SELECT count(*)::int AS standing FROM holds h JOIN accounts a USING (account_no)
WHERE a.id LIKE $1 AND h.expires_at + h.grace_ms * interval '1 millisecond' < now()`;

export function isPunctual(punctuality: Punctuality, withinMs: number): boolean {
  const { holds, worstMs, standing, wrongWithoutWorkers } = punctuality;
  return holds > 0 && worstMs <= withinMs && standing === 0 && wrongWithoutWorkers === 0;
}

/** Makes one short hold after the other, each in an account of its own, and never comes back to it. */
export class QuietHolds {
  #running = true;
  #made = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly caller: Caller,
    private readonly prefix: string,
  ) {}

  start(): void {
    this.#done = this.#make();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  /** Once the last of them has ended, or should have. */
  async measure(pool: Pool, withinMs: number): Promise<Omit<Punctuality, 'wrongWithoutWorkers'>> {
    await sleep(TERMS.ttl_seconds * 1000);
    const like = [`${this.prefix}-%`];
    const countStanding = async () => (await pool.query<{ standing: number }>(STANDING, like)).rows[0]!.standing;
    let standing = await countStanding();
    for (const deadline = performance.now() + withinMs; standing > 0 && performance.now() < deadline;) {
      await sleep(PAUSE_MS);
      standing = await countStanding();
    }
    const { rows: late } = await pool.query<{ holds: number; worst_ms: number }>(LATENESS, like);
    return { holds: late[0]!.holds, worstMs: late[0]!.worst_ms, standing };
  }

  /** @returns how many of some more holds were not back in their account at the first look after their end */
  async endUnattended(client: LedgerSender): Promise<number> {
    const accounts = await Promise.all(Array.from({ length: UNATTENDED }, () => this.#hold()));
    await sleep(TERMS.ttl_seconds * 1000 + 500);
    let wrong = 0;
    for (const account of accounts) {
      const reply = await client.send({ method: 'GET', path: `${accountPath(account)}/balance` }, PATIENCE_MS);
      const { balances } = JSON.parse(reply.body.toString('utf8')) as {
        balances: { credits: { available: string; held: string } };
      };
      if (balances.credits.held !== '0' || balances.credits.available !== '1') wrong++;
    }
    return wrong;
  }

  async #make(): Promise<void> {
    while (this.#running) {
      await this.#hold();
      await sleep(PAUSE_MS);
    }
  }

  async #hold(): Promise<string> {
    const account = `${this.prefix}-${++this.#made}`;
    await this.caller.call(grant(`${account}-grant`, account, ONE_CREDIT), { patienceMs: PATIENCE_MS });
    await this.caller.call(reserve(`${account}-hold`, account, ONE_CREDIT, TERMS), { patienceMs: PATIENCE_MS });
    return account;
  }
}
