import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Pool } from 'pg';
import type { PricedEvent } from '../ledger/domain/priced-event.js';
import type { Mode, NumberedTarget } from '../ledger/submission.js';
import { LedgerError } from '../shared/ledger-error.js';

/** What a later event of a reservation is priced by. */
export type AgreedRates = Pick<PricedEvent, 'meter' | 'properties' | 'card' | 'version'>;

interface Found {
  readonly mode: Mode;
  /** Null where it was not made by event. */
  readonly event: AgreedRates | null;
}

const MOST_REMEMBERED = 50_000;
/** Properties may be long; those of an ordinary event have some hundred characters. */
const MOST_REMEMBERED_CHARS = 20_000_000;

const FIND_EVENT = `
SELECT a.mode, e.details -> 'event' AS event FROM entries e JOIN accounts a USING (account_no)
WHERE e.account_no = $1 AND e.seq = $2 AND e.type = 'reserve' AND e.reservation = e.seq`;

/**
 * Tells by which version of which card a reservation was priced. That stands on its first entry, and entries never
 * change, so what was found once is remembered: a caller who commits where he reserved costs no look-up.
 */
@Injectable()
export class ReservationEvents {
  private readonly remembered = new LRUCache<string, Found>({
    max: MOST_REMEMBERED,
    maxSize: MOST_REMEMBERED_CHARS,
    sizeCalculation: ({ event }) => 50 + (event === null ? 0 : JSON.stringify(event.properties).length),
  });

  constructor(private readonly pool: Pool) {}

  /**
   * @param id of the reservation
   * @returns null where it was not made by event
   * @throws LedgerError what the target is missing as, also where it is of the other mode
   */
  async find(id: string, target: NumberedTarget, no: number): Promise<AgreedRates | null> {
    const found = this.remembered.get(id) ?? (await this.ask(target.accountNo, no));
    if (found?.mode !== target.mode) throw new LedgerError(target.missing, 'there is nothing with this id');
    this.remembered.set(id, found);
    return found.event;
  }

  /** For a reservation that was just made. */
  remember(id: string, mode: Mode, event: PricedEvent): void {
    this.remembered.set(id, { mode, event: agreed(event) });
  }

  private async ask(accountNo: number, seq: number): Promise<Found | undefined> {
    const values = [accountNo, seq];
    const { rows } = await this.pool.query<{ mode: Mode; event: PricedEvent | null }>({
      name: 'event-of-reservation',
      text: FIND_EVENT,
      values,
    });
    const [row] = rows;
    return row === undefined ? undefined : { mode: row.mode, event: row.event === null ? null : agreed(row.event) };
  }
}

function agreed({ meter, properties, card, version }: PricedEvent): AgreedRates {
  return { meter, properties, card, version };
}
