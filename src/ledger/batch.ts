import { hash } from 'node:crypto';
import type { LedgerError } from '../shared/ledger-error.js';
import type { Account } from './account-cache.js';
import type { AnswerWriter } from './answer.js';
import type { Moment } from './domain/account.js';
import type { Pending } from './pending.js';
import type { AppendReply, KnownOutcome } from './store/append-reply.js';
import type { Append, AppendedAccount } from './store/append.js';
import type { ClockReadings } from './store/read-clocks.js';
import { Turn, type Verdict } from './turn.js';
import { alreadyRecorded, keyReused } from './write-errors.js';

const KEY_HASH_BYTES = 16;

/** Where a call's key and fact stand among those the append looks up. */
interface Asked {
  key?: number;
  fact?: number;
}

/** What a written batch leaves to do. */
export interface Settled {
  /** Accounts that exist, as they are now. */
  readonly accounts: Account[];
  /** Those of them that exist since this batch. */
  readonly named: Account[];
  /** To be decided again, on a fresh state. */
  readonly again: Pending[];
  /** To be decided again under another number: somebody else gave this name one. */
  readonly renamed: Pending[];
}

/** The turns of one batch, from deciding to answering. */
export class Batch {
  private readonly asked = new Map<Pending, Asked>();

  /** @param turns in the order of their account numbers, which is the order in which rows are locked */
  constructor(
    readonly turns: readonly Turn[],
    private readonly writer: AnswerWriter,
  ) {}

  get calls(): number {
    return this.turns.reduce((sum, { calls }) => sum + calls.length, 0);
  }

  /** Who asked, each once. */
  origins(): Set<object> {
    const origins = new Set<object>();
    for (const { calls } of this.turns) for (const { origin } of calls) if (origin !== null) origins.add(origin);
    return origins;
  }

  /** What is left of accounts that the batch behind this one may be decided on. */
  continuable(): Map<number, Account> {
    const accounts = new Map<number, Account>();
    for (const { continuable } of this.turns) if (continuable !== null) accounts.set(continuable.no, continuable);
    return accounts;
  }

  decide(clock: Moment, testClocks: ClockReadings): void {
    for (const turn of this.turns) turn.foresee();
    this.writer.prepare();
    for (const turn of this.turns) turn.decide(clock, testClocks);
  }

  /** Hands everything to the append: what to write, what to confirm, which keys and facts to look up. */
  collect(append: Append): void {
    append.clear();
    for (const turn of this.turns) {
      const account = appendedAccount(turn);
      if (turn.writes) append.move(account);
      else append.confirm(account);
      if (turn.spoiled) continue;
      turn.calls.forEach((pending, i) => {
        if (!turn.hides(pending)) this.collectOnce(append, account.no, pending, turn.verdicts[i]!);
      });
    }
  }

  /** Answers every call that can be; the rest comes back. To be called when what was written is durable. */
  settle(reply: AppendReply): Settled {
    const settled: Settled = { accounts: [], named: [], again: [], renamed: [] };
    for (const turn of this.turns) {
      const current = !reply.stale.has(turn.account.no);
      const stands = current && !turn.spoiled;
      const left = turn.account.unnamed && reply.stale.has(turn.account.no) ? settled.renamed : settled.again;
      turn.calls.forEach((pending, i) => {
        const verdict = turn.verdicts[i]!;
        if (this.answerFromRecord(turn, pending, reply)) return;
        // A failure counts only where the state was current: history is read later than a state that somebody moved on from.
        const settles = verdict.type === 'failed' ? current : stands && verdict.type !== 'postponed';
        if (settles) deliver(pending, verdict);
        else left.push(pending);
      });
      if (!stands) continue;
      const account = turn.accountAfter();
      if (account.unnamed) continue;
      settled.accounts.push(account);
      if (turn.account.unnamed) settled.named.push(account);
    }
    return settled;
  }

  private collectOnce(append: Append, accountNo: number, pending: Pending, verdict: Verdict): void {
    if (pending.call.type !== 'command' || verdict.type === 'postponed' || verdict.type === 'repeats') return;
    const { once, fact } = pending.call.submission;
    const { seq, body } = verdict.type === 'accepted' ? verdict : { seq: null, body: null };
    const asked: Asked = {};
    if (once !== null) asked.key = append.ask(accountNo, hashOfKey(once.key), once.fingerprint, seq, body);
    if (fact !== null) asked.fact = append.claim(accountNo, fact, seq);
    if (once !== null || fact !== null) this.asked.set(pending, asked);
  }

  /** A key or fact that is recorded already decides the call, whatever was decided here. The key comes first. */
  private answerFromRecord(turn: Turn, pending: Pending, reply: AppendReply): boolean {
    const asked = this.asked.get(pending);
    if (asked === undefined || pending.call.type !== 'command') return false;
    const outcome = asked.key === undefined ? undefined : reply.knownKeys.get(asked.key);
    if (outcome !== undefined) {
      this.repeatAnswer(turn, pending, outcome, pending.call.submission.once!.fingerprint);
      return true;
    }
    const seq = asked.fact === undefined ? undefined : reply.knownFacts.get(asked.fact);
    if (seq === undefined) return false;
    pending.fail(this.alreadyRecordedAs(turn, seq));
    return true;
  }

  private repeatAnswer(turn: Turn, pending: Pending, outcome: KnownOutcome, fingerprint: Buffer): void {
    if (!outcome.fingerprint.equals(fingerprint)) pending.fail(keyReused());
    else if (outcome.body === null) pending.fail(this.alreadyRecordedAs(turn, outcome.seq));
    else pending.answer({ body: outcome.body, replayed: true });
  }

  /** A key may have been used before the account had any entry, to unfreeze it for example. */
  private alreadyRecordedAs({ account }: Turn, seq: number): LedgerError {
    return alreadyRecorded(seq === 0 ? null : this.writer.entryId(account.no, seq));
  }
}

/** One turn an account, its calls in the order they came; accounts in the order of their numbers. */
export function callsByAccount(calls: readonly Pending[]): Map<number, Pending[]> {
  const byAccount = new Map<number, Pending[]>();
  for (const call of calls) {
    const those = byAccount.get(call.address.no);
    if (those === undefined) byAccount.set(call.address.no, [call]);
    else those.push(call);
  }
  return byAccount;
}

function appendedAccount({ account, priorSeq, entries, clock }: Turn): AppendedAccount {
  const { no, mode, id, unnamed, state } = account;
  return { no, mode, id, unnamed, priorSeq, state, entries, clock: clock.appended };
}

function deliver(pending: Pending, verdict: Verdict): void {
  switch (verdict.type) {
    case 'accepted':
      return pending.answer({ body: verdict.body, replayed: false });
    case 'repeats':
      return pending.answer({ body: verdict.body, replayed: true });
    case 'refused':
    case 'failed':
      return pending.fail(verdict.error);
    case 'shown':
      return pending.show(verdict.value);
    case 'postponed':
      throw new Error('a postponed call has no answer yet');
    default:
      throw new Error(`unknown verdict ${String(verdict satisfies never)}`);
  }
}

/**
 * Half of SHA-256: keys are the callers' own choice, and 128 bits keep the largest index small. As one character a byte,
 * because making a Buffer of it costs twice what hashing does.
 */
function hashOfKey(key: string): string {
  return hash('sha256', key, 'binary').slice(0, KEY_HASH_BYTES);
}
