import type { Queryable } from './queryable.js';
import type { AccountState, Moment } from '../domain/account.js';
import type { Entry } from '../domain/entry.js';
import { accountRow } from './account-row.js';
import { replyFromRow, type AppendReply, type ReplyRow } from './append-reply.js';
import { appendStatement } from './append-statement.js';
import { writeEntry } from './entry-row.js';
import { holdRow } from './hold-row.js';
import { memberRecord, memberRow } from './member-row.js';
import { RowArray } from './row-array.js';
import { subscriptionRecord, subscriptionRow } from './subscription-row.js';

/** A balance in the past is folded from the last snapshot before it: at most this many entries, and one batch's. */
export const ENTRIES_PER_SNAPSHOT = 1000;

const ROW_TYPES = `
SELECT 'account_row_2'::regtype::oid::int AS moved, 'seen_account_2'::regtype::oid::int AS seen,
       'entry_row'::regtype::oid::int AS appended, 'hold_name'::regtype::oid::int AS ended,
       'hold_row'::regtype::oid::int AS standing, 'outcome_row'::regtype::oid::int AS asked,
       'fact_row'::regtype::oid::int AS claimed`;

/** Accounts that may live by one clock: moving it settles them all. */
export const MOST_ACCOUNTS_OF_CLOCK = 100;

/** Whom a batch writes or rests on. */
export interface AppendedAccount {
  readonly no: number;
  readonly mode: string;
  readonly id: string;
  /** The name is not yet in the directory. */
  readonly unnamed: boolean;
  /** What the decisions were based on. */
  readonly priorSeq: number;
  readonly state: AccountState;
  readonly entries: readonly Entry[];
  /** The test clock it lives by. */
  readonly clock: AppendedClock | null;
}

export interface AppendedClock {
  readonly id: string;
  /** What the decisions were based on. */
  readonly now: Moment;
  /** The account has lived by it from this batch on. */
  readonly isNew: boolean;
}

/**
 * Collects what a batch writes, then writes it in one statement: see `append_batch_2` in the migration of revisions. Belongs to one
 * connection and is used again for every batch.
 */
export class Append {
  private readonly all: readonly RowArray[];
  private readonly subscribed: object[] = [];
  private readonly counted: object[] = [];
  private readonly clocked: object[] = [];

  private constructor(
    private readonly moved: RowArray,
    private readonly seen: RowArray,
    private readonly appended: RowArray,
    private readonly ended: RowArray,
    private readonly standing: RowArray,
    private readonly asked: RowArray,
    private readonly claimed: RowArray,
  ) {
    this.all = [moved, seen, appended, ended, standing, asked, claimed];
  }

  static async on(client: Queryable): Promise<Append> {
    const { rows } = await client.query<Record<string, number>>({ text: ROW_TYPES });
    const array = (name: string) => new RowArray(rows[0]![name]!);
    return new Append(
      array('moved'),
      array('seen'),
      array('appended'),
      array('ended'),
      array('standing'),
      array('asked'),
      array('claimed'),
    );
  }

  clear(): void {
    for (const rows of this.all) rows.clear();
    this.subscribed.length = 0;
    this.counted.length = 0;
    this.clocked.length = 0;
  }

  /** The account's row, entries, holds and subscriptions move. Accounts are to come in the order of their numbers. */
  move(account: AppendedAccount): void {
    this.writeAccount(account);
    if (account.clock !== null) this.writeClock(account, account.clock, true);
    for (const entry of account.entries) writeEntry(this.appended, account.no, entry);
    for (const no of touchedReservations(account.entries)) this.writeHold(account, no);
    for (const id of account.state.recalled.subscriptions) this.writeSubscription(account, id);
    for (const id of account.state.recalled.members) this.writeMember(account, id);
  }

  /** An answer rests on the account being as it was seen. */
  confirm(account: AppendedAccount): void {
    const { no, mode, id, unnamed, priorSeq, state, clock } = account;
    if (clock !== null) this.writeClock(account, clock, false);
    const { seen } = this;
    seen.startRow();
    seen.integer(no);
    seen.integer(priorSeq);
    seen.text(unnamed ? mode : null);
    seen.text(unnamed ? id : null);
    seen.integer(state.revision);
    seen.endRow();
  }

