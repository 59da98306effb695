import type { Account } from './account-cache.js';
import { askedFor, completeCommand } from './complete-command.js';
import { forgetHistory, type AccountState, type Moment } from './domain/account.js';
import { decide } from './domain/decide.js';
import type { Entry } from './domain/entry.js';
import { evolve } from './domain/evolve.js';
import type { Missing } from './domain/recall.js';
import { settleDue } from './domain/settle-due.js';
import { openWindows } from './domain/windows.js';
import { LedgerError } from '../shared/ledger-error.js';
import type { AnswerWriter } from './answer.js';
import type { Call, Pending } from './pending.js';
import { MOST_ACCOUNTS_OF_CLOCK } from './store/append.js';
import type { ClockReadings } from './store/read-clocks.js';
import type { AccountView, Submission, SubmittedCommand } from './submission.js';
import { TurnClock } from './turn-clock.js';
import {
  alreadyRecorded,
  clockIsFull,
  internal,
  keyReused,
  missingAccount,
  noSuchClock,
  readTooEarly,
} from './write-errors.js';

/** What becomes of a call once the batch stands. */
export type Verdict =
  /** `seq` of its first entry, or the account's where it has none. */
  | { readonly type: 'accepted'; readonly seq: number; readonly body: Buffer }
  | { readonly type: 'refused'; readonly error: LedgerError }
  /** Has the key of an earlier call of this batch, whose answer it gets. */
  | { readonly type: 'repeats'; readonly body: Buffer }
  | { readonly type: 'shown'; readonly value: unknown }
  /** Our fault, whatever becomes of the rest. */
  | { readonly type: 'failed'; readonly error: LedgerError }
  /** To be decided in another batch: it needs history that nobody knew it would need. */
  | { readonly type: 'postponed' };

/** What time did to one account in one batch at most: all of it at once could be more than one statement can write. */
const ENOUGH_DUE_ENTRIES = 10_000;

/** What was asked for, and the entries that were found. */
interface History {
  readonly asked: Set<string>;
  readonly entries: Map<number, Entry>;
}

/** Of most turns, which look back at nothing; never added to. */
const NO_HISTORY: History = { asked: new Set(), entries: new Map() };

const POSTPONED: Verdict = { type: 'postponed' };

/**
 * One account's turn in a batch: its calls in their order, decided in memory one after the other, each on what the ones
 * before it left. Nothing of it has happened until the batch is written.
 */
export class Turn {
  /** What the decisions rest on. */
  readonly priorSeq: number;
  /** What is appended: first what time did, then what each accepted command did. */
  readonly entries: Entry[] = [];
  /** One for each call, in their order. */
  readonly verdicts: Verdict[] = [];
  /** A decision threw: the state may be half changed, nothing of this turn may be written. */
  spoiled = false;
  readonly clock: TurnClock;
  private readonly dueBoundBefore: Moment;
  /** Where among the calls. */
  private readonly firstWithKey = new Map<string, number>();
  private factSeqs: Map<string, number> | undefined;
  private history: History = NO_HISTORY;

  /** @param continued what the account is rests on a turn that is not durable yet: nothing about it can be read */
  constructor(
    readonly account: Account,
    readonly calls: readonly Pending[],
    private readonly writer: AnswerWriter,
    private readonly continued = false,
  ) {
    this.priorSeq = account.state.seq;
    this.dueBoundBefore = account.state.dueBound;
    this.clock = new TurnClock(account);
  }

  /** History these calls look back at, as far as can be told before deciding; null where there is none to recall. */
  missing(): { accountNo: number; state: Account['state']; missing: Missing; entries: Map<number, Entry> } | null {
    // Calls that look back wait until what they may look for is there.
    if (this.continued) return null;
    const { state, no } = this.account;
    let all: { -readonly [Kind in keyof Missing]: Missing[Kind][number][] } | undefined;
    for (const { call } of this.calls) {
      if (call.type !== 'command') continue;
      const completed = this.complete(state, call.submission.command);
      if (completed.ok) continue;
      all ??= { reservations: [], lots: [], charges: [], revocations: [], freezes: [] };
      all.reservations.push(...completed.missing.reservations);
      all.lots.push(...completed.missing.lots);
      all.charges.push(...completed.missing.charges);
      all.revocations.push(...completed.missing.revocations);
      all.freezes.push(...completed.missing.freezes);
      if (this.history === NO_HISTORY) this.history = { asked: new Set(), entries: new Map() };
      for (const name of askedFor(completed.missing)) this.history.asked.add(name);
    }
    return all === undefined ? null : { accountNo: no, state, missing: all, entries: this.history.entries };
  }

  /** Tells the writer of answers what is coming. */
  foresee(): void {
    const commands: SubmittedCommand[] = [];
    for (const { call } of this.calls) if (call.type === 'command') commands.push(call.submission.command);
    this.writer.foresee(this.account.no, this.account.state, commands);
  }

