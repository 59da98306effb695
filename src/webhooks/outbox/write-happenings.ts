import type { ClientBase } from 'pg';
import type { Mode } from '../../keys/api-key.js';
import type { Happening } from '../event.js';

/** Something to be told of an account. */
export interface Told {
  readonly mode: Mode;
  readonly accountNo: number;
  readonly happening: Happening;
  readonly occurredAt: number;
  /** Of the entry; null for what no entry says. */
  readonly position: number | null;
}

/** Who is told of what. */
export interface Listener {
  readonly no: number;
  readonly mode: Mode;
  /** Types; null for all. */
  readonly events: readonly string[] | null;
  /** Told of entries behind this position. */
  readonly fromPosition: number;
}

/** Those that are disabled too: what happens meanwhile waits for them. */
const READ_LISTENERS = `
SELECT no, mode, events, from_position::float8 AS "fromPosition" FROM webhook_endpoints WHERE deleted_at IS NULL ORDER BY no`;

const DRAW_NUMBERS = `SELECT nextval('webhook_event_numbers')::float8 AS no FROM generate_series(1, $1) ORDER BY no`;

const INSERT_EVENTS = `
INSERT INTO webhook_events (no, account_no, type, data, occurred_at)
SELECT no, account_no, type, data, to_timestamp(occurred_ms / 1000)
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::jsonb[], $5::float8[]) AS e(no, account_no, type, data, occurred_ms)`;

/** In the order of their keys, so that whoever else takes several of these rows takes them in the same order. */
const LENGTHEN_STREAMS = `
INSERT INTO webhook_streams AS s (endpoint, account_no, last_sequence, next_attempt_at)
SELECT endpoint, account_no, more, clock_timestamp()
FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS a(endpoint, account_no, more)
ORDER BY endpoint, account_no
ON CONFLICT (endpoint, account_no) DO UPDATE SET
  last_sequence = s.last_sequence + excluded.last_sequence,
  next_attempt_at = coalesce(s.next_attempt_at, excluded.next_attempt_at)
RETURNING endpoint, account_no::float8 AS "accountNo", last_sequence::float8 AS "lastSequence"`;

const INSERT_DELIVERIES = `
INSERT INTO webhook_deliveries (endpoint, account_no, sequence, event)
SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[])`;

export async function readListeners(client: ClientBase): Promise<Listener[]> {
  return (await client.query<Listener>(READ_LISTENERS)).rows;
}

/**
 * Puts what there is to tell into the outbox, for everybody who listens to it, numbered within the stream of each. In the
 * caller's transaction, with whatever says that it was told. What nobody listens to is not kept.
 */
export async function writeHappenings(
  client: ClientBase,
  told: readonly Told[],
  listeners: readonly Listener[],
): Promise<void> {
  const heard = told
    .map(one => ({ ...one, by: listeners.filter(listener => listensTo(listener, one)) }))
    .filter(({ by }) => by.length > 0);
  if (heard.length === 0) return;
  const { rows: numbers } = await client.query<{ no: number }>(DRAW_NUMBERS, [heard.length]);
  await client.query(INSERT_EVENTS, [
    numbers.map(({ no }) => no),
    heard.map(({ accountNo }) => accountNo),
    heard.map(({ happening }) => happening.type),
    heard.map(({ happening }) => JSON.stringify(happening.data)),
    heard.map(({ occurredAt }) => occurredAt),
  ]);
  const streams = new Map<string, { endpoint: number; accountNo: number; events: number[] }>();
  heard.forEach(({ accountNo, by }, index) => {
    for (const { no: endpoint } of by) {
      const stream = streams.get(`${endpoint}:${accountNo}`) ?? { endpoint, accountNo, events: [] };
      stream.events.push(numbers[index]!.no);
      streams.set(`${endpoint}:${accountNo}`, stream);
    }
  });
  await writeDeliveries(client, streams);
}

async function writeDeliveries(
  client: ClientBase,
  streams: ReadonlyMap<string, { readonly endpoint: number; readonly accountNo: number; readonly events: number[] }>,
): Promise<void> {
  const all = [...streams.values()];
  const { rows } = await client.query<{ endpoint: number; accountNo: number; lastSequence: number }>(LENGTHEN_STREAMS, [
    all.map(({ endpoint }) => endpoint),
    all.map(({ accountNo }) => accountNo),
    all.map(({ events }) => events.length),
  ]);
  const deliveries = rows.flatMap(({ endpoint, accountNo, lastSequence }) => {
    const { events } = streams.get(`${endpoint}:${accountNo}`)!;
    const first = lastSequence - events.length + 1;
    return events.map((event, index) => ({ endpoint, accountNo, sequence: first + index, event }));
  });
  await client.query(INSERT_DELIVERIES, [
    deliveries.map(({ endpoint }) => endpoint),
    deliveries.map(({ accountNo }) => accountNo),
    deliveries.map(({ sequence }) => sequence),
    deliveries.map(({ event }) => event),
  ]);
}

function listensTo({ mode, events, fromPosition }: Listener, { mode: of, position, happening }: Told): boolean {
  return mode === of && (position ?? Infinity) > fromPosition && (events === null || events.includes(happening.type));
}