  /**
   * @param keyHash 16 bytes, a character each
   * @param seq null where the command was refused: then the key is only looked up
   */
  ask(accountNo: number, keyHash: string, fingerprint: Buffer, seq: number | null, body: Buffer | null): number {
    const { asked } = this;
    asked.startRow();
    asked.integer(accountNo);
    asked.octets(keyHash);
    asked.bytea(fingerprint);
    asked.integer(seq);
    asked.bytea(body);
    asked.endRow();
    return asked.length;
  }

  /** @param seq null where the command was refused: then the fact is only looked up. */
  claim(accountNo: number, fact: string, seq: number | null): number {
    const { claimed } = this;
    claimed.startRow();
    claimed.integer(accountNo);
    claimed.text(fact);
    claimed.integer(seq);
    claimed.endRow();
    return claimed.length;
  }

  /** @param toleranceMs null behind row locks, where the clock was just read */
  async run(client: Queryable, decidedAt: Moment, toleranceMs: number | null): Promise<AppendReply> {
    const parameters = this.all.map(rows => rows.toParameter());
    const values = [new Date(decidedAt).toISOString(), toleranceMs, ...parameters];
    const { subscribed, clocked, counted } = this;
    const { rows } = await client.query<ReplyRow>(appendStatement(values, { subscribed, clocked, counted }));
    return replyFromRow(rows[0]!);
  }

  private writeAccount({ no, mode, id, unnamed, priorSeq, state, clock }: AppendedAccount): void {
    const { moved } = this;
    const row = accountRow(state);
    moved.startRow();
    moved.integer(no);
    moved.text(mode);
    moved.text(id);
    moved.integer(row.seq);
    moved.integer(priorSeq);
    moved.moment(row.createdAt);
    moved.moment(row.lastEffectiveAt);
    // What goes by the real time finds none that lives by a clock.
    moved.moment(clock !== null || state.dueBound === Infinity ? null : state.dueBound);
    moved.boolean(row.frozen);
    moved.json(row.overdraftLimits);
    moved.json(row.metadata);
    moved.texts(row.units);
    moved.bigints(row.balances);
    moved.bigints(row.lots);
    moved.json(row.lotTerms);
    moved.boolean(unnamed);
    moved.boolean(Math.floor(row.seq / ENTRIES_PER_SNAPSHOT) > Math.floor(priorSeq / ENTRIES_PER_SNAPSHOT));
    moved.integer(state.revision);
    moved.endRow();
  }

  private writeClock({ no, state }: AppendedAccount, { id, now, isNew }: AppendedClock, moves: boolean): void {
    this.clocked.push({
      account_no: no,
      clock: id,
      now_at: new Date(now).toISOString(),
      ...(isNew && { most: MOST_ACCOUNTS_OF_CLOCK }),
      moves,
      due_bound: state.dueBound === Infinity ? null : new Date(state.dueBound).toISOString(),
    });
  }

  private writeSubscription({ no, state }: AppendedAccount, id: string): void {
    const subscription = state.subscriptions.get(id);
    // One that is gone has its names only.
    const row = subscription === undefined ? { subscription: id } : subscriptionRecord(subscriptionRow(subscription));
    this.subscribed.push({ account_no: no, ...row });
  }

  private writeMember({ no, state }: AppendedAccount, id: string): void {
    const member = state.members.get(id);
    this.counted.push({ account_no: no, ...(member === undefined ? { member: id } : memberRecord(memberRow(member))) });
  }

  private writeHold({ no, priorSeq, state }: AppendedAccount, reservation: number): void {
    const { ended, standing } = this;
    if (reservation <= priorSeq) {
      ended.startRow();
      ended.integer(no);
      ended.integer(reservation);
      ended.endRow();
    }
    const hold = state.holds.get(reservation);
    if (hold === undefined) return;
    const row = holdRow(hold);
    standing.startRow();
    standing.integer(no);
    standing.integer(row.reservation);
    standing.moment(row.createdAt);
    standing.moment(row.expiresAt);
    standing.int4(row.graceMs);
    standing.text(row.overage);
    standing.text(row.late);
    standing.text(row.meter);
    standing.text(row.model);
    standing.text(row.member);
    standing.json(row.metadata);
    standing.texts(row.units);
    standing.bigints(row.lines);
    standing.bigints(row.held);
    standing.endRow();
  }
}

function touchedReservations(entries: readonly Entry[]): Iterable<number> {
  const touched = new Set<number>();
  for (const { reservation } of entries) if (reservation !== null) touched.add(reservation);
  return touched;
}
