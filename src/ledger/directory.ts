import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { lookUpNames, type AccountName, type Numbering } from './store/look-up-names.js';
import type { Queryable } from './store/queryable.js';
import { busy } from './write-errors.js';

/** A name's number never changes: while it is here nobody asks for it again. */
const REMEMBERED_NAMES = 500_000;
/** A name has up to 255 characters; with names of an ordinary length the number of them is the bound. */
const REMEMBERED_CHARACTERS = 32_000_000;
/** Names asked for in one query. */
const LOOK_UP_LIMIT = 1_000;
/** Callers that may wait for a look-up; beyond it they are turned away at once. */
const WAITING_LIMIT = 10_000;
const RETRY_PAUSE_MS = 100;
const EXPIRY_CHECK_MS = 250;

interface Waiting {
  readonly name: AccountName;
  readonly deadlineAt: number;
  readonly resolve: (numbering: Numbering) => void;
  readonly reject: (error: Error) => void;
}

/** Finds the internal number of an account's name. Look-ups made while one is under way go together in the next. */
export class Directory {
  private readonly numbers = new LRUCache<string, Numbering>({
    max: REMEMBERED_NAMES,
    maxSize: REMEMBERED_CHARACTERS,
    sizeCalculation: (_, key) => key.length,
  });
  private waiting: Waiting[] = [];
  private asked: readonly Waiting[] = [];
  /** A look-up is under way. */
  asking = false;

  constructor(
    private readonly database: Queryable,
    private readonly log: { warn(message: string): void },
  ) {}

  /** What is known without asking. */
  known(name: AccountName): Numbering | undefined {
    return this.numbers.get(keyOf(name));
  }

  /** @throws LedgerError busy at the deadline, or where too many wait already */
  lookUp(name: AccountName, deadlineAt: number): Promise<Numbering> {
    if (this.waiting.length >= WAITING_LIMIT)
      return Promise.reject(busy(`${WAITING_LIMIT} accounts are being looked up`));
    return new Promise((resolve, reject) => {
      this.waiting.push({ name, deadlineAt, resolve, reject });
      if (!this.asking) void this.ask();
    });
  }

  learn(name: AccountName, numbering: Numbering): void {
    this.numbers.set(keyOf(name), numbering);
  }

  /** Its number is no longer the proposed one. */
  forget(name: AccountName): void {
    this.numbers.delete(keyOf(name));
  }

  private async ask(): Promise<void> {
    this.asking = true;
    const expiry = setInterval(() => this.expire(), EXPIRY_CHECK_MS);
    while (this.waiting.length > 0) {
      this.asked = this.waiting.slice(0, LOOK_UP_LIMIT);
      this.waiting = this.waiting.slice(this.asked.length);
      try {
        await this.askFor(this.asked);
      } catch (error) {
        this.log.warn(`looking up ${this.asked.length} accounts failed: ${String(error)}`);
        this.waiting = [...this.asked, ...this.waiting];
        await sleep(RETRY_PAUSE_MS);
        this.expire();
      }
    }
    this.asked = [];
    clearInterval(expiry);
    this.asking = false;
  }

  private async askFor(waiting: readonly Waiting[]): Promise<void> {
    const names = new Map(waiting.map(({ name }) => [keyOf(name), name]));
    const numberings = await lookUpNames(this.database, [...names.values()]);
    [...names.keys()].forEach((key, i) => this.numbers.set(key, numberings[i]!));
    for (const { name, resolve } of waiting) resolve(this.numbers.get(keyOf(name))!);
  }

  /** Settling one twice is harmless: the first counts. */
  private expire(): void {
    const now = performance.now();
    for (const { deadlineAt, reject } of [...this.asked, ...this.waiting]) {
      if (now >= deadlineAt) reject(busy('its account could not be looked up in time'));
    }
    this.waiting = this.waiting.filter(({ deadlineAt }) => now < deadlineAt);
  }
}

/** Account ids have no control characters, so this cannot be anybody's. */
function keyOf({ mode, id }: AccountName): string {
  return mode === 'live' ? id : `\0${id}`;
}
