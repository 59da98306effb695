import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Cancel } from '../domain/command.js';
import type { Answer, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Ends a subscription, now or with its period. Idempotent by itself, so it has no key. */
export class CancelSubscription extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly request: Omit<Cancel, 'type'>,
  ) {
    super();
  }
}

@CommandHandler(CancelSubscription)
export class CancelSubscriptionHandler implements ICommandHandler<CancelSubscription> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, request }: CancelSubscription): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'cancel', ...request }, once: null, fact: null });
  }
}
