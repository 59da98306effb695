import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import { asLedgerError } from './as-ledger-error.js';
import type { Answer } from '../ledger/submission.js';

/**
 * How often each command came to which outcome: `accepted`, `replayed`, or the code of its refusal. Counted for every
 * transport, each command of a batch by itself.
 */
@Injectable()
export class CommandCounts {
  /** Since the last scrape; a counter of prom-client costs more than a command in a batch should pay. */
  private readonly fresh = new Map<string, Map<string, number>>();

  constructor(registry: Registry) {
    const { fresh } = this;
    const commands = new Counter({
      name: 'credits_commands_total',
      help: 'Commands by outcome: accepted, replayed, or the code of the refusal.',
      labelNames: ['command', 'outcome'],
      registers: [],
      collect() {
        for (const [command, outcomes] of fresh) {
          for (const [outcome, count] of outcomes) this.inc({ command, outcome }, count);
        }
        fresh.clear();
      },
    });
    registry.registerMetric(commands);
  }

  /** Counts what becomes of it, and answers that. */
  async count(command: string, work: Promise<Answer>): Promise<Answer> {
    try {
      const answer = await work;
      this.answered(command, answer);
      return answer;
    } catch (error) {
      this.refused(command, error);
      throw error;
    }
  }

  answered(command: string, { replayed }: Answer): void {
    this.add(command, replayed ? 'replayed' : 'accepted');
  }

  refused(command: string, error: unknown): void {
    this.add(command, asLedgerError(error).code);
  }

  private add(command: string, outcome: string): void {
    let outcomes = this.fresh.get(command);
    if (outcomes === undefined) this.fresh.set(command, (outcomes = new Map()));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
}
