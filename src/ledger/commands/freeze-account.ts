import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Answer, Once, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Refuses new work of an account from here on. */
export class FreezeAccount extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly reason: string | null,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(FreezeAccount)
export class FreezeAccountHandler implements ICommandHandler<FreezeAccount> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, reason, once }: FreezeAccount): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'freeze', reason }, once, fact: null });
  }
}
