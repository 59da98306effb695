import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LedgerError } from '../../shared/ledger-error.js';
import type { Subscribe } from '../domain/command.js';
import type { Answer, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Starts, renews or changes a subscription. Idempotent by its cycle's start, so it has no key. A plan is tried out once. */
export class SubscribeAccount extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly request: Omit<Subscribe, 'type' | 'seen' | 'tried'>,
  ) {
    super();
  }
}

@CommandHandler(SubscribeAccount)
export class SubscribeAccountHandler implements ICommandHandler<SubscribeAccount> {
  constructor(private readonly writePath: WritePath) {}

  /** What is recorded already is decided once more, as what was had: most often it then changes nothing. */
  async execute({ target, request }: SubscribeAccount): Promise<Answer> {
    const command = { type: 'subscribe', ...request } as const;
    const fact = factOf(request);
    const first = { ...command, seen: false, tried: false };
    try {
      return await this.writePath.execute({ target, command: first, once: null, fact });
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'fact_already_recorded') throw error;
      const again = request.trial ? { ...first, tried: true } : { ...first, seen: true };
      return this.writePath.execute({ target, command: again, once: null, fact: null });
    }
  }
}

/** That the account tries the plan out, or that the period was had: what can be only once. */
function factOf({ subscription, terms, start, trial }: SubscribeAccount['request']): string | null {
  if (trial) return `trial:${terms.plan}`;
  return start === null ? null : `subscription:${subscription}:${Math.floor(start / 1000)}`;
}
