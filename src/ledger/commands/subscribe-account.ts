import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { LedgerError } from '../../shared/ledger-error.js';
import type { Subscribe } from '../domain/command.js';
import type { Answer, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Starts, renews or changes a subscription. Idempotent by its cycle's start, so it has no key. */
export class SubscribeAccount extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly request: Omit<Subscribe, 'type' | 'seen'>,
  ) {
    super();
  }
}

@CommandHandler(SubscribeAccount)
export class SubscribeAccountHandler implements ICommandHandler<SubscribeAccount> {
  constructor(private readonly writePath: WritePath) {}

  /** A start that is recorded is decided once more, as one that was had: most often it then changes nothing. */
  async execute({ target, request }: SubscribeAccount): Promise<Answer> {
    const command = { type: 'subscribe', ...request } as const;
    const { subscription, start } = request;
    const fact = start === null ? null : `subscription:${subscription}:${Math.floor(start / 1000)}`;
    try {
      return await this.writePath.execute({ target, command: { ...command, seen: false }, once: null, fact });
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'fact_already_recorded') throw error;
      return this.writePath.execute({ target, command: { ...command, seen: true }, once: null, fact: null });
    }
  }
}
