import type { z } from 'zod';
import type * as answers from '../answers.js';
import type { Key, Unit } from './generated/credits/v1/configuration.js';
import type { Entry, Lot, Reservation, Shortfall } from './generated/credits/v1/ledger.js';
import type { Account, ExplainedStep } from './generated/credits/v1/reads.js';
import type { Timestamp } from './generated/google/protobuf/timestamp.js';
import { timestampOf } from './timestamps.js';
import {
  ENTRY_TYPE,
  KEY_MODE,
  LATE_POLICY,
  LOT_CATEGORY,
  OVERAGE_POLICY,
  RESERVATION_STATUS,
  UNIT_KIND,
} from './words.js';

/** JSON that becomes the message `M`. A field that the message lacks does not compile. */
type Into<M, J> = [Exclude<keyof J, keyof M>] extends [never] ? J : never;

type EntryJson = Into<Entry, z.output<typeof answers.entry>>;
type LotJson = Into<Lot, z.output<typeof answers.lot>>;
type ReservationJson = Into<Reservation, z.output<typeof answers.reservation>>;
type ShortfallJson = Into<Shortfall, NonNullable<z.output<typeof answers.check>['shortfall']>[number]>;
type AccountJson = Into<Account, z.output<typeof answers.account>>;
type UnitJson = Into<Unit, z.output<typeof answers.unit>>;
type KeyJson = Into<Key, z.output<typeof answers.key>>;
type StepJson = Into<ExplainedStep, z.output<typeof answers.explanation>['steps'][number]>;

/*
 * The JSON that the service answers with stays the one source: messages have its fields under its names. What differs
 * is what protobuf has types for: words become enums, moments become timestamps, null becomes nothing.
 */

export function entryMessage(json: EntryJson): Entry {
  return {
    ...json,
    type: ENTRY_TYPE.number(json.type),
    effective_at: timestampOf(json.effective_at),
    recorded_at: timestampOf(json.recorded_at),
  };
}

export function lotMessage(json: LotJson): Lot {
  return {
    ...json,
    category: LOT_CATEGORY.number(json.category),
    expires_at: momentOrNothing(json.expires_at),
    created_at: timestampOf(json.created_at),
  };
}

export function reservationMessage(json: ReservationJson): Reservation {
  return {
    ...json,
    status: RESERVATION_STATUS.number(json.status),
    overage: OVERAGE_POLICY.number(json.overage),
    late: LATE_POLICY.number(json.late),
    expires_at: timestampOf(json.expires_at),
    created_at: timestampOf(json.created_at),
  };
}

export function shortfallMessage(json: ShortfallJson): Shortfall {
  return {
    ...json,
    next_release_at: momentOrNothing(json.next_release_at),
    resets_at: momentOrNothing(json.resets_at),
  };
}

export function accountMessage(json: AccountJson): Account {
  return { ...json, created_at: momentOrNothing(json.created_at) };
}

export function unitMessage(json: UnitJson): Unit {
  return { ...json, kind: UNIT_KIND.number(json.kind) };
}

export function keyMessage(json: KeyJson): Key {
  return {
    ...json,
    mode: KEY_MODE.number(json.mode),
    rate_limit_per_second: json.rate_limit_per_second ?? undefined,
    created_at: timestampOf(json.created_at),
    revoked_at: momentOrNothing(json.revoked_at),
  };
}

export function stepMessage({ entry, balance }: StepJson): ExplainedStep {
  return { entry: entryMessage(entry), balance };
}

function momentOrNothing(text: string | null | undefined): Timestamp | undefined {
  return text === null || text === undefined ? undefined : timestampOf(text);
}
