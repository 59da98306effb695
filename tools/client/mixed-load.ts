import { setTimeout as sleep } from 'node:timers/promises';
import { ONE_CREDIT } from '../history/amounts.js';
import type { Outcome } from '../history/history.js';
import { capture, charge, commit, extend, grant, refund, release, reserve } from '../history/operation.js';
import type { Hold, Operation } from '../history/operation.js';
import type { Caller, Patience } from './caller.js';
import { seededRandomFor, type SeededRandom } from './seeded-random.js';

export interface MixedLoadOptions {
  /** Begins every account and key. */
  readonly prefix: string;
  readonly clients: number;
  /** Beside the one hot account that everybody uses. */
  readonly spreadAccounts: number;
  readonly seed: number;
  /** Share of operations on the hot account, 0 to 1. */
  readonly hotShare: number;
  /** The longest a client goes on asking with one key; what is unknown then is settled at the end. */
  readonly longestPatienceMs: number;
}

const HOT_FUNDS = 100n * ONE_CREDIT;
const SPREAD_FUNDS = 40n * ONE_CREDIT;
const MOST_OPEN_HOLDS = 4;
const MOST_REFUNDABLE = 20;
const SHARE_HANGING_UP = 0.05;
const SHARE_SENT_AS_TWO = 0.3;
const SHARE_SHORT_LIVED = 0.05;
const LONGEST_BEFORE_HANGING_UP_MS = 20;
const PAUSE_POLL_MS = 5;

interface Spent {
  readonly hold: Hold;
  readonly amount: bigint;
}

/**
 * Clients that do everything at once: grants, reserves, extends, captures, commits, releases, refunds, charges and reads,
 * on one hot account and many spread ones, each operation with a key of its own. What a client decides follows from the
 * seed and from what it was told.
 */
