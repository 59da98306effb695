import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Reserve } from '../domain/command.js';
import type { LedgerError } from '../../shared/ledger-error.js';
import type { Answer, Once, Target, UnfixedScales } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Holds credits for work in flight, all lines or none. */
export class ReserveCredits extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly terms: Omit<Reserve, 'type'>,
    readonly once: Once,
    readonly unfixed: UnfixedScales | undefined,
    readonly refusal?: LedgerError | undefined,
  ) {
    super();
  }
}

@CommandHandler(ReserveCredits)
export class ReserveCreditsHandler implements ICommandHandler<ReserveCredits> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once, unfixed, refusal }: ReserveCredits): Promise<Answer> {
    return this.writePath.execute({
      target,
      command: { type: 'reserve', ...terms },
      once,
      fact: null,
      unfixed,
      refusal,
    });
  }
}
