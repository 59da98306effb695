import type { AccountState, Moment } from './domain/account.js';
import type { Account } from './account-cache.js';
import type { Call, Pending } from './pending.js';
import type { AppendedClock } from './store/append.js';
import { NO_CLOCKS, type ClockReading, type ClockReadings } from './store/read-clocks.js';

const NO_NAMES: readonly string[] = [];

/** What time it is for one account in one batch: the database's clock, or the test clock it lives by. */
export class TurnClock {
  private readonly state: AccountState;
  /** The test clock it lived by before this turn. */
  private readonly before: string | null;
  private readings: ClockReadings = NO_CLOCKS;

  constructor(account: Account) {
    this.state = account.state;
    this.before = account.state.testClock;
  }

  /** Those that the account lives by, or may once these calls are decided. */
  wanted(mode: string, calls: readonly Pending[]): readonly string[] {
    if (mode === 'live') return NO_NAMES;
    const { testClock } = this.state;
    return testClock === null ? calls.flatMap(({ call }) => clockToTake(call) ?? []) : [testClock];
  }

  /** As they are for this batch. */
  read(readings: ClockReadings): void {
    this.readings = readings;
  }

  /** The account's own now, which never runs backwards. */
  now(databaseNow: Moment): Moment {
    const { testClock, lastEffectiveAt } = this.state;
    if (testClock === null) return Math.max(databaseNow, lastEffectiveAt);
    const reading = this.readings.get(testClock);
    if (reading === undefined) throw new Error(`the test clock ${testClock} is gone`);
    return Math.max(reading.now, lastEffectiveAt);
  }

  /** It took a clock in this turn. */
  get taken(): boolean {
    return this.state.testClock !== this.before;
  }

  /** The clock this call has the account take; null for none, undefined where there is no such clock. */
  takenBy(call: Call): ClockReading | null | undefined {
    const clock = this.state.testClock === null && this.state.seq === 0 ? clockToTake(call) : null;
    return clock === null ? null : this.readings.get(clock);
  }

  /** What the append is to hold the account's clock against. */
  get appended(): AppendedClock | null {
    const { testClock: id } = this.state;
    const reading = id === null ? undefined : this.readings.get(id);
    if (id === null || reading === undefined) return null;
    return { id, now: reading.now, isNew: this.before === null };
  }
}

/** The clock that a call would have its account live by. */
export function clockToTake(call: Call): string | null {
  return call.type === 'command' && call.submission.command.type === 'configure'
    ? (call.submission.command.testClock ?? null)
    : null;
}