export class MixedLoad {
  readonly hotAccount: string;
  #running = true;
  #paused = false;
  #busy = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly caller: Caller,
    private readonly options: MixedLoadOptions,
  ) {
    this.hotAccount = `${options.prefix}-hot`;
  }

  /** Funds every account. To be called once, before `start`. */
  async fund(): Promise<void> {
    const { prefix, spreadAccounts } = this.options;
    await this.caller.call(grant(`${prefix}-fund-hot`, this.hotAccount, HOT_FUNDS));
    const fundings = Array.from({ length: spreadAccounts }, (_, i) =>
      this.caller.call(grant(`${prefix}-fund-${i}`, this.#spreadAccount(i), SPREAD_FUNDS)),
    );
    await Promise.all(fundings);
  }

  start(): void {
    const clients = Array.from({ length: this.options.clients }, (_, client) => this.#client(client));
    this.#done = Promise.all(clients).then(() => undefined);
  }

  /** Returns when nothing is under way any more. */
  async pause(): Promise<void> {
    this.#paused = true;
    while (this.#busy > 0) await sleep(PAUSE_POLL_MS);
  }

  resume(): void {
    this.#paused = false;
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#paused = false;
    await this.#done;
  }

  async #client(number: number): Promise<void> {
    const random = seededRandomFor(this.options.seed, number);
    const client = new LoadClient(this.caller, this.options, `${this.options.prefix}-c${number}`, random, () =>
      random.chance(this.options.hotShare)
        ? this.hotAccount
        : this.#spreadAccount(random.integer(0, this.options.spreadAccounts - 1)),
    );
    while (this.#running) {
      if (this.#paused) {
        await sleep(PAUSE_POLL_MS);
        continue;
      }
      this.#busy++;
      await client.doSomething().finally(() => this.#busy--);
    }
  }

  #spreadAccount(index: number): string {
    return `${this.options.prefix}-${index}`;
  }
}

/** One client: remembers its holds and what it spent, and never touches what it is unsure of. */
class LoadClient {
  readonly #holds: Hold[] = [];
  readonly #spent: Spent[] = [];
  #keys = 0;

  constructor(
    private readonly caller: Caller,
    private readonly options: MixedLoadOptions,
    private readonly name: string,
    private readonly random: SeededRandom,
    private readonly someAccount: () => string,
  ) {}

  async doSomething(): Promise<void> {
    const dice = this.random.next();
    if (dice < 0.04) return this.#grant();
    if (dice < 0.08) return this.#charge();
    if (dice < 0.12) return void (await this.caller.readBalances(this.someAccount()));
    if (dice < 0.16) return this.#refund();
    const hold = this.#holds.length > 0 && (dice < 0.6 || this.#holds.length >= MOST_OPEN_HOLDS);
    return hold ? this.#workOnHold() : this.#reserve();
  }

  /** Now and then for an order that is sent twice at once, under two keys: it may be granted once. */
  async #grant(): Promise<void> {
    const account = this.someAccount();
    const amount = this.#amount(40);
    const key = this.#key();
    if (!this.random.chance(SHARE_SENT_AS_TWO)) return void (await this.#call(grant(key, account, amount)));
    const reference = `order-${key}`;
    const keys = [key, this.#key()];
    await Promise.all(keys.map(each => this.#call(grant(each, account, amount, { reference }))));
  }

  async #charge(): Promise<void> {
    await this.#call(charge(this.#key(), this.someAccount(), this.#amount(3)));
  }

  async #refund(): Promise<void> {
    const spent = this.#spent.shift();
    if (spent !== undefined) await this.#call(refund(this.#key(), spent.hold, spent.amount));
  }

  async #reserve(): Promise<void> {
    const held = this.#amount(12);
    const account = this.someAccount();
    const shortLived = this.random.chance(SHARE_SHORT_LIVED);
    const terms = shortLived ? { ttl_seconds: 1, grace_seconds: 0 } : {};
    const outcome = await this.#call(reserve(this.#key(), account, held, terms));
    if (outcome.kind !== 'acknowledged') return;
    this.#holds.push({ account, held, reservation: outcome.answer.reservation!.id });
  }

  /** Takes a hold out while it works on it; an unknown outcome leaves it out for good. */
  async #workOnHold(): Promise<void> {
    const [hold] = this.#holds.splice(this.random.integer(0, this.#holds.length - 1), 1) as [Hold];
    const dice = this.random.next();
    if (dice < 0.15) return this.#keep(extend(this.#key(), hold, this.#amount(3)), hold);
    if (dice < 0.3 && hold.held > ONE_CREDIT) return this.#keep(capture(this.#key(), hold, ONE_CREDIT), hold);
    if (dice < 0.45) return void (await this.#call(release(this.#key(), hold)));
    // A tenth of the commits are for more than is held.
    const percent = BigInt(this.random.chance(0.1) ? this.random.integer(101, 150) : this.random.integer(0, 100));
    const amount = this.#rounded((hold.held * percent) / 100n);
    const operation = commit(this.#key(), hold, amount);
    const outcome = await this.#call(operation);
    if (outcome.kind === 'acknowledged' && amount > 0n && this.#spent.length < MOST_REFUNDABLE) {
      this.#spent.push({ hold, amount });
    }
    if (this.#leftAsItWas(operation, outcome)) this.#holds.push(hold);
  }

  async #keep(operation: Operation, hold: Hold): Promise<void> {
    const outcome = await this.#call(operation);
    if (outcome.kind === 'acknowledged') this.#holds.push({ ...hold, held: hold.held + operation.effect.held! });
    if (this.#leftAsItWas(operation, outcome)) this.#holds.push(hold);
  }

  /** An excess that was refused leaves the hold open, if no lost attempt can follow; a hold that time ended is gone. */
  #leftAsItWas(operation: Operation, outcome: Outcome): boolean {
    return outcome.kind === 'refused' && outcome.status === 402 && !this.caller.history.isUnsettled(operation);
  }

  #call(operation: Operation): Promise<Outcome> {
    const patience: Partial<Patience> = {
      patienceMs: this.random.integer(0, this.options.longestPatienceMs),
      ...(this.random.chance(SHARE_HANGING_UP) && {
        hangUpAfterMs: this.random.integer(0, LONGEST_BEFORE_HANGING_UP_MS),
      }),
    };
    return this.caller.call(operation, patience);
  }

  #key(): string {
    return `${this.name}-${++this.#keys}`;
  }

  /** Up to so many credits, with all the digits the unit has. */
  #amount(most: number): bigint {
    return this.#rounded(BigInt(this.random.integer(1, most * 1_000_000)) * 1000n);
  }

  #rounded(billionths: bigint): bigint {
    return billionths - (billionths % 1000n);
  }
}
