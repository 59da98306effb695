import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { AnswerWriter } from '../ledger/answer.js';
import { lotNumber, LOTS_PER_ENTRY, type AccountState, type Lot } from '../ledger/domain/account.js';
import type { Entry } from '../ledger/domain/entry.js';
import { entryFromRecord, type EntryRecord } from '../ledger/store/entry-record.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { pageOf, type Page } from '../shared/page.js';
import { UnitRegistry } from '../units/unit-registry.js';

/** All lots an account ever had, newest first; of one that is used up or over nothing remains. */
export class ListLots extends Query<Page> {
  constructor(
    readonly target: Target,
    readonly unit: string | null,
    readonly beforeLot: number,
    readonly limit: number,
  ) {
    super();
  }
}

/** Each makes at least one lot, and the first may have made those that the page before ended with. */
const ENTRIES_THAT_MADE_LOTS = `
SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
       target, reason, member, metadata, details, effective_at, recorded_at
FROM entries
WHERE account_no = $1 AND details ? 'made' AND seq <= $2 AND ($3::text IS NULL OR unit = $3)
ORDER BY seq DESC
LIMIT $4`;

@QueryHandler(ListLots)
export class ListLotsHandler implements IQueryHandler<ListLots> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly units: UnitRegistry,
    private readonly pool: Pool,
  ) {}

  async execute({ target, unit, beforeLot, limit }: ListLots): Promise<Page> {
    if (unit !== null) await this.units.find(unit);
    const { no, seq, live } = await this.writePath.read(target, view => ({
      no: view.no,
      seq: view.state.seq,
      live: liveLots(view.state),
    }));
    const values = [no, Math.min(seq, Math.floor(beforeLot / LOTS_PER_ENTRY)), unit, limit + 2];
    const { rows } = await this.pool.query<EntryRecord>(ENTRIES_THAT_MADE_LOTS, values);
    const lots = rows.flatMap(row => lotsMadeBy(entryFromRecord(row), live)).filter(lot => lot.no < beforeLot);
    const account = { no, id: target.account };
    return pageOf(
      lots,
      limit,
      lot => this.writer.lot(account, lot),
      lot => lot.no,
    );
  }
}

/** Copies: the state goes on changing after the look. */
function liveLots(state: AccountState): ReadonlyMap<number, Lot> {
  const live = new Map<number, Lot>();
  for (const { lots } of state.units.values()) for (const lot of lots) live.set(lot.no, { ...lot });
  return live;
}

function lotsMadeBy(entry: Entry, live: ReadonlyMap<number, Lot>): Lot[] {
  return entry.made
    .map((terms, index): Lot => {
      const no = lotNumber(entry.seq, index);
      const gone = { ...terms, no, createdAt: entry.effectiveAt, remaining: 0n, held: 0n, carried: 0n, revoked: 0n };
      return live.get(no) ?? gone;
    })
    .reverse();
}
