import type { z } from 'zod';
import type * as answers from '../answers.js';
import type { JsonValue } from '../json/strict-json.js';
import { CHARGE } from '../requests/charge.js';
import { COMMIT } from '../requests/commit.js';
import { EXTEND } from '../requests/extend.js';
import { FREEZE, UNFREEZE } from '../requests/freeze.js';
import { GRANT } from '../requests/grant.js';
import type { Operation } from '../requests/operation.js';
import { REFUND_ENTRY, REFUND_RESERVATION } from '../requests/refund.js';
import { RELEASE } from '../requests/release.js';
import { RESERVE } from '../requests/reserve.js';
import { REVOKE } from '../requests/revoke.js';
import type { Balance, Entry } from './generated/credits/v1/ledger.js';
import type {
  ChargeCreditsRequest,
  GrantCreditsRequest,
  GrantCreditsResponse,
  ReserveCreditsRequest,
  ReserveCreditsResponse,
} from './generated/credits/v1/mutations.js';
import { entryMessage, lotMessage, reservationMessage } from './messages.js';
import { momentText } from './timestamps.js';
import { LATE_POLICY, LOT_CATEGORY, OVERAGE_POLICY } from './words.js';

/** What every request of a mutation has beside its own fields; it names one of the four. */
export interface MutationRequest {
  account?: string | undefined;
  reservation?: string | undefined;
  entry?: string | undefined;
  lot?: string | undefined;
  idempotency_key?: string | undefined;
}

/** What every answer of a mutation has beside its own fields. */
interface MutationResponse {
  account?: string | undefined;
  seq?: number | undefined;
  entries?: Entry[] | undefined;
  balances?: { [unit: string]: Balance } | undefined;
  replayed?: boolean | undefined;
}

type MutationJson = z.output<typeof answers.mutation>;

/** How a call that changes the ledger goes between protobuf and the JSON that the service works with. */
export interface MutationCall<Request extends MutationRequest, Response> {
  readonly operation: Operation;
  /** The body as the JSON API would have it: the same schema checks it, and the same key may come over either. */
  body(fields: Omit<Request, keyof MutationRequest>): JsonValue;
  response(json: never, replayed: boolean): Response;
}

function plain(json: MutationJson, replayed: boolean): MutationResponse {
  return { ...json, entries: json.entries.map(entryMessage), replayed };
}

function withLot({ lot, ...json }: z.output<typeof answers.lotMutation>, replayed: boolean): GrantCreditsResponse {
  return lot === undefined ? plain(json, replayed) : { ...plain(json, replayed), lot: lotMessage(lot) };
}

function withReservation(
  { reservation, ...json }: z.output<typeof answers.reservationMutation>,
  replayed: boolean,
): ReserveCreditsResponse {
  return { ...plain(json, replayed), reservation: reservationMessage(reservation) };
}

/** Requests whose every field is the same in JSON. */
function asItIs<Fields extends object>(fields: Fields): JsonValue {
  return fields as JsonValue;
}

function given<T>(name: string, value: T | undefined): { readonly [name: string]: T } {
  return value === undefined ? {} : { [name]: value };
}

export const GRANT_CALL: MutationCall<GrantCreditsRequest, GrantCreditsResponse> = {
  operation: GRANT,
  body: ({ category, expires_at: expiresAt, ...fields }) =>
    asItIs({
      ...fields,
      ...given('category', LOT_CATEGORY.word(category)),
      ...given('expires_at', expiresAt && momentText(expiresAt)),
    }),
  response: withLot,
};

/** Of a reserve, or of a check, which asks the same. */
export function reserveBody({ overage, late, ...fields }: Omit<ReserveCreditsRequest, keyof MutationRequest>) {
  const policies = { ...given('overage', OVERAGE_POLICY.word(overage)), ...given('late', LATE_POLICY.word(late)) };
  return asItIs({ ...fields, ...policies });
}

export const RESERVE_CALL = { operation: RESERVE, body: reserveBody, response: withReservation };

export const CHARGE_CALL = {
  operation: CHARGE,
  body: ({ overage, ...fields }: Omit<ChargeCreditsRequest, keyof MutationRequest>) =>
    asItIs({ ...fields, ...given('overage', OVERAGE_POLICY.word(overage)) }),
  response: plain,
};

export const COMMIT_CALL = { operation: COMMIT, body: asItIs, response: withReservation };
export const RELEASE_CALL = { operation: RELEASE, body: asItIs, response: withReservation };
export const EXTEND_CALL = { operation: EXTEND, body: asItIs, response: withReservation };
export const REFUND_RESERVATION_CALL = { operation: REFUND_RESERVATION, body: asItIs, response: plain };
export const REFUND_ENTRY_CALL = { operation: REFUND_ENTRY, body: asItIs, response: plain };
export const REVOKE_CALL = { operation: REVOKE, body: asItIs, response: plain };
export const FREEZE_CALL = { operation: FREEZE, body: asItIs, response: plain };
export const UNFREEZE_CALL = { operation: UNFREEZE, body: asItIs, response: plain };
