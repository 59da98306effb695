import type { PoolClient } from 'pg';
import type { PricedEvent } from '../../ledger/domain/priced-event.js';
import type { Mode } from '../../ledger/submission.js';
import type { PastEntry, Sums } from './past-entry.js';

/** Whose usage, of when, priced by which card. Moments in milliseconds. */
export interface PastUsage {
  readonly mode: Mode;
  /** Null for all accounts. */
  readonly account: string | null;
  readonly card: string;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** An account with priced events, and where in its stream they are. */
export interface UsedAccount {
  readonly no: number;
  readonly id: string;
  readonly first: number;
  readonly last: number;
  readonly events: number;
}

/** Entries read at once. */
const ENTRIES_PER_READ = 1_000;

const FIND_ACCOUNTS = `
SELECT e.account_no AS no, n.id, min(e.seq) AS first, max(e.seq) AS last, count(*) AS events
FROM entries e JOIN account_names n USING (account_no)
WHERE e.recorded_at >= to_timestamp($1::float8 / 1000) AND e.recorded_at < to_timestamp($2::float8 / 1000)
  AND e.details #>> '{event,card}' = $3 AND n.mode = $4 AND ($5::text IS NULL OR n.id = $5)
GROUP BY e.account_no, n.id ORDER BY n.id LIMIT $6`;

const READ_OPENING = `
WITH before AS (
  SELECT seq, units, balances FROM balance_snapshots WHERE account_no = $1 AND seq < $2 ORDER BY seq DESC LIMIT 1)
SELECT unit, sum(available)::text AS available FROM (
  SELECT u.unit, b.balances[u.place * 7 - 5] AS available
  FROM before b, unnest(b.units) WITH ORDINALITY AS u(unit, place)
  UNION ALL
  SELECT unit, coalesce(available, 0) FROM entries
  WHERE account_no = $1 AND seq < $2 AND seq > coalesce((SELECT seq FROM before), 0) AND unit IS NOT NULL) moved
GROUP BY unit`;

const READ_ENTRIES = `
SELECT seq, type, unit, amount, coalesce(available, 0) AS available, reservation, closes, details -> 'event' AS event,
       details -> 'provider_cost' AS provider_cost,
       recorded_at >= to_timestamp($4::float8 / 1000) AND recorded_at < to_timestamp($5::float8 / 1000)
         AND details #>> '{event,card}' = $6 AS looked_at
FROM entries
WHERE account_no = $1 AND seq > $2 AND seq <= $3 AND unit IS NOT NULL
ORDER BY seq LIMIT ${ENTRIES_PER_READ}`;

interface EntryRecord {
  readonly seq: string;
  readonly type: string;
  readonly unit: string;
  readonly amount: string;
  readonly available: string;
  readonly reservation: string | null;
  readonly closes: boolean;
  readonly event: (Omit<PricedEvent, 'lines'> & { lines: { unit: string; amount: string }[] }) | null;
  readonly provider_cost: PastEntry['providerCost'];
  readonly looked_at: boolean | null;
}

/** In the order of their names, `limit` of them. */
export async function findUsedAccounts(client: PoolClient, usage: PastUsage, limit: number): Promise<UsedAccount[]> {
  const { from, to, card, mode, account } = usage;
  const { rows } = await client.query<Record<keyof UsedAccount, string>>(FIND_ACCOUNTS, [
    from,
    to,
    card,
    mode,
    account,
    limit,
  ]);
  return rows.map(({ no, id, first, last, events }) => {
    return { id, no: Number(no), first: Number(first), last: Number(last), events: Number(events) };
  });
}

/** What the account had available before the first of these entries. */
export async function readOpening(client: PoolClient, { no, first }: UsedAccount): Promise<Sums> {
  const { rows } = await client.query<{ unit: string; available: string }>(READ_OPENING, [no, first]);
  return new Map(rows.map(({ unit, available }) => [unit, BigInt(available)]));
}

/** The account's entries from the first to the last of its events, page by page. */
export async function* readPastEntries(
  client: PoolClient,
  { no, first, last }: UsedAccount,
  { from, to, card }: PastUsage,
): AsyncGenerator<PastEntry> {
  for (let after = first - 1; after < last;) {
    const { rows } = await client.query<EntryRecord>(READ_ENTRIES, [no, after, last, from, to, card]);
    for (const row of rows) yield entryOf(row);
    if (rows.length < ENTRIES_PER_READ) return;
    after = Number(rows.at(-1)!.seq);
  }
}

function entryOf(row: EntryRecord): PastEntry {
  const { type, unit, closes, event, provider_cost: providerCost, looked_at: lookedAt } = row;
  const priced = event !== null && lookedAt === true;
  return {
    seq: Number(row.seq),
    type,
    unit,
    amount: BigInt(row.amount),
    available: BigInt(row.available),
    reservation: row.reservation === null ? null : Number(row.reservation),
    closes,
    event: priced
      ? { ...event, lines: event.lines.map(line => ({ unit: line.unit, amount: BigInt(line.amount) })) }
      : null,
    providerCost,
  };
}
