import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { AnswerWriter } from '../ledger/answer.js';
import type { NumberedTarget } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';
import { ReservationHistories } from './reservation-history.js';

/** One reservation with its entries, oldest first; as JSON. */
export class GetReservation extends Query<string> {
  constructor(
    readonly target: NumberedTarget,
    readonly reservation: number,
  ) {
    super();
  }
}

@QueryHandler(GetReservation)
export class GetReservationHandler implements IQueryHandler<GetReservation> {
  constructor(
    private readonly writePath: WritePath,
    private readonly writer: AnswerWriter,
    private readonly histories: ReservationHistories,
  ) {}

  async execute({ target, reservation: number }: GetReservation): Promise<string> {
    const account = await this.writePath.read(target, ({ no, id, state: { seq } }) => ({ no, id, seq }));
    const [history] = await this.histories.read(account.no, [number], account.seq);
    if (history === undefined) throw new LedgerError('reservation_not_found', 'there is no such reservation');
    const reservation = this.writer.reservation(account, history.reservation);
    const entries = history.entries.map(entry => this.writer.entry(account, entry)).join(',');
    return `${reservation.slice(0, -1)},"entries":[${entries}]}`;
  }
}
