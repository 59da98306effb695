import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { IdCodec } from '../ids/id-codec.js';
import type { ScaleOf } from '../shared/amount.js';
import type { LedgerError } from '../shared/ledger-error.js';
import { AccountCache } from './account-cache.js';
import { AnswerWriter } from './answer.js';
import type { BatchObserver } from './batch-observer.js';
import { Directory } from './directory.js';
import { Lane } from './lane.js';
import { Pending, type Address, type Call } from './pending.js';
import type { AccountName, Numbering } from './store/look-up-names.js';
import type { Queryable } from './store/queryable.js';
import type { AccountView, Answer, NumberedTarget, Submission, Target } from './submission.js';
import { busy } from './write-errors.js';

/** How long a call may take that does not say how long. */
const DEFAULT_DEADLINE_MS = 10_000;
const DRAIN_CHECK_MS = 5;

/** Digits after the point of units; `UnitRegistry` is one. */
export interface UnitScales {
  /** Of a unit in use; undefined where this process has not met it in use. */
  scaleOf(unit: string): number | undefined;
  /** Learns of every unit in use, whichever replica put it to use. */
  learn(): Promise<void>;
}

export interface WritePathParts {
  /** Shared connections as the app role, for the directory. */
  readonly database: Queryable;
  /** A fresh connection as the app role, for a lane. */
  readonly createClient: (applicationName: string) => Client;
  readonly ids: IdCodec;
  readonly units: UnitScales;
  readonly lanes: number;
  readonly log: { warn(message: string): void; error(message: string): void };
  readonly observer?: BatchObserver;
}

/**
 * The one way into the ledger, for commands and for reads that must be current: finds the account's lane and waits there
 * for the answer. See `Lane` for what happens to it.
 */
export class WritePath {
  private readonly directory: Directory;
  private readonly lanes: readonly Lane[];
  private readonly origin: (() => object | null) | undefined;
  private draining = false;

  constructor(parts: WritePathParts) {
    const { units } = parts;
    this.directory = new Directory(parts.database, parts.log);
    const laneParts = {
      cache: new AccountCache(),
      writer: new AnswerWriter(parts.ids, scalesIn(units)),
      learnUnits: (used: Iterable<string>) => learnUnits(units, used),
      named: (name: AccountName, no: number) => this.directory.learn(name, { no, proposed: false }),
      readdress: (calls: readonly Pending[]) => this.readdress(calls),
      log: parts.log,
      observer: parts.observer,
    };
    this.origin = parts.observer?.origin;
    this.lanes = Array.from({ length: parts.lanes }, (_, lane) => {
      return new Lane({ ...laneParts, createClient: () => parts.createClient(`credits-ledger lane ${lane}`) });
    });
  }

  /** Decides and books a command. @throws LedgerError the refusal, or `busy` where it could not be settled in time */
  execute(submission: Submission): Promise<Answer> {
    return this.submit(submission.target, { type: 'command', submission });
  }

  /**
   * Looks at an account as it is now: everything due is booked first, and what `look` returned leaves only once the
   * account was confirmed on the primary. `look` must not keep the view.
   * @throws LedgerError what `look` throws, or `busy`
   */
  read<T>(target: Target | NumberedTarget, look: (view: AccountView) => T): Promise<T> {
    return this.submit(target, { type: 'look', look, touches: true });
  }

  /** Books what is due and nothing else. @throws LedgerError `busy`, or what the target is missing with */
  settle(target: NumberedTarget): Promise<void> {
    return this.submit(target, { type: 'look', look: () => undefined, touches: false });
  }

  /**
   * Looks up those of these accounts whose number is not known here yet. A call that names its account waits for that
   * look-up, so it could be overtaken by a later one that carries the number; after this it is not.
   */
  async meet(targets: readonly Target[]): Promise<void> {
    const names = targets.map(({ mode, account }) => ({ mode, id: account }));
    const unknown = names.filter(name => this.directory.known(name) === undefined);
    const deadlineAt = performance.now() + DEFAULT_DEADLINE_MS;
    // Who could not be looked up now is refused by its own call.
    await Promise.allSettled(unknown.map(name => this.directory.lookUp(name, deadlineAt)));
  }

  /** Calls that wait for a lane. */
  get waiting(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /** Takes no more calls, answers those it has, and lets go of its connections. */
  async drain(): Promise<void> {
    this.draining = true;
    while (this.directory.asking || this.lanes.some(({ working }) => working)) await sleep(DRAIN_CHECK_MS);
    for (const lane of this.lanes) lane.close();
  }

  private submit<T>(target: Target | NumberedTarget, call: Call): Promise<T> {
    if (this.draining) return Promise.reject(busy('this replica is stopping'));
    const { deadlineAt = performance.now() + DEFAULT_DEADLINE_MS } = target;
    const origin = this.origin === undefined ? null : this.origin();
    return new Promise<T>((resolve, reject) => {
      const enqueue = (address: Address) => {
        this.enqueue(new Pending(call, address, deadlineAt, resolve as (value: unknown) => void, reject, origin));
      };
      if ('accountNo' in target) {
        enqueue({ no: target.accountNo, mode: target.mode, id: null, unnamed: false, missing: target.missing });
        return;
      }
      const name = { mode: target.mode, id: target.account };
      const known = this.directory.known(name);
      if (known !== undefined) enqueue(addressOf(name, known));
      else this.directory.lookUp(name, deadlineAt).then(found => enqueue(addressOf(name, found)), reject);
    });
  }

  private enqueue(pending: Pending): void {
    this.lanes[pending.address.no % this.lanes.length]!.enqueue(pending);
  }

  /** Somebody else gave these names their numbers. */
  private readdress(calls: readonly Pending[]): void {
    for (const call of calls) {
      const name = { mode: call.address.mode, id: call.address.id! };
      this.directory.forget(name);
      this.directory
        .lookUp(name, call.deadlineAt)
        .then(found => this.enqueue(call.readdressed(addressOf(name, found))))
        .catch((error: unknown) => call.fail(error as LedgerError));
    }
  }
}

function addressOf({ mode, id }: AccountName, { no, proposed }: Numbering): Address {
  return { no, mode, id, unnamed: proposed, missing: null };
}

/** For an `AnswerWriter`: every unit an account has was put to use before its first entry. */
export function scalesIn(units: UnitScales): ScaleOf {
  return unit => {
    const scale = units.scaleOf(unit);
    if (scale === undefined) throw new Error(`the unit ${unit} is not known to be in use`);
    return scale;
  };
}

async function learnUnits(units: UnitScales, used: Iterable<string>): Promise<void> {
  for (const unit of used) if (units.scaleOf(unit) === undefined) return units.learn();
}
