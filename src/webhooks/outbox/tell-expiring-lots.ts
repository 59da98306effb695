import type { Pool, PoolClient } from 'pg';
import { transact } from '../../database/transact.js';
import { rulesInForce } from '../../alerts/alert-rule.js';
import { readOwnRules, readRulesForAll, type StoredRule } from '../../alerts/stored-rules.js';
import type { IdCodec } from '../../ids/id-codec.js';
import type { Mode } from '../../keys/api-key.js';
import { formatAmount } from '../../shared/amount.js';
import { formatMoment } from '../../shared/moment.js';
import type { RecurringJob, Run } from '../../workers/recurring-job.js';
import { readListeners, writeHappenings, type Listener, type Told } from './write-happenings.js';

/** Accounts looked at together. */
const PAGE_LIMIT = 2_000;

const LONGEST_AHEAD = `
SELECT max(value)::float8 AS seconds FROM alert_rules
WHERE enabled AND kind = 'expires_within_seconds'
  AND mode IN (SELECT mode FROM webhook_endpoints WHERE deleted_at IS NULL)`;

/**
 * A lot that is about to end is not before the bound of what falls due in its account, which has an index. Of accounts that
 * live by a test clock that bound stands elsewhere, and their now is that clock's.
 */
const BY_REAL_TIME = `
  SELECT account_no, mode, id, clock_timestamp() AS now FROM accounts
  WHERE due_bound <= clock_timestamp() + $1 * interval '1 second' AND account_no > $2
  ORDER BY account_no LIMIT $3`;
const BY_CLOCK = (which: string): string => `
  SELECT account_no, a.mode, a.id, c.now_at AS now
  FROM test_clocks c JOIN account_clocks k ON k.clock = c.id JOIN accounts a USING (account_no)
  WHERE ${which} AND k.due_bound <= c.now_at + $1 * interval '1 second' AND account_no > $2
  ORDER BY account_no LIMIT $3`;
const ENDING_SOON = (page: string): string => `
WITH page AS MATERIALIZED (${page})
SELECT p.account_no::float8 AS "accountNo", p.mode, p.id AS account, p.now, l.unit, l.lot::float8 AS lot,
       l.remaining + l.held AS remaining, l.expires_at AS "expiresAt", u.scale,
       (extract(epoch FROM l.expires_at - p.now))::float8 AS "secondsLeft"
FROM page p
LEFT JOIN live_lots l ON l.account_no = p.account_no
  AND l.expires_at > p.now AND l.expires_at <= p.now + $1 * interval '1 second'
LEFT JOIN units u ON u.unit = l.unit
ORDER BY p.account_no, l.lot`;
const ENDING_BY_REAL_TIME = ENDING_SOON(BY_REAL_TIME);
/** Of a clock that is on its way whoever moves it tells, when it has come there. */
const ENDING_BY_STANDING_CLOCKS = ENDING_SOON(BY_CLOCK('c.target_at IS NULL'));
const ENDING_BY_ONE_CLOCK = ENDING_SOON(BY_CLOCK('c.id = $4 AND c.now_at = $5'));

/** Each lot and rule once. */
const CLAIM = `
INSERT INTO told_expiries (account_no, lot, rule, expires_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::timestamptz[])
ON CONFLICT DO NOTHING
RETURNING account_no::float8 AS "accountNo", lot::float8 AS lot, rule`;

interface Ending {
  readonly accountNo: number;
  readonly mode: Mode;
  readonly account: string;
  /** Its own now. */
  readonly now: Date;
  /** Null where nothing of the account ends soon. */
  readonly lot: number | null;
  readonly unit: string;
  readonly remaining: string;
  readonly expiresAt: Date;
  readonly scale: number;
  readonly secondsLeft: number;
}

/** Tells of lots before they expire, which no entry says: each lot once for each rule. */
export class TellExpiringLots implements RecurringJob {
  readonly name = 'tell-expiring-lots';
  readonly everyMs = 60_000;

