import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Answer, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Takes a member off the record. Who is not there is refused, so it needs no key. */
export class RemoveMember extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly member: string,
  ) {
    super();
  }
}

@CommandHandler(RemoveMember)
export class RemoveMemberHandler implements ICommandHandler<RemoveMember> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, member }: RemoveMember): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'remove-member', member }, once: null, fact: null });
  }
}
