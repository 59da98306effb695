import { randomUUID } from 'node:crypto';
import type { Charge, Command, Commit, Extend, Grant, Reserve } from '../../src/ledger/domain/command.js';
import type { SubmittedCommand, Target } from '../../src/ledger/submission.js';
import { LedgerError } from '../../src/shared/ledger-error.js';
import type { Engine } from './engine.js';

/** What a caller sees of an answer; amounts are decimal strings. */
export interface Told {
  readonly account: string;
  readonly seq: number;
  readonly entries: { id: string; seq: number; type: string; amount: string; reservation?: string }[];
  readonly balances: Record<
    string,
    Record<'available' | 'held' | 'debt' | 'granted' | 'spent' | 'expired' | 'revoked', string>
  >;
  readonly lot?: { id: string; remaining: string };
  readonly reservation?: { id: string; status: string; lines: { unit: string; committed: string; refunded: string }[] };
  /** As they came. */
  readonly bytes: string;
  readonly replayed: boolean;
}

export interface Says {
  readonly key?: string;
  readonly fingerprint?: string;
  readonly fact?: string;
  readonly deadlineAt?: number;
}

const CREDIT = 1_000_000n;
/** Of who does not say: many at once on a slow machine are not to run into the deadline of a request. */
const PATIENCE_MS = 120_000;

/** Speaks to the write path as a handler would, with everything unsaid at its default. Amounts are whole credits. */
export class Teller {
  constructor(
    private readonly engine: Engine,
    private readonly mode: 'live' | 'test' = 'live',
  ) {}

  grant(account: string, credits: number, more: Partial<Grant> = {}, says: Says = {}): Promise<Told> {
    return this.tell({ mode: this.mode, account }, grantOf(credits, more), says);
  }

  reserve(account: string, credits: number, more: Partial<Reserve> = {}, says: Says = {}): Promise<Told> {
    return this.tell({ mode: this.mode, account }, reserveOf(credits, more), says);
  }

  charge(account: string, credits: number, more: Partial<Charge> = {}, says: Says = {}): Promise<Told> {
    const lines = [{ unit: 'credits', amount: BigInt(credits) * CREDIT }];
    const command = {
      type: 'charge',
      lines,
      overage: 'allow_available',
      reason: null,
      metadata: null,
      ...NOBODY,
      ...more,
    } as const;
    return this.tell({ mode: this.mode, account }, command, says);
  }

  commit(reservation: string, credits: number | null, more: Partial<Commit> = {}, says: Says = {}): Promise<Told> {
    const actual = credits === null ? null : BigInt(credits) * CREDIT;
    return this.about('reservation', reservation, says, number => {
      return { type: 'commit', reservation: number, actual, final: true, providerCost: null, metadata: null, ...more };
    });
  }

  release(reservation: string, says: Says = {}): Promise<Told> {
    return this.about('reservation', reservation, says, number => {
      return { type: 'release', reservation: number, reason: null };
    });
  }

  extend(reservation: string, more: Partial<Extend>, says: Says = {}): Promise<Told> {
    return this.about('reservation', reservation, says, number => {
      return { type: 'extend', reservation: number, ttlMs: null, add: null, ...more };
    });
  }

  refund(reservation: string, credits: number | null, says: Says = {}): Promise<Told> {
    const amount = credits === null ? null : BigInt(credits) * CREDIT;
    return this.about('reservation', reservation, says, number => {
      return { type: 'refund-reservation', reservation: number, amount, unit: null, reason: null };
    });
  }

  refundEntry(entry: string, credits: number | null, says: Says = {}): Promise<Told> {
    const amount = credits === null ? null : BigInt(credits) * CREDIT;
    return this.about('entry', entry, says, number => ({ type: 'refund-entry', entry: number, amount, reason: null }));
  }

  revoke(lot: string, credits: number | null, says: Says = {}): Promise<Told> {
    const amount = credits === null ? null : BigInt(credits) * CREDIT;
    return this.about('lot', lot, says, number => ({ type: 'revoke', lot: number, amount, reason: null }));
  }

  command(account: string, command: Command, says: Says = {}): Promise<Told> {
    return this.tell({ mode: this.mode, account }, command, says);
  }

  balance(account: string): Promise<{ seq: number; available: bigint; held: bigint; spent: bigint }> {
    return this.engine.writePath.read({ mode: this.mode, account }, ({ state }) => {
      const { available = 0n, held = 0n, spent = 0n } = state.units.get('credits')?.balance ?? {};
      return { seq: state.seq, available: available / CREDIT, held: held / CREDIT, spent: spent / CREDIT };
    });
  }

  private about(
    kind: 'reservation' | 'lot' | 'entry',
    id: string,
    says: Says,
    command: (number: number) => SubmittedCommand,
  ): Promise<Told> {
    const found = this.engine.ids.decode(kind, id);
    if (found === null) return Promise.reject(new LedgerError(`${kind}_not_found`, `no such ${kind}`));
    const target = { mode: this.mode, accountNo: found.accountNo, missing: `${kind}_not_found` } as const;
    return this.tell(target, command(found.number), says);
  }

  private async tell(
    target:
      Target | { mode: 'live' | 'test'; accountNo: number; missing: `${'reservation' | 'lot' | 'entry'}_not_found` },
    command: SubmittedCommand,
    { key = randomUUID(), fingerprint = key, fact, deadlineAt = performance.now() + PATIENCE_MS }: Says,
  ): Promise<Told> {
    const { body, replayed } = await this.engine.writePath.execute({
      target: { ...target, deadlineAt },
      command,
      once: { key, fingerprint: Buffer.from(fingerprint.padEnd(16).slice(0, 16)) },
      fact: fact ?? null,
    });
    const bytes = body.toString();
    return { ...JSON.parse(bytes), bytes, replayed };
  }
}

const NOBODY = { meter: null, model: null, member: null };

function grantOf(credits: number, more: Partial<Grant> = {}): Grant {
  return {
    type: 'grant',
    unit: 'credits',
    amount: BigInt(credits) * CREDIT,
    category: 'promotional',
    priority: 50,
    expiresAt: null,
    appliesTo: null,
    cost: null,
    rollover: null,
    reason: null,
    metadata: null,
    ...more,
  };
}

function reserveOf(credits: number, more: Partial<Reserve> = {}): Reserve {
  return {
    type: 'reserve',
    lines: [{ unit: 'credits', amount: BigInt(credits) * CREDIT }],
    ttlMs: 900_000,
    graceMs: 5_000,
    overage: 'allow_available',
    late: 'reject',
    metadata: null,
    ...NOBODY,
    ...more,
  };
}

/** The code a call is refused with; fails where it is not refused. */
export async function refusalOf(call: Promise<unknown>): Promise<LedgerError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
