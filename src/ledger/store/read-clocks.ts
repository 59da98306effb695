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

/** They stand still until the transaction ends, and gain no accounts but its own. In the order in which the append locks. */
const HOLD_CLOCKS = 'SELECT FROM test_clocks WHERE id = ANY ($1) ORDER BY id FOR SHARE';
const HOLD_CLOCKS_TO_JOIN = 'SELECT FROM test_clocks WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE';

export async function readClocks(client: Queryable, ids: readonly string[]): Promise<ClockReadings> {
  const values = [ids];
  const { rows } = await client.query<ClockReading & { id: string }>({ name: 'clocks', text: READ_CLOCKS, values });
  return new Map(rows.map(({ id, now, accounts }) => [id, { now, accounts }]));
}

/** @param joined whether an account may take one of them: then one transaction at a time */
export async function holdClocks(client: Queryable, ids: readonly string[], joined: boolean): Promise<void> {
  await client.query({ text: joined ? HOLD_CLOCKS_TO_JOIN : HOLD_CLOCKS, values: [ids] });
}
