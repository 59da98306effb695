import { MAX_AMOUNT } from '../../shared/amount.js';
import { heldOf, lotNumber, lotOf, type AccountState, type Balance, type Lot, type UnitState } from './account.js';
import { membersAbove } from './budgets.js';
import type { Entry } from './entry.js';
import { balances, drawnFromHold, entryViolations } from './entry-rules.js';

const SUMS = ['granted', 'available', 'held', 'spent', 'expired', 'revoked', 'debt'] as const;

interface LotBook {
  readonly granted: bigint;
  /** What entries took out of it for good. */
  taken: bigint;
}

interface LineBook {
  reserved: bigint;
  drawn: bigint;
  released: bigint;
}

/**
 * The rules that always hold (docs/rules.md), checked along one account's stream: by the tests after every
 * command, and by `verify` in the running service. It keeps its own small books beside the fold, so that a wrong
 * entry and a wrong `evolve` both show, and closes a book when its lot is exhausted or its reservation ended: a stream
 * of any length is followed in bounded memory. Each check returns sentences, none when all is well.
 */
export class StreamAudit {
  /** Of lots that are not exhausted, counted apart from the lot itself. */
  private readonly lots = new Map<number, LotBook>();
  /** Of reservations that have not ended. */
  private readonly lines = new Map<number, Map<string, LineBook>>();

  /** Call before the entry is evolved into `state`. */
  entry(state: AccountState, entry: Entry): string[] {
    const found = entryViolations(state, entry);
    this.follow(state, entry, found);
    return found.length === 0 ? found : found.map(text => `entry ${entry.seq} (${entry.type}): ${text}`);
  }

  /** Everything about the state as it is now: costs a look at every live lot and open hold. */
  state(state: AccountState): string[] {
    const found: string[] = [];
    for (const [unit, { balance, lots }] of state.units) {
      for (const text of [...balanceViolations(balance), ...lotViolations(balance, lots)]) {
        found.push(`${unit}: ${text}`);
      }
      for (const lot of lots) this.compareTaken(lot, found);
    }
    found.push(...holdViolations(state), ...this.lineViolations(state), ...memberViolations(state));
    return found;
  }

  private follow(state: AccountState, entry: Entry, found: string[]): void {
    entry.made.forEach(({ granted }, i) => this.lots.set(lotNumber(entry.seq, i), { granted, taken: granted }));
    for (const change of entry.lots) {
      const book = this.lots.get(change.lot) ?? exhaustedBook(state, entry, change.lot);
      if (book === undefined) {
        found.push(`moves lot ${change.lot}, which no entry made`);
        continue;
      }
      book.taken -= change.remaining + change.held;
      if (book.taken < 0n) found.push(`gives lot ${change.lot} more back than was taken from it`);
      if (book.taken > book.granted) found.push(`takes more from lot ${change.lot} than is in it`);
      if (book.taken === book.granted) this.lots.delete(change.lot);
      else this.lots.set(change.lot, book);
    }
    if (entry.reservation !== null) this.followReservation(entry, entry.reservation, found);
  }

  private followReservation(entry: Entry, no: number, found: string[]): void {
    const lines = this.lines.get(no) ?? (entry.seq === no ? this.open(no) : undefined);
    if (lines === undefined) {
      // Only a refund, or a late commit, comes after the end: neither moves the hold.
      if (entry.deltas.held !== 0n) found.push(`moves the hold of reservation ${no}, which is not open`);
      if (entry.closes && entry.type !== 'commit') found.push(`ends reservation ${no}, which is not open`);
      return;
    }
    const unit = entry.unit ?? '';
    const book = lines.get(unit) ?? { reserved: 0n, drawn: 0n, released: 0n };
    lines.set(unit, book);
    if (entry.deltas.held > 0n) book.reserved += entry.deltas.held;
    else {
      const drawn = entry.type === 'commit' ? drawnFromHold(entry) : 0n;
      book.drawn += drawn;
      book.released -= entry.deltas.held + drawn;
    }
    if (entry.closes) this.close(no, lines, found);
  }

  private open(no: number): Map<string, LineBook> {
    const lines = new Map<string, LineBook>();
    this.lines.set(no, lines);
    return lines;
  }

  private close(no: number, lines: ReadonlyMap<string, LineBook>, found: string[]): void {
    this.lines.delete(no);
    for (const [unit, { reserved, drawn, released }] of lines) {
      if (drawn + released !== reserved) {
        found.push(`reservation ${no}, ${unit}: drawn ${drawn} + come back ${released} is not reserved ${reserved}`);
      }
    }
  }

  private compareTaken(lot: Lot, found: string[]): void {
    const taken = this.lots.get(lot.no)?.taken;
    if (taken === undefined || lot.granted !== lot.remaining + lot.held + taken) {
      found.push(`lot ${lot.no}: granted ${lot.granted} is not ${lot.remaining} + ${lot.held} + taken ${taken}`);
    }
  }

