import type { Moment } from '../domain/account.js';
import type { Queryable } from './queryable.js';

/** A test clock as one batch finds it. */
export interface ClockReading {
  readonly now: Moment;
  /** That live by it, those included that this batch brings. */
  accounts: number;
}

/** By id; a clock that does not exist has none. */
export type ClockReadings = ReadonlyMap<string, ClockReading>;

/** Of most batches, which have no account that lives by a clock. */
export const NO_CLOCKS: ClockReadings = new Map();

const READ_CLOCKS = `
SELECT c.id, floor(extract(epoch FROM c.now_at) * 1000)::float8 AS now,
       (SELECT count(*) FROM account_clocks k WHERE k.clock = c.id)::int AS accounts
FROM test_clocks c WHERE c.id = ANY ($1)`;

/**
 * They stand still until the transaction ends, and gain no accounts but its own. In the order in which the append locks,
 * and as there before any account's row: an account keeps its clock, so its row need not be locked to know which.
 */
const HELD = `
SELECT c.id FROM test_clocks c
WHERE c.id IN (SELECT unnest($2::text[]) UNION SELECT k.clock FROM account_clocks k WHERE k.account_no = ANY ($1))
ORDER BY c.id`;
const HOLD_CLOCKS = `${HELD} FOR SHARE OF c`;
const HOLD_CLOCKS_TO_JOIN = `${HELD} FOR NO KEY UPDATE OF c`;

export async function readClocks(client: Queryable, ids: readonly string[]): Promise<ClockReadings> {
  const values = [ids];
  const { rows } = await client.query<ClockReading & { id: string }>({ name: 'clocks', text: READ_CLOCKS, values });
  return new Map(rows.map(({ id, now, accounts }) => [id, { now, accounts }]));
}

/**
 * @param accountNos whose clocks
 * @param joined those that accounts may take: then one transaction at a time has any of all these
 * @returns which are held
 */
export async function holdClocks(
  client: Queryable,
  accountNos: readonly number[],
  joined: readonly string[],
): Promise<ReadonlySet<string>> {
  const text = joined.length === 0 ? HOLD_CLOCKS : HOLD_CLOCKS_TO_JOIN;
  const { rows } = await client.query<{ id: string }>({ text, values: [accountNos, joined] });
  return new Set(rows.map(({ id }) => id));
}
