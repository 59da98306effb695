import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { SetMember as Decided } from '../domain/command.js';
import type { Answer, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Puts a member on record, with its budgets. Idempotent by itself, so it has no key. */
export class SetMember extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly request: Omit<Decided, 'type'>,
  ) {
    super();
  }
}

@CommandHandler(SetMember)
export class SetMemberHandler implements ICommandHandler<SetMember> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, request }: SetMember): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'set-member', ...request }, once: null, fact: null });
  }
}
