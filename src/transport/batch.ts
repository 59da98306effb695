import { Injectable, Logger } from '@nestjs/common';
import type { Command } from '@nestjs/cqrs';
import type { Answer } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';
import { asLedgerError } from './as-ledger-error.js';
import { Mutations, type Call } from './mutations.js';

/** A command that was read, or what is wrong with it. */
export type Read = { readonly call: Call; readonly command: Command<Answer> } | { readonly error: LedgerError };

/** What became of one command. */
export type Outcome = { readonly answer: Answer } | { readonly error: LedgerError };

/** Many commands of one message. Each stands for itself: what one is refused for does not touch the next. */
@Injectable()
export class Batches {
  private readonly logger = new Logger('batch');

  constructor(
    private readonly mutations: Mutations,
    private readonly writePath: WritePath,
  ) {}

  /** @param calls as they came, or what was wrong with one already */
  async read(calls: readonly (Call | LedgerError)[]): Promise<Read[]> {
    const reads = await Promise.all(calls.map(call => this.readOne(call)));
    const named = new Map<string, Call>();
    for (const read of reads) {
      if ('call' in read && read.call.operation.addresses === 'account') named.set(read.call.address, read.call);
    }
    // Else a command that names its account would be overtaken by one that carries the account's number.
    await this.writePath.meet([...named.values()].map(({ asker, address }) => ({ ...asker, account: address })));
    return reads;
  }

  /** Sends them in one go, before it returns: the lanes keep the order in which an account's commands arrive. */
  send(reads: readonly Read[], requestId: string): Promise<Outcome>[] {
    return reads.map(read => this.outcome(read, requestId));
  }

  private async readOne(call: Call | LedgerError): Promise<Read> {
    if (call instanceof LedgerError) return { error: call };
    try {
      return { call, command: await this.mutations.read(call) };
    } catch (error) {
      return { error: asLedgerError(error) };
    }
  }

  private outcome(read: Read, requestId: string): Promise<Outcome> {
    if ('error' in read) return Promise.resolve(this.refused(read.error, requestId));
    return this.mutations.execute(read.call, read.command).then(
      answer => ({ answer }),
      (thrown: unknown) => this.refused(asLedgerError(thrown), requestId),
    );
  }

  private refused(error: LedgerError, requestId: string): Outcome {
    if (error.code === 'internal') this.logger.error(`${requestId}: ${String(error.cause ?? error)}`);
    return { error };
  }
}
