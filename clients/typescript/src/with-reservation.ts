import type { Api } from './api.generated.js';
import type { CallOptions } from './call.js';
import { readAmount } from './decimal.js';
import { keepHeld } from './keep-held.js';
import { LedgerError } from './ledger-error.js';
import { isUnavailable } from './retry.js';
import type { Line, Reservation, ReservationMutation, ReserveRequest } from './schemas.generated.js';
import { settle, type Settlement, type UnrecordedSpend } from './settlement.js';
import { beyond, Usage } from './usage.js';

/** Called with what was used and is not in the ledger. */
export type OnUnrecorded = (spend: UnrecordedSpend, error: LedgerError) => void | Promise<void>;

/**
 * What to reserve, spelled as the API spells it, and how to go about it. Timeouts and attempts are for each request
 * that is made; the signal is for the reserve and the work, never for what is told to the ledger afterwards.
 */
export interface WithReservationOptions extends ReserveRequest, CallOptions {
  /** Up to 247 printable ASCII characters, unique within the account: a job's id, so that the job is paid once. */
  readonly idempotencyKey?: string | undefined;
  /** After this long the hold is not prolonged any more and the work's signal comes. Default 900, at most 86400. */
  readonly maxDurationSeconds?: number | undefined;
  /**
   * What happens when the ledger cannot be asked whether the work may run.
   * - `refuse` (default): the work does not run. Nobody gets what nobody may have to pay for.
   * - `allow`: the work runs unmetered, and what it used goes to `onUnrecorded`.
   */
  readonly whenUnavailable?: 'refuse' | 'allow' | undefined;
  /** Default: that of the client. */
  readonly onUnrecorded?: OnUnrecorded | undefined;
}

/** What work is given to work with. */
export interface Hold {
  /** As it was made; null where the work runs unmetered. */
  readonly reservation: Reservation | null;
  /** Comes when the work should end: the caller's signal, the hold is lost, or `maxDurationSeconds` are over. */
  readonly signal: AbortSignal;
  /**
   * Says what was used so far, on top of what was said before; 0 is something too. `unit` where several were reserved.
   */
  use(amount: string, unit?: string): void;
}

export interface Metered<T> {
  /** What the work returned. */
  readonly value: T;
  /** What it used. */
  readonly used: Line[];
  /** The answer of the commit; null where there is none. */
  readonly committed: ReservationMutation | null;
  /** True where the ledger was down and the work was allowed to run all the same. */
  readonly unmetered: boolean;
  /** What was used and is not in the ledger; null where all of it is. */
  readonly unrecorded: UnrecordedSpend | null;
}

const DEFAULT_UNIT = 'credits';
const TTL_SECONDS = 60;
const MAX_DURATION_SECONDS = 900;
const MOST_DURATION_SECONDS = 86_400;
const MS_PER_SECOND = 1000;

/** Credits that nobody used return by themselves, so giving them back early is worth this much of the caller's time. */
const RELEASE_DEADLINE_MS = 2_000;

interface Terms {
  readonly account: string;
  readonly request: ReserveRequest & { readonly ttl_seconds: number };
  readonly idempotencyKey: string;
  readonly patience: CallOptions;
  readonly signal: AbortSignal | undefined;
  readonly maxDurationSeconds: number;
  readonly whenUnavailable: 'refuse' | 'allow';
  readonly onUnrecorded: OnUnrecorded;
}

/** Reserved, or allowed without a reservation. */
type Taken =
  | { readonly reservation: Reservation; readonly heldUntilMs: number; readonly lines: Line[] }
  | { readonly reservation: null; readonly error: LedgerError; readonly lines: Line[] };

/** What `CreditsLedger.withReservation` does. */
export async function withReservation<T>(
  api: Api,
  account: string,
  options: WithReservationOptions & { readonly onUnrecorded: OnUnrecorded },
  work: (hold: Hold) => Promise<T> | T,
): Promise<Metered<T>> {
  const terms = termsOf(account, options);
  const taken = await take(api, terms);
  const usage = new Usage(taken.lines.map(({ unit }) => unit));
  const kept = keepHeld(api, taken.reservation === null ? null : taken, terms);
  let value: T;
  try {
    value = await work({
      reservation: taken.reservation,
      signal: kept.signal,
      use: (amount, unit) => usage.add(amount, unit),
    });
  } catch (thrown) {
    kept.stop();
    const used = usage.close();
    if (used !== null) await finish(api, terms, taken, used);
    else if (taken.reservation !== null) await release(api, terms, taken.reservation);
    throw thrown;
  }
  kept.stop();
  return { value, ...(await finish(api, terms, taken, usage.close())) };
}

