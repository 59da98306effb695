import { performance } from 'node:perf_hooks';
import type { Account, AccountCache } from './account-cache.js';
import type { AnswerWriter } from './answer.js';
import { Batch, callsByAccount } from './batch.js';
import type { DbClock } from './db-clock.js';
import { forgetHistory, newAccount, type Moment } from './domain/account.js';
import { unitsToCome } from './domain/subscription-units.js';
import type { Pending } from './pending.js';
import { ConnectionLost } from './store/failure.js';
import type { Clocked, LaneConnection } from './store/lane-connection.js';
import type { LaneReader } from './store/lane-reader.js';
import { NO_CLOCKS, type ClockReadings } from './store/read-clocks.js';
import { Turn } from './turn.js';
import { clockToTake } from './turn-clock.js';
import { missingAccount } from './write-errors.js';

/** A lot that a refund goes back to is known only when its commit is: histories are asked for in rounds. */
const RECALL_ROUNDS = 4;

const NONE_LATE: ReadonlySet<number> = new Set();
export const NONE_AHEAD: ReadonlyMap<number, Account> = new Map();

export interface DeciderParts {
  readonly cache: AccountCache;
  readonly writer: AnswerWriter;
  /** Called with the units of accounts just loaded: their scales are needed to answer. */
  readonly learnUnits: (units: Iterable<string>) => Promise<void>;
}

/** Accounts that exist, by number, and those that so far have only a proposed one, empty as they are. */
export interface Accounts {
  readonly numbers: readonly number[];
  readonly proposed: readonly Account[];
}

/** With the clocks that are held too, which those of them that live by one need. */
export interface OwnedAccounts extends Accounts {
  readonly clocks: ReadonlySet<string>;
}

/** A batch that needs only be sent. */
export interface Decided {
  /** Which has collected it. */
  readonly connection: LaneConnection;
  readonly batch: Batch;
  readonly decidedAt: Moment;
  readonly times: Times;
}

/** For observers; see `BatchObservation`. */
export interface Times {
  readonly queuedSince: number | null;
  readonly beganAt: number;
  readonly loadedAt: number;
}

/** Reads what a batch's decisions rest on, and decides it: afterwards it needs only be sent. */
export class BatchDecider {
  constructor(
    private readonly parts: DeciderParts,
    private readonly clock: DbClock,
  ) {}

  /**
   * On what the batch in flight leaves, or the cache holds of their accounts; what both lack is loaded.
   * @param connection may be writing another batch meanwhile, so that nothing is asked on it
   * @param ahead accounts as the batch in flight leaves them
   */
  async decide(
    connection: LaneConnection,
    reader: LaneReader,
    calls: readonly Pending[],
    ahead: ReadonlyMap<number, Account>,
    queuedSince: number,
  ): Promise<Decided> {
    const beganAt = performance.now();
    const { found, unknown } = this.find(calls, ahead);
    const loaded = unknown.length > 0 ? await this.load(reader, unknown) : [];
    const turns = await this.openTurns(reader, [...found, ...loaded], calls, ahead);
    const wanted = clocksOf(turns);
    const testClocks = wanted === null ? NO_CLOCKS : await reader.readClocks(wanted);
    return this.decideTurns(connection, turns, testClocks, { queuedSince, beganAt, loadedAt: performance.now() });
  }

  /** On what the database holds of these accounts, whose rows and clocks the connection's transaction owns. */
  async decideBehindLocks(
    connection: LaneConnection,
    { numbers, proposed, clocks }: OwnedAccounts,
    calls: readonly Pending[],
    beganAt: number,
  ): Promise<{ readonly decided: Decided; readonly late: readonly Pending[] }> {
    const found = await this.load(connection, numbers);
    const lateNos = await lateToClocks(connection, found, clocks);
    const accounts = [...found.filter(({ no }) => !lateNos.has(no)), ...proposed];
    const isLate = ({ address }: Pending): boolean => lateNos.has(address.no);
    const turns = await this.openTurns(
      connection,
      accounts,
      calls.filter(call => !isLate(call)),
    );
    const wanted = clocksOf(turns);
    const testClocks = wanted === null ? NO_CLOCKS : await connection.readClocks(wanted);
    const times = { queuedSince: null, beganAt, loadedAt: performance.now() };
    return { decided: this.decideTurns(connection, turns, testClocks, times), late: calls.filter(isLate) };
  }

