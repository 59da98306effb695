import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Extend } from '../domain/command.js';
import type { Answer, NumberedTarget, Once } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Prolongs a reservation, or lets it grow, or both. */
export class ExtendReservation extends Command<Answer> {
  constructor(
    readonly target: NumberedTarget,
    readonly terms: Omit<Extend, 'type'>,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(ExtendReservation)
export class ExtendReservationHandler implements ICommandHandler<ExtendReservation> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once }: ExtendReservation): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'extend', ...terms }, once, fact: null });
  }
}