  constructor(
    private readonly pool: Pool,
    private readonly ids: IdCodec,
  ) {}

  async run({ signal }: Run): Promise<void> {
    const mayGoOn = (): boolean => !signal.aborted;
    await this.tellOf(ENDING_BY_REAL_TIME, [], mayGoOn);
    await this.tellOf(ENDING_BY_STANDING_CLOCKS, [], mayGoOn);
  }

  /** Of the accounts of this test clock, where it is at that moment. */
  tellByClock(clock: string, at: Date): Promise<void> {
    return this.tellOf(ENDING_BY_ONE_CLOCK, [clock, at], () => true);
  }

  private async tellOf(query: string, of: readonly unknown[], mayGoOn: () => boolean): Promise<void> {
    const { seconds } = (await this.pool.query<{ seconds: number | null }>(LONGEST_AHEAD)).rows[0]!;
    if (seconds === null) return;
    for (let after: number | null = 0; after !== null && mayGoOn();) {
      const values: unknown[] = [seconds, after, PAGE_LIMIT, ...of];
      const { rows } = await this.pool.query<Ending>(query, values);
      const ending = rows.filter(({ lot }) => lot !== null);
      if (ending.length > 0) await transact(this.pool, client => this.tellOnce(client, ending));
      after = rows.at(-1)?.accountNo ?? null;
    }
  }

  private async tellOnce(client: PoolClient, ending: readonly Ending[]): Promise<void> {
    const listeners = await readListeners(client);
    const due = (await withRules(client, ending, listeners)).flatMap(({ lot, rules }) =>
      rules.map(rule => ({ lot, rule })),
    );
    if (due.length === 0) return;
    const { rows } = await client.query<{ accountNo: number; lot: number; rule: number }>(CLAIM, [
      due.map(({ lot }) => lot.accountNo),
      due.map(({ lot }) => lot.lot),
      due.map(({ rule }) => rule.no),
      due.map(({ lot }) => lot.expiresAt),
    ]);
    const keyOf = (accountNo: number, lot: number, rule: number): string => `${accountNo}:${lot}:${rule}`;
    const claimed = new Set(rows.map(({ accountNo, lot, rule }) => keyOf(accountNo, lot, rule)));
    const told = due
      .filter(({ lot, rule }) => claimed.has(keyOf(lot.accountNo, lot.lot!, rule.no)))
      .map(({ lot, rule }) => this.toldOf(lot, rule));
    await writeHappenings(client, told, listeners);
  }

  private toldOf(ending: Ending, rule: StoredRule): Told {
    const { accountNo, mode, now, lot, unit, remaining, expiresAt, scale } = ending;
    const data = {
      unit,
      rule: rule.name,
      lot: this.ids.encode('lot', accountNo, lot!),
      remaining: formatAmount(BigInt(remaining), scale),
      expires_at: formatMoment(expiresAt.getTime()),
    };
    return {
      mode,
      accountNo,
      happening: { type: 'credits.expiring', data },
      occurredAt: now.getTime(),
      position: null,
    };
  }
}

/** Exactly so long ahead counts. Where nobody listens nothing is told, so that who comes later still is. */
async function withRules(
  client: PoolClient,
  ending: readonly Ending[],
  listeners: readonly Listener[],
): Promise<{ readonly lot: Ending; readonly rules: readonly StoredRule[] }[]> {
  const heard = ending.filter(({ mode }) =>
    listeners.some(({ mode: of, events }) => of === mode && (events === null || events.includes('credits.expiring'))),
  );
  const forAll = await readRulesForAll(client);
  const own = await readOwnRules(
    client,
    heard.map(({ mode, account }) => ({ mode, id: account })),
  );
  return heard.map((lot, index) => {
    const rules = rulesInForce(forAll.get(lot.mode)!, own[index]!).filter(
      ({ kind, unit, value }) =>
        kind === 'expires_within_seconds' && unit === lot.unit && lot.secondsLeft <= Number(value),
    );
    return { lot, rules };
  });
}