function termsOf(account: string, options: WithReservationOptions & { readonly onUnrecorded: OnUnrecorded }): Terms {
  const { idempotencyKey = crypto.randomUUID(), maxDurationSeconds = MAX_DURATION_SECONDS, ...others } = options;
  const { whenUnavailable = 'refuse', onUnrecorded, signal, timeoutMs, deadlineMs, maxAttempts, ...asked } = others;
  if (!(maxDurationSeconds > 0 && maxDurationSeconds <= MOST_DURATION_SECONDS)) {
    throw new TypeError(`maxDurationSeconds must be more than 0 and at most ${MOST_DURATION_SECONDS}`);
  }
  const request = { ...asked, ttl_seconds: asked.ttl_seconds ?? TTL_SECONDS };
  const patience = { timeoutMs, deadlineMs, maxAttempts };
  return { account, request, idempotencyKey, patience, signal, maxDurationSeconds, whenUnavailable, onUnrecorded };
}

async function take(api: Api, terms: Terms): Promise<Taken> {
  const { account, request, idempotencyKey, patience, signal } = terms;
  const options = { ...patience, signal };
  let replayed = false;
  const once = { ...options, idempotencyKey: `${idempotencyKey}:reserve`, onReplayed: () => void (replayed = true) };
  try {
    let sentMs = performance.now();
    let { reservation } = await api.reserve(account, request, once);
    if (replayed) {
      // Made at another time, perhaps by a process that died since: it has to be open still, and how long it stands is
      // only known for what is asked now.
      sentMs = performance.now();
      ({ reservation } = await api.extend(reservation.id, { ttl_seconds: request.ttl_seconds }, options));
    }
    const lines = reservation.lines.map(({ unit, reserved }) => ({ unit, amount: reserved }));
    return { reservation, heldUntilMs: sentMs + request.ttl_seconds * MS_PER_SECOND, lines };
  } catch (error) {
    const allowed = terms.whenUnavailable === 'allow' && error instanceof LedgerError && isUnavailable(error);
    if (!allowed) throw error;
    const lines = request.lines ?? [{ unit: request.unit ?? DEFAULT_UNIT, amount: readAmount(request.amount!) }];
    return { reservation: null, error, lines };
  }
}

/** Tells the ledger what was used, and whoever listens what the ledger could not be told. */
async function finish(
  api: Api,
  terms: Terms,
  taken: Taken,
  used: Line[] | null,
): Promise<Omit<Metered<never>, 'value'>> {
  const { account, request, idempotencyKey, patience, onUnrecorded } = terms;
  const { reservation, lines: reserved } = taken;
  const { committed, left }: Settlement =
    reservation === null
      ? { committed: null, left: { lines: beyond(used ?? reserved, []), next: 'charge', error: taken.error } }
      : await settle(api, { reservation: reservation.id, used, reserved, idempotencyKey }, patience);
  const spent = used ?? committed?.reservation.lines.map(line => ({ unit: line.unit, amount: line.committed }));
  const result = { used: spent ?? reserved, committed, unmetered: reservation === null };
  if (left === null || left.lines.length === 0) return { ...result, unrecorded: null };

  const { lines, next, error } = left;
  const { member, metadata } = request;
  const about = { account, reservation: reservation?.id ?? null, idempotencyKey, member, metadata };
  const unrecorded: UnrecordedSpend = { ...about, lines, next, code: error.code };
  try {
    await onUnrecorded(unrecorded, error);
  } catch (failure) {
    // The last place where it can be said.
    console.error('credits-ledger: onUnrecorded failed', failure, JSON.stringify(unrecorded));
  }
  return { ...result, unrecorded };
}

/** A release that fails loses nothing: the hold ends by itself soon. */
async function release(api: Api, { idempotencyKey, patience }: Terms, { id }: Reservation): Promise<void> {
  const deadlineMs = Math.min(patience.deadlineMs ?? RELEASE_DEADLINE_MS, RELEASE_DEADLINE_MS);
  const once = { ...patience, deadlineMs, idempotencyKey: `${idempotencyKey}:settle` };
  await api.release(id, {}, once).catch((error: unknown) => {
    if (!(error instanceof LedgerError)) throw error;
  });
}
