import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Pool } from 'pg';
import type { Mode, NumberedTarget } from '../ledger/submission.js';
import { LedgerError } from '../shared/ledger-error.js';

/** About 200 bytes each. */
const MOST_REMEMBERED = 50_000;

const FIND_UNIT = `
SELECT e.unit, a.mode FROM entries e JOIN accounts a USING (account_no)
WHERE e.account_no = $1 AND e.seq = $2 AND e.unit IS NOT NULL`;

interface Found {
  readonly unit: string;
  readonly mode: Mode;
}

/**
 * Tells which unit a reservation, a lot or an entry is in, so that a bare amount can be read. Entries never change, so
 * what was found once is remembered: a caller who commits where he reserved costs no look-up.
 */
@Injectable()
export class EntryUnits {
  private readonly remembered = new LRUCache<string, Found>({ max: MOST_REMEMBERED });

  constructor(private readonly pool: Pool) {}

  /**
   * At once where it was told before.
   * @param id of the thing itself
   * @param seq of the entry that made it; for a reservation of several lines that is the first
   * @throws LedgerError what the target is missing as, also where it is of the other mode
   */
  find(id: string, target: NumberedTarget, seq: number): string | Promise<string> {
    const found = this.remembered.get(id);
    return found === undefined ? this.lookUp(id, target, seq) : unitOf(found, target);
  }

  /** For an id that was just given out. */
  remember(id: string, mode: Mode, unit: string): void {
    this.remembered.set(id, { unit, mode });
  }

  private async lookUp(id: string, target: NumberedTarget, seq: number): Promise<string> {
    const found = await this.ask(target.accountNo, seq);
    const unit = unitOf(found, target);
    this.remembered.set(id, found!);
    return unit;
  }

  private async ask(accountNo: number, seq: number): Promise<Found | undefined> {
    const values = [accountNo, seq];
    return (await this.pool.query<Found>({ name: 'unit-of-entry', text: FIND_UNIT, values })).rows[0];
  }
}

function unitOf(found: Found | undefined, { mode, missing }: NumberedTarget): string {
  if (found?.mode !== mode) throw new LedgerError(missing, 'there is nothing with this id');
  return found.unit;
}
