import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { AnswerWriter } from '../ledger/answer.js';
import type { Moment } from '../ledger/domain/account.js';
import type { EntryType } from '../ledger/domain/entry.js';
import { entryFromRecord, type EntryRecord } from '../ledger/store/entry-record.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { pageOf, type Page } from '../shared/page.js';
import { UnitRegistry } from '../units/unit-registry.js';

export interface EntryFilter {
  readonly type: EntryType | null;
  readonly unit: string | null;
  /** By when they took effect, both inclusive. */
  readonly from: Moment | null;
  readonly to: Moment | null;
}

/** An account's entries, newest first. */
export class ListEntries extends Query<Page> {
  constructor(
    readonly target: Target,
    readonly filter: EntryFilter,
    readonly beforeSeq: number,
    readonly limit: number,
  ) {
    super();
  }
}

/** effective_at never decreases along seq, so snapshots around the two moments bound what has to be looked at. */
const LIST_ENTRIES = `
SELECT seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes,
       target, reason, member, metadata, details, effective_at, recorded_at
FROM entries
WHERE account_no = $1
  AND seq < $2
  AND ($3::text IS NULL OR type = $3)
  AND ($4::text IS NULL OR unit = $4)
  AND ($5::float8 IS NULL OR effective_at >= to_timestamp($5::float8 / 1000) AND seq > coalesce(
    (SELECT max(seq) FROM balance_snapshots WHERE account_no = $1 AND effective_at < to_timestamp($5::float8 / 1000)), 0))
  AND ($6::float8 IS NULL OR effective_at <= to_timestamp($6::float8 / 1000) AND seq <= coalesce(
    (SELECT min(seq) FROM balance_snapshots WHERE account_no = $1 AND effective_at > to_timestamp($6::float8 / 1000)),
    9223372036854775807))
ORDER BY seq DESC
LIMIT $7`;

@QueryHandler(ListEntries)
export class ListEntriesHandler implements IQueryHandler<ListEntries> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly units: UnitRegistry,
    private readonly pool: Pool,
  ) {}

  async execute({ target, filter, beforeSeq, limit }: ListEntries): Promise<Page> {
    const { type, unit, from, to } = filter;
    if (unit !== null) await this.units.find(unit);
    const { no, seq } = await this.writePath.read(target, view => ({ no: view.no, seq: view.state.seq }));
    // What is appended after the look may be in a unit that is not known here yet.
    const values = [no, Math.min(beforeSeq, seq + 1), type, unit, from, to, limit + 1];
    const { rows } = await this.pool.query<EntryRecord>(LIST_ENTRIES, values);
    const account = { no, id: target.account };
    return pageOf(
      rows,
      limit,
      row => this.writer.entry(account, entryFromRecord(row)),
      row => row.seq,
    );
  }
}