  /** What is in memory of these calls' accounts, and what is not. */
  private find(
    calls: readonly Pending[],
    ahead: ReadonlyMap<number, Account>,
  ): { found: Account[]; unknown: number[] } {
    const { numbers, proposed } = whoIs(calls);
    const known = (no: number): Account | undefined => ahead.get(no) ?? this.parts.cache.take(no);
    const found: Account[] = [];
    const unknown: number[] = [];
    for (const account of proposed) found.push(known(account.no) ?? account);
    for (const no of numbers) {
      const account = known(no);
      if (account !== undefined) found.push(account);
      else unknown.push(no);
    }
    return { found, unknown };
  }

  private async load(reader: LaneReader, numbers: readonly number[]): Promise<Account[]> {
    const { now, accounts } = await reader.load(numbers);
    this.clock.heard(now);
    try {
      await this.parts.learnUnits(
        new Set(accounts.flatMap(({ state }) => [...state.units.keys(), ...unitsToCome(state)])),
      );
    } catch (error) {
      // That goes over another connection; it says nothing about these calls.
      throw new ConnectionLost('the units in use could not be asked for', { cause: error });
    }
    return accounts.map(account => ({ ...account, unnamed: false }));
  }

  /** One turn an account, in the order of their numbers, with the history their calls look back at. */
  private async openTurns(
    reader: LaneReader,
    accounts: readonly Account[],
    calls: readonly Pending[],
    ahead: ReadonlyMap<number, Account> = NONE_AHEAD,
  ): Promise<Turn[]> {
    const byAccount = callsByAccount(calls);
    const turns: Turn[] = [];
    for (const account of accounts) {
      const continued = ahead.has(account.no);
      // What the turn in flight recalled was for its own calls.
      if (continued) forgetHistory(account.state.recalled);
      turns.push(new Turn(account, byAccount.get(account.no)!, this.parts.writer, continued));
      byAccount.delete(account.no);
    }
    for (const nobodys of byAccount.values())
      for (const call of nobodys) call.fail(missingAccount(call.address.missing));
    for (let round = 0; round < RECALL_ROUNDS; round++) {
      const missing = turns.map(turn => turn.missing()).filter(history => history !== null);
      if (missing.length === 0) break;
      await reader.recall(missing);
    }
    return turns.sort((a, b) => a.account.no - b.account.no);
  }

  private decideTurns(
    connection: LaneConnection,
    turns: readonly Turn[],
    testClocks: ClockReadings,
    times: Times,
  ): Decided {
    const decidedAt = this.clock.now();
    const batch = new Batch(turns, this.parts.writer);
    batch.decide(decidedAt, testClocks);
    batch.collect(connection.append);
    return { connection, batch, decidedAt, times };
  }
}

export function whoIs(calls: readonly Pending[]): Accounts {
  const numbers = new Set<number>();
  const proposed = new Map<number, Account>();
  for (const { address } of calls) {
    const { no, mode, id } = address;
    if (!address.unnamed) numbers.add(no);
    else if (!proposed.has(no)) proposed.set(no, { no, mode, id: id!, unnamed: true, state: newAccount() });
  }
  // By now it was written, and only some of these calls know.
  for (const no of numbers) proposed.delete(no);
  return { numbers: [...numbers], proposed: [...proposed.values()] };
}

/**
 * The clocks to be read for these turns; null for most. Anew for every batch, because nobody tells this replica that one
 * was moved; whether one was since, the append sees.
 */
function clocksOf(turns: readonly Turn[]): readonly string[] | null {
  let ids: Set<string> | undefined;
  for (const turn of turns)
    for (const id of turn.clock.wanted(turn.account.mode, turn.calls)) (ids ??= new Set()).add(id);
  return ids === undefined ? null : [...ids];
}

/** What of these calls' accounts may have to do with clocks; null for most. */
export function clockedOf(calls: readonly Pending[]): Clocked | null {
  const ofTest = calls.filter(({ address }) => address.mode === 'test');
  if (ofTest.length === 0) return null;
  const accountNos = ofTest.filter(({ address }) => !address.unnamed).map(({ address }) => address.no);
  return { accountNos, joined: ofTest.flatMap(({ call }) => clockToTake(call) ?? []) };
}

/** Accounts that took a clock only just now: they are tried again, because to hold it behind their rows is against the order. */
async function lateToClocks(
  reader: LaneReader,
  accounts: readonly Account[],
  held: ReadonlySet<string>,
): Promise<ReadonlySet<number>> {
  const late = accounts.filter(({ state }) => state.testClock !== null && !held.has(state.testClock));
  if (late.length === 0) return NONE_LATE;
  // One whose clock is gone could not be held either, and is for its turn to tell.
  const there = await reader.readClocks(late.map(({ state }) => state.testClock!));
  return new Set(late.filter(({ state }) => there.has(state.testClock!)).map(({ no }) => no));
}
