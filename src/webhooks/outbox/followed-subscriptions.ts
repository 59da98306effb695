import type { ClientBase } from 'pg';
import type { Moment } from '../../ledger/domain/account.js';
import type { Entry } from '../../ledger/domain/entry.js';
import type { SubscriptionChange, SubscriptionStatus } from '../../ledger/domain/subscription.js';
import { changeFromJson, type SubscriptionChangeJson } from '../../ledger/store/subscription-json.js';

/** What of a subscription is told, after some entry. */
export interface SubscriptionLevel {
  readonly plan: string;
  readonly version: number;
  readonly status: SubscriptionStatus;
  readonly cancelAtEnd: boolean;
  readonly period: { readonly no: number; readonly start: Moment; readonly end: Moment };
}

/** Those of an account that have not ended, by id. */
export type SubscriptionLevels = Map<string, SubscriptionLevel>;

const READ = `
SELECT w.account_no::float8 AS "accountNo", coalesce(f.subscriptions, '[]') AS remembered, s.changes
FROM unnest($1::bigint[], $2::bigint[]) AS w(account_no, seq)
LEFT JOIN followed_subscriptions f ON f.account_no = w.account_no AND f.seq <= w.seq
LEFT JOIN LATERAL (
  SELECT jsonb_agg(e.details -> 'subscription' ORDER BY e.seq) AS changes FROM entries e
  WHERE e.account_no = w.account_no AND e.type = 'subscribe' AND e.seq > coalesce(f.seq, 0) AND e.seq <= w.seq
    AND NOT e.details -> 'subscription' ? 'paid'
) s ON true`;

const WRITE = `
INSERT INTO followed_subscriptions (account_no, seq, subscriptions)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::jsonb[])
ON CONFLICT (account_no) DO UPDATE SET seq = excluded.seq, subscriptions = excluded.subscriptions`;

/** The subscription as the change leaves it. */
function levelOf(before: SubscriptionLevel | undefined, change: SubscriptionChange): SubscriptionLevel {
  const { terms, status, period } = change;
  const plan = terms === undefined ? before?.plan : terms.plan;
  const version = terms === undefined ? before?.version : terms.version;
  const after = { plan, version, status: status ?? before?.status, period: period ?? before?.period };
  if (Object.values(after).includes(undefined)) throw new Error(`subscription ${change.id} changes and never began`);
  return { ...after, cancelAtEnd: change.cancelAtEnd ?? before?.cancelAtEnd ?? false } as SubscriptionLevel;
}

/** Moves what is followed of an account by one entry. One that ended begins anew, if ever. */
export function follow(levels: SubscriptionLevels, change: SubscriptionChange): SubscriptionLevel {
  const after = levelOf(levels.get(change.id), change);
  if (after.status === 'ended') levels.delete(change.id);
  else levels.set(change.id, after);
  return after;
}

/** Those of each account that an entry of these changes, as they were before the first of them. */
export async function readSubscriptions(
  client: ClientBase,
  entries: readonly { readonly accountNo: number; readonly entry: Entry }[],
): Promise<Map<number, SubscriptionLevels>> {
  const firsts = new Map<number, number>();
  for (const { accountNo, entry } of entries) {
    if (entry.subscription !== null && !firsts.has(accountNo)) firsts.set(accountNo, entry.seq);
  }
  if (firsts.size === 0) return new Map();
  const { rows } = await client.query<Row>(READ, [[...firsts.keys()], [...firsts.values()].map(seq => seq - 1)]);
  return new Map(
    rows.map(({ accountNo, remembered, changes }) => {
      const levels: SubscriptionLevels = new Map(remembered);
      for (const change of changes ?? []) follow(levels, changeFromJson(change));
      return [accountNo, levels];
    }),
  );
}

/** @param accounts each with the `seq` of an entry that this is after */
export async function rememberSubscriptions(
  client: ClientBase,
  accounts: readonly { readonly accountNo: number; readonly seq: number; readonly levels: SubscriptionLevels }[],
): Promise<void> {
  if (accounts.length === 0) return;
  await client.query(WRITE, [
    accounts.map(({ accountNo }) => accountNo),
    accounts.map(({ seq }) => seq),
    accounts.map(({ levels }) => JSON.stringify([...levels])),
  ]);
}

interface Row {
  readonly accountNo: number;
  readonly remembered: readonly (readonly [string, SubscriptionLevel])[];
  readonly changes: readonly SubscriptionChangeJson[] | null;
}