  /**
   * @param databaseNow when these entries are recorded
   * @param testClocks as they are read for this batch
   */
  decide(databaseNow: Moment, testClocks: ClockReadings): void {
    const { state } = this.account;
    this.clock.read(testClocks);
    let now: Moment;
    try {
      now = this.clock.now(databaseNow);
      this.entries.push(...settleDue(state, now, databaseNow, ENOUGH_DUE_ENTRIES));
      // What is due still may end the very subscription whose window this would open.
      if (this.touched && state.dueBound > now) this.entries.push(...openWindows(state, now, databaseNow));
    } catch (error) {
      const failed: Verdict = { type: 'failed', error: internal(error) };
      for (const _ of this.calls) this.verdicts.push(failed);
      this.spoiled = true;
      return;
    }
    let view: AccountView = { no: this.account.no, mode: this.account.mode, id: this.account.id, state, now };
    let postponing = state.dueBound <= now;
    for (const call of this.calls) {
      // One that waits makes those behind it wait: an account's calls keep their order.
      const verdict: Verdict = postponing || this.spoiled ? POSTPONED : this.verdictOn(call, view, databaseNow);
      postponing = verdict === POSTPONED;
      if (this.clock.taken) view = { ...view, now: this.clock.now(databaseNow) };
      this.verdicts.push(verdict);
    }
  }

  /** Somebody asks about the account, or wants something of it: it is not only time that passes. */
  private get touched(): boolean {
    return this.calls.some(({ call }) => call.type === 'command' || call.touches);
  }

  /** Whether there is something to write, if only that a key was used or that nothing is due as early as was thought. */
  get writes(): boolean {
    if (this.spoiled) return false;
    if (this.entries.length > 0) return true;
    if (this.account.unnamed && this.firstWithKey.size === 0) return false;
    return this.firstWithKey.size > 0 || this.account.state.dueBound !== this.dueBoundBefore;
  }

  /** The id names an account of the other mode: to this caller there is none, whatever key it comes with. */
  hides({ address }: Pending): boolean {
    return address.missing !== null && address.mode !== this.account.mode;
  }

  /**
   * The account as this turn leaves it, for the batch behind it to be decided on while this one is written; null where
   * that must wait. Whoever is decided on it stands only if this turn does.
   */
  get continuable(): Account | null {
    const { account } = this;
    if (this.spoiled || account.unnamed || account.state.testClock !== null) return null;
    return this.verdicts.at(-1) === POSTPONED ? null : account;
  }

  /** The turn stands: the state may be used for the next one. */
  accountAfter(): Account {
    const { account } = this;
    forgetHistory(account.state.recalled);
    return account.unnamed && this.writes ? { ...account, unnamed: false } : account;
  }

  private verdictOn(pending: Pending, view: AccountView, databaseNow: Moment): Verdict {
    const { call, address } = pending;
    try {
      if (this.hides(pending)) return { type: 'refused', error: missingAccount(address.missing) };
      if (call.type === 'look') return { type: 'shown', value: call.look(view) };
      return this.verdictOnCommand(call, call.submission, view, databaseNow);
    } catch (error) {
      // A look may refuse; anything else that is thrown is a fault, and the state cannot be trusted after it.
      if (call.type === 'look' && error instanceof LedgerError) return { type: 'refused', error };
      this.spoiled = call.type !== 'look';
      return { type: 'failed', error: internal(error) };
    }
  }

  private verdictOnCommand(call: Call, submission: Submission, view: AccountView, databaseNow: Moment): Verdict {
    const { once, fact, unfixed, refusal } = submission;
    const { state } = view;
    const repeated = once === null ? undefined : this.firstWithKey.get(once.key);
    if (repeated !== undefined) return this.repeat(repeated, submission);
    const recordedSeq = fact === null ? undefined : this.factSeqs?.get(fact);
    if (recordedSeq !== undefined) return { type: 'refused', error: this.alreadyRecordedAs(recordedSeq) };

    if (refusal !== undefined) return { type: 'refused', error: refusal };

    const completed = this.complete(state, submission.command);
    if (!completed.ok) return POSTPONED;
    const taken = this.clock.takenBy(call);
    if (taken === undefined) return { type: 'refused', error: noSuchClock() };
    if (taken !== null && taken.accounts >= MOST_ACCOUNTS_OF_CLOCK) {
      return { type: 'refused', error: clockIsFull(MOST_ACCOUNTS_OF_CLOCK) };
    }
    // Its first entry is of the clock's time already.
    const decision = decide(state, completed.command, taken?.now ?? view.now, databaseNow);
    if (!decision.ok) return { type: 'refused', error: this.writer.refusal(view, decision.refusal, unfixed) };
    if (unfixed?.stand() === false) return { type: 'refused', error: readTooEarly() };

    for (const entry of decision.entries) {
      evolve(state, entry);
      this.entries.push(entry);
    }
    if (taken !== null) taken.accounts++;
    const seq = decision.entries[0]?.seq ?? state.seq;
    // This call's verdict will be the next one.
    if (once !== null) this.firstWithKey.set(once.key, this.verdicts.length);
    if (fact !== null) (this.factSeqs ??= new Map()).set(fact, seq);
    return {
      type: 'accepted',
      seq,
      body: Buffer.from(this.writer.mutation(view, completed.command, decision)),
    };
  }

  /** @param first where the call stands that had this key before */
  private repeat(first: number, { once }: Submission): Verdict {
    const { call } = this.calls[first]!;
    const before = call.type === 'command' ? call.submission.once : null;
    if (!before!.fingerprint.equals(once!.fingerprint)) return { type: 'refused', error: keyReused() };
    const verdict = this.verdicts[first]!;
    if (verdict.type !== 'accepted') throw new Error('only an accepted call is repeated');
    return { type: 'repeats', body: verdict.body };
  }

  private complete(state: AccountState, command: SubmittedCommand): ReturnType<typeof completeCommand> {
    return completeCommand(state, command, this.history.entries, this.history.asked);
  }

  private alreadyRecordedAs(seq: number): LedgerError {
    return alreadyRecorded(this.writer.entryId(this.account.no, seq));
  }
}
