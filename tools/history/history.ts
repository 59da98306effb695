import type { Reply } from '../client/ledger-client.js';
import { parseMutation, parseProblem, type Mutation, type Problem, type WireBalances } from './answer.js';
import type { Difference } from './difference.js';
import type { Hold, Operation } from './operation.js';

export type Outcome =
  | { readonly kind: 'acknowledged'; readonly answer: Mutation }
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem; readonly retryAfterSeconds: number }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Refusal {
  readonly problem: Problem;
  readonly status: number;
  /** Milliseconds of the client's monotonic clock, as everywhere here. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Everything a client was told about one operation. */
export interface Told {
  readonly operation: Operation;
  readonly firstSentAt: number;
  /** The first answer that said yes: its bytes, and when they came. */
  acknowledged: { readonly body: Buffer; readonly status: number; readonly at: number } | null;
  readonly refusals: Refusal[];
  /** Attempts that ended without an answer that settles anything. */
  lostAttempts: number;
  /** Answers that said yes and were not marked as a replay. */
  freshAnswers: number;
}

/** A read of balances that a client made along the way. */
export interface Read {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly seq: number;
  readonly balances: WireBalances;
}

/**
 * What the clients were told, kept as it was said: about 1 KB an operation. Differences that show at once (a replay with
 * other bytes, a server error) are collected here; those that need the ledger come from `checkAccount`.
 */
export class History {
  readonly differences: Difference[] = [];
  readonly refusalsByCode = new Map<string, number>();
  lostAttempts = 0;
  replays = 0;
  readonly #told = new Map<string, Told>();
  readonly #reads = new Map<string, Read[]>();

  get size(): number {
    return this.#told.size;
  }

  all(): IterableIterator<Told> {
    return this.#told.values();
  }

  reads(account: string): readonly Read[] {
    return this.#reads.get(account) ?? [];
  }

  /** Call it right before sending; the result goes to `answered` or `lost`. */
  sending(operation: Operation): number {
    const now = performance.now();
    const known = this.#told.get(operation.key);
    if (known === undefined) {
      const told = { operation, firstSentAt: now, acknowledged: null, refusals: [], lostAttempts: 0, freshAnswers: 0 };
      this.#told.set(operation.key, told);
    } else if (known.operation.request.body !== operation.request.body) {
      throw new Error(`the key ${operation.key} was used for two operations`);
    }
    return now;
  }

  answered(operation: Operation, sentAt: number, reply: Reply): Outcome {
    const told = this.#toldOf(operation);
    if (reply.status >= 200 && reply.status < 300) return this.#accepted(told, reply);
    const problem = parseProblem(reply.body);
    if (reply.status >= 500 || problem.code === 'idempotency_key_in_use') {
      if (reply.status === 500) this.#differ(told, 'server_error', reply.body.toString('utf8', 0, 300));
      return this.lost(operation, `${reply.status} ${problem.code}`);
    }
    return this.#refused(told, sentAt, reply, problem);
  }

  lost(operation: Operation, why: string): Outcome {
    this.#toldOf(operation).lostAttempts++;
    this.lostAttempts++;
    return { kind: 'unknown', why };
  }

  read(account: string, read: Read): void {
    const reads = this.#reads.get(account);
    if (reads === undefined) this.#reads.set(account, [read]);
    else reads.push(read);
  }

  /** Operations that may or may not have taken effect: a retry with the same key settles them. */
  unsettled(): Operation[] {
    return [...this.all()].map(({ operation }) => operation).filter(operation => this.isUnsettled(operation));
  }

  /** True also after a refusal: a refusal is not remembered, so that a lost attempt may still take effect after it. */
  isUnsettled(operation: Operation): boolean {
    const { acknowledged, lostAttempts } = this.#toldOf(operation);
    return acknowledged === null && lostAttempts > 0;
  }

  /** What should still be held, by the client's own arithmetic. */
  openHolds(): Hold[] {
    const held = new Map<string, { account: string; held: bigint }>();
    for (const { operation, acknowledged } of this.all()) {
      if (acknowledged === null || operation.effect.held === undefined) continue;
      const id = operation.reservation ?? parseMutation(acknowledged.body).reservation!.id;
      const before = held.get(id)?.held ?? 0n;
      held.set(id, { account: operation.account, held: before + operation.effect.held });
    }
    return [...held]
      .filter(([, hold]) => hold.held > 0n)
      .map(([reservation, { account, held }]) => ({ account, reservation, held }));
  }

  #accepted(told: Told, reply: Reply): Outcome {
    const first = told.acknowledged;
    if (reply.replayed) this.replays++;
    else if (++told.freshAnswers > 1) this.#differ(told, 'applied_twice', 'two answers to one key are not replays');
    if (first !== null && (!first.body.equals(reply.body) || first.status !== reply.status)) {
      const [then, now] = [first.body, reply.body].map(body => body.toString('utf8'));
      this.#differ(told, 'replay_differs', `first ${first.status} ${then}, later ${reply.status} ${now}`);
    }
    told.acknowledged ??= { body: reply.body, status: reply.status, at: performance.now() };
    return { kind: 'acknowledged', answer: parseMutation(reply.body) };
  }

  #refused(told: Told, sentAt: number, reply: Reply, problem: Problem): Outcome {
    const first = told.acknowledged;
    if (first !== null && first.at < sentAt) {
      this.#differ(told, 'replay_refused', `was acknowledged, and then refused with ${reply.status} ${problem.code}`);
    }
    told.refusals.push({ problem, status: reply.status, sentAt, answeredAt: performance.now() });
    this.refusalsByCode.set(problem.code, (this.refusalsByCode.get(problem.code) ?? 0) + 1);
    return { kind: 'refused', status: reply.status, problem, retryAfterSeconds: reply.retryAfterSeconds };
  }

  #toldOf(operation: Operation): Told {
    const told = this.#told.get(operation.key);
    if (told === undefined) throw new Error(`nothing was sent with the key ${operation.key}`);
    return told;
  }

  #differ(told: Told, rule: Difference['rule'], message: string): void {
    const { account, key, kind } = told.operation;
    this.differences.push({ account, rule, message: `${kind} ${key}: ${message}` });
  }
}
