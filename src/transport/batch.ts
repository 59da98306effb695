import { Injectable, Logger } from '@nestjs/common';
import type { Command } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Answer, Mode, Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { asLedgerError } from './as-ledger-error.js';
import { Mutations, type Call } from './mutations.js';
import { problemOf } from './problem.js';
import { readBatchCommand, type batchRequest } from './requests/batch.js';

type Given = z.output<typeof batchRequest>['commands'][number];

/** A command that was read, or what is wrong with it. */
type Read = { readonly call: Call; readonly command: Command<Answer> } | { readonly error: unknown };

interface Result {
  readonly status: number;
  /** JSON. */
  readonly body: Buffer | string;
}

/** Many commands in one request. Each stands for itself: what one is refused for does not touch the next. */
@Injectable()
export class Batches {
  private readonly logger = new Logger('batch');

  constructor(
    private readonly mutations: Mutations,
    private readonly writePath: WritePath,
  ) {}

  /** The answer's JSON, the results in the order of the commands. */
  async run(commands: readonly Given[], mode: Mode, requestId: string): Promise<Buffer> {
    const reads = await Promise.all(commands.map((given, index) => this.read(given, mode, `body.commands[${index}]`)));
    await this.makeNamesKnown(reads);
    // Sent in one go: the lanes keep the order in which an account's commands arrive.
    const results = await Promise.all(reads.map(read => this.result(read, requestId)));
    return join(commands, results);
  }

  private async read(given: Given, mode: Mode, part: string): Promise<Read> {
    try {
      const call = { ...readBatchCommand(given, part), mode, part, keyLocation: `${part}.idempotency_key` };
      return { call, command: await this.mutations.read(call) };
    } catch (error) {
      return { error };
    }
  }

  /**
   * A command that names its account would be overtaken, while that name is looked up, by one that carries the account's
   * number. So names are looked up first, where both kinds are there.
   */
  private async makeNamesKnown(reads: readonly Read[]): Promise<void> {
    const calls = reads.flatMap(read => ('call' in read ? [read.call] : []));
    const named = calls.filter(({ operation }) => operation.addresses === 'account');
    if (named.length === 0 || named.length === calls.length) return;
    const targets = new Map(named.map(({ address, mode }): [string, Target] => [address, { mode, account: address }]));
    await Promise.all([...targets.values()].map(target => this.writePath.read(target, () => null)));
  }

  private async result(read: Read, requestId: string): Promise<Result> {
    try {
      if ('error' in read) throw read.error;
      const { body } = await this.mutations.execute(read.call, read.command);
      return { status: read.call.operation.status, body };
    } catch (thrown) {
      const error = asLedgerError(thrown);
      if (error.code === 'internal') this.logger.error(`${requestId}: ${String(error.cause ?? error)}`);
      const problem = problemOf(error, requestId);
      return { status: problem.status, body: JSON.stringify(problem) };
    }
  }
}

function join(commands: readonly Given[], results: readonly Result[]): Buffer {
  const parts: Buffer[] = [];
  results.forEach(({ status, body }, index) => {
    const start = index === 0 ? '{"results":[' : ',';
    parts.push(Buffer.from(`${start}{"id":${JSON.stringify(commands[index]!.id)},"status":${status},"body":`));
    parts.push(typeof body === 'string' ? Buffer.from(body) : body, Buffer.from('}'));
  });
  parts.push(Buffer.from(']}'));
  return Buffer.concat(parts);
}
