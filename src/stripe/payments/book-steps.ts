import type { Pool } from 'pg';
import type { IdCodec } from '../../ids/id-codec.js';
import { lotNumber, LOTS_PER_ENTRY } from '../../ledger/domain/account.js';
import type { Entry } from '../../ledger/domain/entry.js';
import { readHistory } from '../../ledger/store/read-history.js';
import type { SubmittedCommand } from '../../ledger/submission.js';
import type { WritePath } from '../../ledger/write-path.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { UnitRegistry } from '../../units/unit-registry.js';
import type { Payment, ReinstateStep, RevokeStep, Step } from './payment.js';
import type { StoredPayments } from './stored-payments.js';

export interface BookingParts {
  readonly pool: Pool;
  readonly writePath: WritePath;
  readonly ids: IdCodec;
  readonly units: UnitRegistry;
  readonly stored: StoredPayments;
}

/** Turns steps into entries, each under a fact of its own: done twice, it was done once. */
export class BookSteps {
  constructor(private readonly parts: BookingParts) {}

  /** @param earlier steps of the payment, all booked */
  async book<T extends Step>(payment: Payment, earlier: readonly Step[], step: T): Promise<T> {
    const booked = await this.carryOut(payment, earlier, step);
    await this.parts.stored.book(payment.payment, step.no, booked);
    return { ...step, booked };
  }

  private async carryOut(
    payment: Payment,
    earlier: readonly Step[],
    step: Step,
  ): Promise<{ seq: number; amount: bigint }> {
    if (step.kind === 'grant') return { seq: await this.grant(payment), amount: 0n };
    const reason = `Stripe ${payment.payment} #${step.no}: ${step.reason}`;
    const fact = `stripe:${payment.payment}:${step.no}`;
    const entry = await this.execute(payment, fact, { ...commandOf(payment, step, earlier), reason });
    // Where nothing was there to be revoked, the fact points at an entry of something else.
    const isOurs = entry.type === step.kind && entry.reason === reason;
    return { seq: entry.seq, amount: isOurs ? entry.amount : 0n };
  }

  private async grant(payment: Payment): Promise<number> {
    const { units, writePath } = this.parts;
    const madeAs = payment.lots[0]?.madeAs;
    if (madeAs !== undefined) return Math.floor(madeAs / LOTS_PER_ENTRY);
    for (const { unit } of payment.lots) await units.putToUse(await units.find(unit));
    const { mode, account } = payment;
    const now = await writePath.read({ mode, account }, view => view.now);
    const [first, ...also] = payment.lots.map(({ expiresAfterSeconds, ...lot }) => ({
      ...lot,
      // A repetition says otherwise; what took effect is the first.
      expiresAt: expiresAfterSeconds === null ? null : now + expiresAfterSeconds * 1_000,
      appliesTo: null,
      rollover: null,
      metadata: { stripe_payment: payment.payment },
    }));
    return (await this.execute(payment, `stripe:${payment.payment}`, { type: 'grant', ...first!, also })).seq;
  }

  /** @returns the first entry of the command, now or when it took effect before */
  private async execute({ mode, account }: Payment, fact: string, command: SubmittedCommand): Promise<Entry> {
    const { writePath, pool } = this.parts;
    const target = { mode, account };
    const seq = await writePath.execute({ target, command, once: null, fact }).then(
      ({ body }) => firstSeqOf(body),
      (error: unknown) => this.seqRecorded(error),
    );
    const accountNo = await writePath.read(target, ({ no }) => no);
    const [found] = await readHistory(pool, [{ accountNo, by: 'seq', number: seq }]);
    return found![0]!;
  }

  /** Of the entry that recorded the fact before. */
  private seqRecorded(error: unknown): number {
    const entry = error instanceof LedgerError && error.code === 'fact_already_recorded' && error.details['entry'];
    const decoded = typeof entry === 'string' ? this.parts.ids.decode('entry', entry) : null;
    if (decoded === null) throw error;
    return decoded.number;
  }
}

function commandOf(
  { lots }: Payment,
  step: RevokeStep | ReinstateStep,
  earlier: readonly Step[],
): Extract<SubmittedCommand, { type: 'revoke' | 'reinstate' }> {
  if (step.kind === 'reinstate') {
    const { seq } = earlier[step.undoes - 1]!.booked!;
    return { type: 'reinstate', revocation: seq, amount: step.amount, reason: null };
  }
  // The grant made one entry for each lot, one after the other.
  const lot = lots[step.lot]!.madeAs ?? lotNumber(earlier[0]!.booked!.seq + step.lot, 0);
  return { type: 'revoke', lot, amount: step.amount, atMost: true, reason: null };
}

/** Of the command's first entry; of the account where it had none. */
function firstSeqOf(body: Buffer): number {
  const { seq, entries } = JSON.parse(body.toString('utf8')) as { seq: number; entries: { seq: number }[] };
  return entries[0]?.seq ?? seq;
}
