import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { AnswerWriter } from '../ledger/answer.js';
import type { Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { pageOf, type Page } from '../shared/page.js';
import { ReservationHistories } from './reservation-history.js';

/** An account's reservations, newest first: all of them, or those that are open. */
export class ListReservations extends Query<Page> {
  constructor(
    readonly target: Target,
    readonly openOnly: boolean,
    readonly beforeReservation: number,
    readonly limit: number,
  ) {
    super();
  }
}

/**
 * A reservation that is not open has an entry behind its first, which is in the index of those: so ended ones are found a
 * step a reservation, however many entries lie between them. Open ones may be among them.
 */
const LIST_ENDED = `
WITH RECURSIVE ended AS (
  (SELECT reservation FROM entries
   WHERE account_no = $1 AND reservation < $2 AND reservation <> seq
   ORDER BY reservation DESC LIMIT 1)
  UNION ALL
  SELECT (SELECT e.reservation FROM entries e
          WHERE e.account_no = $1 AND e.reservation < ended.reservation AND e.reservation <> e.seq
          ORDER BY e.reservation DESC LIMIT 1)
  FROM ended WHERE ended.reservation IS NOT NULL)
SELECT reservation FROM ended WHERE reservation IS NOT NULL LIMIT $3`;

@QueryHandler(ListReservations)
export class ListReservationsHandler implements IQueryHandler<ListReservations> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly pool: Pool,
    private readonly histories: ReservationHistories,
  ) {}

  async execute({ target, openOnly, beforeReservation, limit }: ListReservations): Promise<Page> {
    const { no, seq, open } = await this.writePath.read(target, view => ({
      no: view.no,
      seq: view.state.seq,
      open: [...view.state.holds.keys()],
    }));
    const before = Math.min(beforeReservation, seq + 1);
    const ended = openOnly ? [] : await this.endedBefore(no, before, limit + 1);
    const numbers = newestBefore(new Set([...open, ...ended]), before, limit + 1);
    const histories = await this.histories.read(no, numbers, seq);
    const account = { no, id: target.account };
    return pageOf(
      histories,
      limit,
      ({ reservation }) => this.writer.reservation(account, reservation),
      ({ reservation }) => reservation.no,
    );
  }

  private async endedBefore(accountNo: number, before: number, limit: number): Promise<number[]> {
    const { rows } = await this.pool.query<{ reservation: string }>(LIST_ENDED, [accountNo, before, limit]);
    return rows.map(({ reservation }) => Number(reservation));
  }
}

function newestBefore(numbers: ReadonlySet<number>, before: number, limit: number): number[] {
  return [...numbers]
    .filter(number => number < before)
    .sort((a, b) => b - a)
    .slice(0, limit);
}
