import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Answer, Once, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Takes new work of an account again. */
export class UnfreezeAccount extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly reason: string | null,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(UnfreezeAccount)
export class UnfreezeAccountHandler implements ICommandHandler<UnfreezeAccount> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, reason, once }: UnfreezeAccount): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'unfreeze', reason }, once, fact: null });
  }
}
