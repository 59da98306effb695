import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Commit } from '../domain/command.js';
import type { Answer, NumberedTarget, Once } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Spends (part of) a reservation. */
export class CommitReservation extends Command<Answer> {
  constructor(
    readonly target: NumberedTarget,
    readonly terms: Omit<Commit, 'type'>,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(CommitReservation)
export class CommitReservationHandler implements ICommandHandler<CommitReservation> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once }: CommitReservation): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'commit', ...terms }, once, fact: null });
  }
}
