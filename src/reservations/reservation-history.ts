import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Reservation } from '../ledger/domain/account.js';
import type { Entry } from '../ledger/domain/entry.js';
import { rebuildReservation } from '../ledger/domain/recall.js';
import { readHistory, type Ask } from '../ledger/store/read-history.js';

export interface ReservationHistory {
  readonly reservation: Reservation;
  /** All of its entries, oldest first. */
  readonly entries: readonly Entry[];
}

/** Reservations, open and ended, folded from their entries. */
@Injectable()
export class ReservationHistories {
  constructor(private readonly pool: Pool) {}

  /**
   * In the order of the numbers; those that do not exist are left out.
   * @param seq of the account when it was looked at: what was appended since is not told, so that a list agrees with itself
   */
  async read(accountNo: number, numbers: readonly number[], seq: number): Promise<ReservationHistory[]> {
    const asks = numbers.flatMap((number): Ask[] => [
      { accountNo, by: 'seq', number },
      { accountNo, by: 'reservation', number },
    ]);
    const found = await readHistory(this.pool, asks);
    return numbers.flatMap((number, index) => {
      const entries = [...found[2 * index]!, ...found[2 * index + 1]!].filter(entry => entry.seq <= seq);
      const [first] = entries;
      if (first?.type !== 'reserve' || first.reservation !== number) return [];
      return [{ reservation: rebuildReservation(entries)!.reservation, entries }];
    });
  }
}
