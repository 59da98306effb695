import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Grant } from '../domain/command.js';
import type { Answer, Once, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Adds credits to an account as a lot of their own. A `reference` is the caller's fact: granted once per account. */
export class GrantCredits extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly terms: Omit<Grant, 'type'>,
    readonly reference: string | null,
    readonly once: Once,
  ) {
    super();
  }
}

@CommandHandler(GrantCredits)
export class GrantCreditsHandler implements ICommandHandler<GrantCredits> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, reference, once }: GrantCredits): Promise<Answer> {
    return this.writePath.execute({
      target,
      command: { type: 'grant', ...terms },
      once,
      fact: reference === null ? null : `reference:${reference}`,
    });
  }
}
