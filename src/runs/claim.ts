import type { Client } from 'pg';
import type { OpsUse } from './record-use.js';
import { RUN_COLUMNS, type RecordedRun, type Run } from './run.js';

/** First of the two numbers of the advisory lock of whoever works on a run; the second is the run's. */
export const RUN_LOCK_CLASS = 0x72_75_6e_73;
/** Workers that may end without a word at one place, before the run is taken for the cause. */
const MOST_ATTEMPTS = 5;

const REQUEST = `
INSERT INTO ops_runs (actor, mode, action, arguments, reason, state)
VALUES ($1, $2, $3, $4, $5, 'running')
RETURNING no`;
const UNFINISHED = `
SELECT no FROM ops_runs WHERE state IN ('queued', 'running') AND action = ANY ($1) ORDER BY no`;
const TRY_LOCK = `SELECT pg_try_advisory_lock(${RUN_LOCK_CLASS}, $1) AS taken`;
const UNLOCK = `SELECT pg_advisory_unlock(${RUN_LOCK_CLASS}, $1)`;

/** Behind the lock: whoever had the run before may have ended it, or somebody cancelled it. */
const BEGIN_WORK = `
UPDATE ops_runs SET
  state = next,
  started_at = coalesce(started_at, clock_timestamp()),
  finished_at = CASE WHEN next <> 'running' THEN clock_timestamp() END,
  progress = coalesce(progress, '{"entries": 0, "entries_expected": 0, "next_account_no": 0}')
    || jsonb_build_object('attempts', coalesce((progress ->> 'attempts')::int, 0) + 1),
  result = CASE WHEN next = 'failed'
    THEN coalesce(result, '{}') || '{"error": "every worker that took it up ended at the same place, without a word"}'
    ELSE result END
FROM (
  SELECT no AS claimed, CASE WHEN cancel_requested THEN 'cancelled'
                             WHEN (progress ->> 'attempts')::int >= ${MOST_ATTEMPTS} THEN 'failed'
                             ELSE 'running' END AS next
  FROM ops_runs WHERE no = $1 AND state IN ('queued', 'running') FOR UPDATE) c
WHERE no = claimed
RETURNING ${RUN_COLUMNS}`;

/**
 * Takes the oldest unfinished run of these actions that nobody works on. It is this connection's for as long as the
 * connection lives, or until `letGo`; a killed worker's run is the next one's at once.
 */
export async function claimNext(
  client: Client,
  actions: readonly string[],
): Promise<RecordedRun<unknown, unknown> | null> {
  const { rows } = await client.query<{ no: number }>(UNFINISHED, [actions]);
  for (const { no } of rows) {
    const run = await claim(client, no);
    if (run !== null) return run;
  }
  return null;
}

/** This one, unless it is over or somebody works on it. */
export async function claim(client: Client, no: number): Promise<Run | null> {
  const { rows: locks } = await client.query<{ taken: boolean }>(TRY_LOCK, [no]);
  if (locks[0]?.taken !== true) return null;
  const { rows } = await client.query<Run>(BEGIN_WORK, [no]);
  if (rows[0]?.state === 'running') return rows[0];
  await letGo(client, no);
  return null;
}

/** Requests a run and takes it, before anybody else sees it. */
export async function requestAndClaim(client: Client, use: OpsUse): Promise<Run> {
  await client.query('BEGIN');
  const values = [use.actor, use.mode, use.action, JSON.stringify(use.arguments), use.reason];
  const { rows } = await client.query<{ no: number }>(REQUEST, values);
  const run = await claim(client, rows[0]!.no);
  await client.query('COMMIT');
  return run!;
}

export async function letGo(client: Client, no: number): Promise<void> {
  await client.query(UNLOCK, [no]);
}
