import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Configure } from '../domain/command.js';
import type { Answer, Target } from '../submission.js';
import { WritePath } from '../write-path.js';

/** Replaces settings of an account; what is null stays. Idempotent by itself, so it has no key. */
export class ConfigureAccount extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly settings: Omit<Configure, 'type'>,
  ) {
    super();
  }
}

@CommandHandler(ConfigureAccount)
export class ConfigureAccountHandler implements ICommandHandler<ConfigureAccount> {
  constructor(private readonly writePath: WritePath) {}

  execute({ target, settings }: ConfigureAccount): Promise<Answer> {
    return this.writePath.execute({ target, command: { type: 'configure', ...settings }, once: null, fact: null });
  }
}
