import { setTimeout as sleep } from 'node:timers/promises';
import type { WireBalances } from '../history/answer.js';
import type { History, Outcome } from '../history/history.js';
import { accountPath, type Operation } from '../history/operation.js';
import type { Latencies } from './latencies.js';
import { UnknownOutcome, type LedgerSender } from './ledger-client.js';

export interface Patience {
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** How long to go on trying with the same key before the outcome stays unknown. */
  readonly patienceMs: number;
  /** Hang up on the first attempt after this long, as an impatient user would. */
  readonly hangUpAfterMs?: number;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** A well-behaved caller: retries with the same key until it knows, and notes everything it is told. */
export class Caller {
  constructor(
    private readonly client: LedgerSender,
    readonly history: History,
    private readonly latencies: Latencies,
    private readonly patience: Patience,
  ) {}

  /** Sends, and sends again with the same key while the outcome is unknown. Refusals are final, but for a rate limit. */
  async call(operation: Operation, more: Partial<Patience> = {}): Promise<Outcome> {
    const { timeoutMs, patienceMs, hangUpAfterMs } = { ...this.patience, ...more };
    const deadline = performance.now() + patienceMs;
    let pauseMs = FIRST_PAUSE_MS;
    let attemptMs = hangUpAfterMs ?? timeoutMs;
    for (;;) {
      const outcome = await this.#attempt(operation, attemptMs);
      const limited = outcome.kind === 'refused' && outcome.problem.code === 'rate_limited';
      if (outcome.kind !== 'unknown' && !limited) return outcome;
      if (performance.now() + pauseMs >= deadline) return outcome;
      await sleep(limited ? Math.max(pauseMs, outcome.retryAfterSeconds * 1000) : pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      attemptMs = timeoutMs;
    }
  }

  /** Reads the balances and notes what they were; false where no answer came. */
  async readBalances(account: string): Promise<boolean> {
    const sentAt = performance.now();
    const request = { method: 'GET', path: `${accountPath(account)}/balance` } as const;
    const reply = await this.client.send(request, this.patience.timeoutMs).catch(ignoreUnknownOutcome);
    if (reply?.status !== 200) return false;
    const { seq, balances } = JSON.parse(reply.body.toString('utf8')) as { seq: number; balances: WireBalances };
    const answeredAt = performance.now();
    this.latencies.record('balance', answeredAt - sentAt);
    this.history.read(account, { sentAt, answeredAt, seq, balances });
    return true;
  }

  async #attempt(operation: Operation, timeoutMs: number): Promise<Outcome> {
    const sentAt = this.history.sending(operation);
    try {
      const reply = await this.client.send(operation.request, timeoutMs);
      this.latencies.record(operation.kind, performance.now() - sentAt);
      return this.history.answered(operation, sentAt, reply);
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error;
      return this.history.lost(operation, error.message);
    }
  }
}

function ignoreUnknownOutcome(error: unknown): null {
  if (error instanceof UnknownOutcome) return null;
  throw error;
}
