import {
  lotNumber,
  type AccountState,
  type Lot,
  type Reservation,
  type Revocation,
  type Spend,
} from '../../src/ledger/domain/account.js';
import type { Command } from '../../src/ledger/domain/command.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { holdersOf } from '../../src/ledger/domain/holders.js';
import { missing, rebuildReservation, rebuildSpend } from '../../src/ledger/domain/recall.js';

/** All entries of one account, and what a store answers from them when a command looks back. */
export class History {
  readonly entries: Entry[] = [];

  /** Puts into `state.recalled` what the command needs, asking again until nothing is missing. */
  recall(state: AccountState, command: Command): void {
    const { recalled } = state;
    const asked = new Set<string>();
    for (let want = missing(state, command, asked); want !== null; want = missing(state, command, asked)) {
      for (const no of want.reservations) {
        asked.add(`reservation:${no}`);
        const rebuilt = this.reservation(no);
        if (rebuilt === null) continue;
        recalled.spends.set(no, rebuilt.spends);
        recalled.announced.set(no, rebuilt.announced);
        // An open one is in the state already; a second copy would go its own way.
        if (!state.holds.has(no)) recalled.reservations.set(no, rebuilt.reservation);
      }
      for (const { unit, no } of want.lots) {
        asked.add(`lot:${no}`);
        const lot = this.exhaustedLot(unit, no);
        if (lot !== null) recalled.lots.set(no, lot);
      }
      for (const seq of want.charges) {
        asked.add(`charge:${seq}`);
        const charge = this.charge(seq);
        if (charge !== null) recalled.charges.set(seq, charge);
      }
      for (const seq of want.revocations) {
        asked.add(`revocation:${seq}`);
        const revocation = this.revocation(seq);
        if (revocation !== null) recalled.revocations.set(seq, revocation);
      }
      for (const seq of want.freezes) {
        asked.add(`freeze:${seq}`);
        const last = this.entries.slice(0, seq).findLast(({ type }) => type === 'freeze');
        if (last !== undefined) recalled.frozenBy = holdersOf(last);
      }
    }
  }

  /** Everything a command could look back at, oldest first. */
  all(): { reservations: Reservation[]; commits: Spend[]; revocations: Revocation[] } {
    const reservations: Reservation[] = [];
    const commits: Spend[] = [];
    const revocations: Revocation[] = [];
    for (const { seq, reservation } of this.entries) {
      const rebuilt = reservation === seq ? this.reservation(seq) : null;
      if (rebuilt !== null) {
        reservations.push(rebuilt.reservation);
        commits.push(...rebuilt.spends);
      }
      const charge = this.charge(seq);
      if (charge !== null) commits.push(charge);
      const revocation = this.revocation(seq);
      if (revocation !== null) revocations.push(revocation);
    }
    return { reservations, commits: commits.toSorted((a, b) => a.seq - b.seq), revocations };
  }

  private reservation(no: number): ReturnType<typeof rebuildReservation> {
    return rebuildReservation(this.entries.filter(entry => entry.reservation === no));
  }

  private charge(seq: number): Spend | null {
    const entry = this.entries[seq - 1];
    if (entry?.type !== 'commit' || entry.reservation !== null) return null;
    return rebuildSpend(entry, this.reversalsOf(seq, 'refund'));
  }

  private revocation(seq: number): Revocation | null {
    const entry = this.entries[seq - 1];
    if (entry?.type !== 'revoke' || entry.target === null) return null;
    return { ...rebuildSpend(entry, this.reversalsOf(seq, 'reinstate')), lot: entry.target };
  }

  /** Its terms are in the entry that made it; what was revoked of it is the revokes in its name, less what was reinstated. */
  private exhaustedLot(unit: string, no: number): Lot | null {
    const made = this.entries.find(
      ({ seq, made: lots }) => lotNumber(seq, 0) <= no && no < lotNumber(seq, lots.length),
    );
    const terms = made?.made[no - lotNumber(made.seq, 0)];
    if (made === undefined || terms?.unit !== unit) return null;
    let revoked = 0n;
    for (const revoke of this.entries) {
      if (revoke.type !== 'revoke' || revoke.target !== no) continue;
      revoked += revoke.amount;
      for (const reinstate of this.reversalsOf(revoke.seq, 'reinstate')) revoked -= reinstate.amount;
    }
    const { plan: _, ...lasting } = terms;
    return { ...lasting, no, createdAt: made.effectiveAt, remaining: 0n, held: 0n, carried: 0n, revoked };
  }

  private reversalsOf(seq: number, type: 'refund' | 'reinstate'): Entry[] {
    return this.entries.filter(entry => entry.type === type && entry.target === seq);
  }
}
