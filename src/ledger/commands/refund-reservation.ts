import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { RefundReservation as Refund } from '../domain/command.js';
import type { Answer, NumberedTarget, Once } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Gives back credits that were spent of a reservation. */
export class RefundReservation extends Command<Answer> {
  constructor(
    readonly target: NumberedTarget,
    readonly terms: Omit<Refund, 'type'>,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(RefundReservation)
export class RefundReservationHandler implements ICommandHandler<RefundReservation> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once }: RefundReservation): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'refund-reservation', ...terms }, once, fact: null });
  }
}
