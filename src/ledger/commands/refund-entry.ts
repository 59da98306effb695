import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { RefundEntry as Refund } from '../domain/command.js';
import type { Answer, NumberedTarget, Once } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Gives back credits that one commit entry spent, a charge for example. */
export class RefundEntry extends Command<Answer> {
  constructor(
    readonly target: NumberedTarget,
    readonly terms: Omit<Refund, 'type' | 'reservation'>,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(RefundEntry)
export class RefundEntryHandler implements ICommandHandler<RefundEntry> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once }: RefundEntry): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'refund-entry', ...terms }, once, fact: null });
  }
}