  private lineViolations(state: AccountState): string[] {
    const found: string[] = [];
    for (const reservation of state.holds.values()) {
      if (!this.lines.has(reservation.no)) found.push(`reservation ${reservation.no} is open although it ended`);
      for (const line of reservation.lines) {
        const book = this.lines.get(reservation.no)?.get(line.unit);
        const agrees =
          book !== undefined &&
          book.reserved === line.reserved &&
          book.released === line.released &&
          book.drawn <= line.committed &&
          book.drawn + book.released + heldOf(line) === book.reserved;
        if (!agrees) found.push(`reservation ${reservation.no}, ${line.unit}: the line disagrees with its entries`);
      }
    }
    return found;
  }
}

/** A lot whose book was closed, where the state still knows it: an entry that gives back to it opens the book again. */
function exhaustedBook(state: AccountState, { unit }: Entry, no: number): LotBook | undefined {
  const lot = unit === null ? undefined : lotOf(state, unit, no);
  return lot === undefined ? undefined : { granted: lot.granted, taken: lot.granted };
}

/** Rule 1, of a balance on its own. */
export function balanceViolations(balance: Readonly<Balance>): string[] {
  const found: string[] = [];
  for (const sum of SUMS) {
    if (balance[sum] < 0n) found.push(`${sum} is negative: ${balance[sum]}`);
    if (balance[sum] > MAX_AMOUNT) found.push(`${sum} is more than an amount can be: ${balance[sum]}`);
  }
  if (!balances(balance)) found.push('granted is not available + held + spent + expired + revoked - debt');
  if (balance.debt > 0n && balance.available > 0n)
    found.push(`owes ${balance.debt} with ${balance.available} available`);
  return found;
}

function lotViolations(balance: Readonly<Balance>, lots: UnitState['lots']): string[] {
  const found: string[] = [];
  let remaining = 0n;
  let held = 0n;
  for (const lot of lots) {
    remaining += lot.remaining;
    held += lot.held;
    if (lot.remaining < 0n || lot.held < 0n) found.push(`lot ${lot.no} is negative: ${lot.remaining}, ${lot.held}`);
    if (lot.remaining === 0n && lot.held === 0n) found.push(`lot ${lot.no} is exhausted and still counted as live`);
    if (lot.revoked < 0n || lot.revoked > lot.granted) found.push(`lot ${lot.no}: revoked ${lot.revoked}`);
    if (lot.carried < 0n || lot.carried > (lot.rollover?.cap ?? lot.granted)) {
      found.push(`lot ${lot.no}: carried ${lot.carried}`);
    }
  }
  if (remaining !== balance.available) found.push(`available ${balance.available} is not the lots' ${remaining}`);
  if (held !== balance.held) found.push(`held ${balance.held} is not the lots' ${held}`);
  return found;
}

/** Members stand below members, few above one another; what is held for each is what open holds have. */
function memberViolations(state: AccountState): string[] {
  if (state.members.size === 0) return [];
  const found: string[] = [];
  for (const { id, parent, budgets, counts } of state.members.values()) {
    if (parent !== null && !state.members.has(parent))
      found.push(`member ${id} stands below ${parent}, who is not there`);
    if (membersAbove(state, id).at(-1)?.parent !== null) found.push(`member ${id} has too many others above it`);
    if (budgets.length !== counts.length)
      found.push(`member ${id} has ${counts.length} counts of ${budgets.length} budgets`);
    for (const count of counts) {
      if (count !== null && count.spent < 0n) found.push(`member ${id} spent ${count.spent} in a window`);
    }
  }
  const held = new Map<string, bigint>();
  for (const hold of state.holds.values()) {
    for (const { id } of membersAbove(state, hold.member)) {
      for (const line of hold.lines) {
        const of = JSON.stringify([id, line.unit]);
        held.set(of, (held.get(of) ?? 0n) + heldOf(line));
      }
    }
  }
  for (const [id, units] of state.heldByMember) {
    for (const [unit, amount] of units) {
      const of = JSON.stringify([id, unit]);
      if (amount !== held.get(of)) found.push(`member ${id}: held ${amount} ${unit}, open holds have ${held.get(of)}`);
      held.delete(of);
    }
  }
  for (const [of, amount] of held)
    if (amount !== 0n) found.push(`open holds have ${amount} of ${of}, which is not counted`);
  return found;
}

/** Held is what open holds hold, lot by lot. */
function holdViolations(state: AccountState): string[] {
  const byLot = new Map<number, bigint>();
  const found: string[] = [];
  for (const reservation of state.holds.values()) {
    if (reservation.status !== 'open') found.push(`reservation ${reservation.no} is ${reservation.status} and held`);
    for (const part of reservation.lines.flatMap(line => line.held)) {
      if (part.amount <= 0n) found.push(`reservation ${reservation.no} holds ${part.amount} of lot ${part.lot}`);
      byLot.set(part.lot, (byLot.get(part.lot) ?? 0n) + part.amount);
    }
  }
  for (const { lots } of state.units.values()) {
    for (const lot of lots) {
      const held = byLot.get(lot.no) ?? 0n;
      if (lot.held !== held) found.push(`lot ${lot.no}: held ${lot.held}, its open holds have ${held}`);
      byLot.delete(lot.no);
    }
  }
  for (const [lot, held] of byLot) found.push(`open holds have ${held} of lot ${lot}, which is not live`);
  return found;
}
