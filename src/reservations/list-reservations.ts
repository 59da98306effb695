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

const LIST_NUMBERS = `
SELECT seq FROM entries
WHERE account_no = $1 AND seq < $2 AND reservation = seq
ORDER BY seq DESC
LIMIT $3`;

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
      open: openOnly ? [...view.state.holds.keys()] : null,
    }));
    const numbers =
      open === null
        ? await this.numbersBefore(no, Math.min(beforeReservation, seq + 1), limit + 1)
        : newestBefore(open, beforeReservation, limit + 1);
    const histories = await this.histories.read(no, numbers, seq);
    const account = { no, id: target.account };
    return pageOf(
      histories,
      limit,
      ({ reservation }) => this.writer.reservation(account, reservation),
      ({ reservation }) => reservation.no,
    );
  }

  private async numbersBefore(accountNo: number, before: number, limit: number): Promise<number[]> {
    const { rows } = await this.pool.query<{ seq: string }>(LIST_NUMBERS, [accountNo, before, limit]);
    return rows.map(({ seq }) => Number(seq));
  }
}

function newestBefore(numbers: readonly number[], before: number, limit: number): number[] {
  return numbers
    .filter(number => number < before)
    .sort((a, b) => b - a)
    .slice(0, limit);
}
