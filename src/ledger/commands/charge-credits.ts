import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Charge } from '../domain/command.js';
import type { LedgerError } from '../../shared/ledger-error.js';
import type { Answer, Once, Target, UnfixedScales } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Spends credits at once, without a reservation. */
export class ChargeCredits extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly terms: Omit<Charge, 'type'>,
    readonly once: Once,
    readonly unfixed: UnfixedScales | undefined,
    readonly refusal?: LedgerError | undefined,
  ) {
    super();
  }
}

@CommandHandler(ChargeCredits)
export class ChargeCreditsHandler implements ICommandHandler<ChargeCredits> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, terms, once, unfixed, refusal }: ChargeCredits): Promise<Answer> {
    return this.writePath.execute({
      target,
      command: { type: 'charge', ...terms },
      once,
      fact: null,
      unfixed,
      refusal,
    });
  }
}
