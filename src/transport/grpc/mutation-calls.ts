import type { JsonValue } from '../json/strict-json.js';
import { CHARGE } from '../requests/charge.js';
import { CLAIM } from '../requests/claim.js';
import { COMMIT } from '../requests/commit.js';
import { EXTEND } from '../requests/extend.js';
import { FREEZE, UNFREEZE } from '../requests/freeze.js';
import { GRANT } from '../requests/grant.js';
import type { Operation } from '../requests/operation.js';
import { REFUND_ENTRY, REFUND_RESERVATION } from '../requests/refund.js';
import { RELEASE } from '../requests/release.js';
import { RESERVE } from '../requests/reserve.js';
import { REVOKE } from '../requests/revoke.js';
import type {
  ChargeCreditsRequest,
  CommitReservationRequest,
  GrantCreditsRequest,
  ReserveCreditsRequest,
} from './generated/credits/v1/mutations.js';
import type { Quantity } from './generated/credits/v1/rates.js';
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

/** How the request of a call that changes the ledger becomes the JSON that the service works with. */
export interface MutationCall<Request extends MutationRequest> {
  readonly operation: Operation;
  /** The body as the JSON API would have it: the same schema checks it, and the same key may come over either. */
  body(fields: Omit<Request, keyof MutationRequest>): JsonValue;
}

/** Requests whose every field is the same in JSON. */
function asItIs<Fields extends object>(fields: Fields): JsonValue {
  return fields as JsonValue;
}

function given<T>(name: string, value: T | undefined): { readonly [name: string]: T } {
  return value === undefined ? {} : { [name]: value };
}

export const GRANT_CALL: MutationCall<GrantCreditsRequest> = {
  operation: GRANT,
  body: ({ category, expires_at: expiresAt, ...fields }) =>
    asItIs({
      ...fields,
      ...given('category', LOT_CATEGORY.word(category)),
      ...given('expires_at', expiresAt && momentText(expiresAt)),
    }),
};

/** As JSON has it: one amount is a string, amounts by kind are an object; both at once is for the schema to refuse. */
function quantityBody(quantity: Quantity | undefined) {
  if (quantity === undefined) return {};
  const { amount, kinds } = quantity;
  if (amount === undefined) return { quantity: kinds ?? {} };
  return { quantity: kinds === undefined ? amount : { ...quantity } };
}

/** Of a reserve, or of a check, which asks the same. */
export function reserveBody({
  overage,
  late,
  quantity,
  ...fields
}: Omit<ReserveCreditsRequest, keyof MutationRequest>) {
  const policies = { ...given('overage', OVERAGE_POLICY.word(overage)), ...given('late', LATE_POLICY.word(late)) };
  return asItIs({ ...fields, ...policies, ...quantityBody(quantity) });
}

export const RESERVE_CALL = { operation: RESERVE, body: reserveBody };

export const CHARGE_CALL = {
  operation: CHARGE,
  body: ({ overage, quantity, ...fields }: Omit<ChargeCreditsRequest, keyof MutationRequest>) =>
    asItIs({ ...fields, ...given('overage', OVERAGE_POLICY.word(overage)), ...quantityBody(quantity) }),
};

export const COMMIT_CALL = {
  operation: COMMIT,
  body: ({ quantity, ...fields }: Omit<CommitReservationRequest, keyof MutationRequest>) =>
    asItIs({ ...fields, ...quantityBody(quantity) }),
};
export const CLAIM_CALL = { operation: CLAIM, body: asItIs };
export const RELEASE_CALL = { operation: RELEASE, body: asItIs };
export const EXTEND_CALL = { operation: EXTEND, body: asItIs };
export const REFUND_RESERVATION_CALL = { operation: REFUND_RESERVATION, body: asItIs };
export const REFUND_ENTRY_CALL = { operation: REFUND_ENTRY, body: asItIs };
export const REVOKE_CALL = { operation: REVOKE, body: asItIs };
export const FREEZE_CALL = { operation: FREEZE, body: asItIs };
export const UNFREEZE_CALL = { operation: UNFREEZE, body: asItIs };
