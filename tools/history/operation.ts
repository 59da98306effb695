import type { LedgerRequest } from '../client/ledger-client.js';
import { formatAmount, type Sums } from './amounts.js';

type OperationKind = 'grant' | 'reserve' | 'extend' | 'commit' | 'release' | 'refund' | 'charge';

/**
 * One thing a client wants done, with what it expects of it. The effect is the client's own arithmetic, never read from
 * an answer: that is what makes the comparison at the end worth something.
 */
export interface Operation {
  /** The idempotency key; also written into the entries' metadata or reason, where the call has one. */
  readonly key: string;
  readonly account: string;
  readonly kind: OperationKind;
  readonly request: LedgerRequest;
  /** How the seven sums of `credits` move if this is accepted. */
  readonly effect: Partial<Sums>;
  /** The reservation it works on, once known. */
  readonly reservation?: string;
  /** What happened in the world: of all operations of an account that name it, one takes effect. */
  readonly fact?: string;
}

/** What a client holds, as far as it was told. */
export interface Hold {
  readonly account: string;
  readonly reservation: string;
  /** Billionths of a credit. */
  readonly held: bigint;
}

export interface GrantTerms {
  readonly category?: 'paid' | 'included' | 'promotional' | 'compensation';
  readonly priority?: number;
  readonly expires_at?: string;
  readonly cost?: { readonly amount: string; readonly currency: string };
  readonly reference?: string;
}

export interface ReserveTerms {
  readonly ttl_seconds?: number;
  readonly grace_seconds?: number;
  readonly overage?: 'reject' | 'allow_available' | 'allow_debt';
  readonly late?: 'reject' | 'charge';
}

export function grant(key: string, account: string, amount: bigint, terms: GrantTerms = {}): Operation {
  const body = { amount: formatAmount(amount), ...terms, metadata: { operation: key } };
  const operation = onAccount('grant', key, account, 'grants', body, { granted: amount, available: amount });
  return terms.reference === undefined ? operation : { ...operation, fact: terms.reference };
}

export function reserve(key: string, account: string, amount: bigint, terms: ReserveTerms = {}): Operation {
  const body = { amount: formatAmount(amount), ...terms, metadata: { operation: key } };
  return onAccount('reserve', key, account, 'reservations', body, { available: -amount, held: amount });
}

export function charge(key: string, account: string, amount: bigint): Operation {
  const body = { amount: formatAmount(amount), metadata: { operation: key } };
  return onAccount('charge', key, account, 'charges', body, { available: -amount, spent: amount });
}

/** Spends `amount` and closes the hold; the rest returns, an excess is taken from what is available. */
export function commit(key: string, hold: Hold, amount: bigint): Operation {
  const effect = { held: -hold.held, spent: amount, available: hold.held - amount };
  return onHold('commit', key, hold, { amount: formatAmount(amount), metadata: { operation: key } }, effect);
}

/** Spends `amount` of the hold and keeps the rest held. */
export function capture(key: string, hold: Hold, amount: bigint): Operation {
  const body = { amount: formatAmount(amount), final: false, metadata: { operation: key } };
  return onHold('commit', key, hold, body, { held: -amount, spent: amount });
}

export function release(key: string, hold: Hold): Operation {
  return onHold('release', key, hold, { reason: key }, { held: -hold.held, available: hold.held });
}

export function extend(key: string, hold: Hold, add: bigint): Operation {
  return onHold('extend', key, hold, { add_amount: formatAmount(add) }, { held: add, available: -add });
}

/** Gives back `amount` of what the (ended) reservation spent. */
export function refund(key: string, hold: Hold, amount: bigint): Operation {
  const body = { amount: formatAmount(amount), reason: key };
  return onHold('refund', key, hold, body, { spent: -amount, available: amount });
}

export function accountPath(account: string): string {
  return `/v1/accounts/${encodeURIComponent(account)}`;
}

function onAccount(
  kind: OperationKind,
  key: string,
  account: string,
  call: string,
  body: object,
  effect: Partial<Sums>,
): Operation {
  const path = `${accountPath(account)}/${call}`;
  return { key, account, kind, request: { method: 'POST', path, key, body: JSON.stringify(body) }, effect };
}

function onHold(kind: OperationKind, key: string, hold: Hold, body: object, effect: Partial<Sums>): Operation {
  const { account, reservation } = hold;
  const path = `/v1/reservations/${reservation}/${kind}`;
  return {
    key,
    account,
    kind,
    reservation,
    request: { method: 'POST', path, key, body: JSON.stringify(body) },
    effect,
  };
}
