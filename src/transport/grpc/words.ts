import type { LatePolicy, LotCategory, OveragePolicy } from '../../ledger/domain/account.js';
import type { ChangePolicy } from '../../ledger/domain/command.js';
import type { EntryType } from '../../ledger/domain/entry.js';
import type { Mode } from '../../keys/api-key.js';
import type { UnitKind } from '../../units/unit-registry.js';
import * as configuration from './generated/credits/v1/configuration.js';
import * as ledger from './generated/credits/v1/ledger.js';
import * as subscriptions from './generated/credits/v1/subscriptions.js';

/** An enum that has a number for each of these words of the JSON API; one that lacks any does not compile. */
type EnumOf<W extends string> = Readonly<Record<Uppercase<W> | 'UNSPECIFIED', number>>;

/** Between the words of the JSON API and an enum of proto/: `allow_debt` is `OVERAGE_POLICY_ALLOW_DEBT`. */
class Words<W extends string> {
  private readonly words = new Map<number, W>();

  constructor(values: EnumOf<W>) {
    for (const [name, number] of Object.entries(values)) {
      if (typeof number !== 'number' || number === 0) continue;
      const word = name.toLowerCase() as W;
      this.words.set(number, word);
    }
  }

  /** Undefined where nothing is said; a number without a word stays one, for the request's schema to refuse. */
  word(number: number | undefined): W | number | undefined {
    return number === undefined || number === 0 ? undefined : (this.words.get(number) ?? number);
  }
}

export const LOT_CATEGORY = new Words<LotCategory>(ledger.LotCategory);
export const ENTRY_TYPE = new Words<EntryType>(ledger.EntryType);
export const RESERVATION_STATUS = new Words<'open' | 'closed' | 'expired'>(ledger.ReservationStatus);
export const OVERAGE_POLICY = new Words<OveragePolicy>(ledger.OveragePolicy);
export const LATE_POLICY = new Words<LatePolicy>(ledger.LatePolicy);
export const CHANGE_TIME = new Words<'now' | 'period_end'>(subscriptions.ChangeTime);
export const UNUSED_CREDITS = new Words<ChangePolicy>(subscriptions.UnusedCredits);
export const UNIT_KIND = new Words<UnitKind>(configuration.UnitKind);
export const KEY_MODE = new Words<Mode>(configuration.KeyMode);
