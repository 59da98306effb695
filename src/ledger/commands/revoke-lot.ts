import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Revoke } from '../domain/command.js';
import type { Answer, NumberedTarget, Once } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Takes credits back, in the name of a lot; what is not there any more becomes debt. */
export class RevokeLot extends Command<Answer> {
  constructor(
    readonly target: NumberedTarget,
    readonly terms: Omit<Revoke, 'type' | 'unit'>,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(RevokeLot)
export class RevokeLotHandler implements ICommandHandler<RevokeLot> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once }: RevokeLot): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'revoke', ...terms }, once, fact: null });
  }
}
