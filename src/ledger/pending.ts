import { performance } from 'node:perf_hooks';
import { LedgerError, type ErrorCode } from '../shared/ledger-error.js';
import { busy } from './write-errors.js';
import type { AccountView, Answer, Mode, Submission } from './submission.js';

/** The account a call is about, once its number is known. */
export interface Address {
  readonly no: number;
  readonly mode: Mode;
  /** The caller's own id; null where the call came with a number. */
  readonly id: string | null;
  /** The number is only a proposal: no account of this name was ever written. */
  readonly unnamed: boolean;
  /** What to refuse with where there is no such account. */
  readonly missing: ErrorCode | null;
}

/** What is asked: a command to decide, or a look at the account as it is. */
export type Call =
  | { readonly type: 'command'; readonly submission: Submission }
  /** One that does not touch the account only lets time pass: it opens no windows. */
  | { readonly type: 'look'; readonly look: (view: AccountView) => unknown; readonly touches: boolean };

/** One call waiting for its answer. The first answer counts: one given up at its deadline may still be settled later. */
export class Pending {
  settled = false;

  constructor(
    readonly call: Call,
    readonly address: Address,
    /** Milliseconds on `performance.now()`'s clock. */
    readonly deadlineAt: number,
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (error: Error) => void,
    /** Who asked, for those who observe batches. */
    readonly origin: object | null,
  ) {}

  answer(answer: Answer): void {
    this.settled = true;
    this.resolve(answer);
  }

  show(value: unknown): void {
    this.settled = true;
    this.resolve(value);
  }

  fail(error: LedgerError): void {
    this.settled = true;
    this.reject(error);
  }

  /** Gives it up when its time is over; what became of it is then for its key to tell. */
  expire(now = performance.now()): void {
    if (!this.settled && now >= this.deadlineAt) this.fail(busy('it took longer than the request may'));
  }

  /** The same call to another account number. */
  readdressed(address: Address): Pending {
    return new Pending(this.call, address, this.deadlineAt, this.resolve, this.reject, this.origin);
  }
}
