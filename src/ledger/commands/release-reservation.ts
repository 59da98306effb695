import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Release } from '../domain/command.js';
import type { Answer, NumberedTarget, Once } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Ends a reservation without a spend. */
export class ReleaseReservation extends Command<Answer> {
  constructor(
    readonly target: NumberedTarget,
    readonly terms: Omit<Release, 'type'>,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(ReleaseReservation)
export class ReleaseReservationHandler implements ICommandHandler<ReleaseReservation> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once }: ReleaseReservation): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'release', ...terms }, once, fact: null });
  }
}
