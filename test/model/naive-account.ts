import type { Balance } from '../../src/ledger/domain/account.js';
import type { EntryType } from '../../src/ledger/domain/entry.js';
import {
  isOver,
  least,
  lotsInBurnOrder,
  pilesInBurnOrder,
  sizeOf,
  total,
  type NaiveLine,
  type NaiveLot,
  type NaiveReservation,
  type Pile,
  type Taking,
} from './credits.js';
import { carriedByPlan, forget } from './naive-carry.js';
import type { NaiveMember } from './member-words.js';
import type { NaiveSubscription, Tenure } from './plan-words.js';
import type { Situation } from './situations.js';

/** What an entry of the domain must say; the rest of it shows in the state. */
export interface Booking {
  readonly seq: number;
  readonly type: EntryType;
  readonly unit: string | null;
  readonly amount: bigint;
  readonly reservation: number | null;
  readonly target: number | null;
  readonly closes: boolean;
  readonly member: string | null;
  readonly at: number;
  lots: number;
}

export type LotWords = Omit<NaiveLot, 'no' | 'createdAt' | 'available' | 'carried' | 'revoked' | 'plan'> & {
  readonly plan?: NaiveLot['plan'];
};
export type BookingWords = Partial<Pick<Booking, 'reservation' | 'target' | 'closes' | 'member'>>;

/** One account: everything that ever happened to its credits, and the questions one can ask about it. */
export class NaiveAccount {
  frozen = false;
  overdraftLimits: ReadonlyMap<string, bigint> = new Map();
  metadata: Readonly<Record<string, string>> = {};
  readonly journal: Booking[] = [];
  readonly lots: NaiveLot[] = [];
  readonly reservations: NaiveReservation[] = [];
  readonly takings: Taking[] = [];
  readonly expiries: { readonly unit: string; readonly amount: bigint }[] = [];
  readonly debts = new Map<string, bigint>();
  readonly subscriptions = new Map<string, NaiveSubscription>();
  readonly tenures: Tenure[] = [];
  /** On record. */
  readonly members = new Map<string, NaiveMember>();
  /** Plans that were tried out. */
  readonly tried = new Set<string>();

  /** `witness` hears which of the situations that matter the account has been in. */
  constructor(readonly witness: (situation: Situation) => void = () => {}) {}

  get seq(): number {
    return this.journal.length;
  }

  /** Every unit with an entry. */
  units(): string[] {
    const units = new Set<string>();
    for (const { unit } of this.journal) if (unit !== null) units.add(unit);
    return [...units];
  }

  /** Rule 1, by counting every credit where it lies; only `granted` and `debt` are kept. */
  balance(unit: string): Balance {
    const takings = this.takings.filter(taking => taking.unit === unit);
    const goneBy = (kind: Taking['kind']): bigint =>
      total(takings.filter(taking => taking.kind === kind).map(taking => taking.amount - taking.undone));
    return {
      granted: this.grantedOf(unit),
      available: this.availableOf(unit),
      held: this.held(pile => pile.lot.unit === unit),
      spent: goneBy('commit'),
      expired: total(this.expiries.filter(expiry => expiry.unit === unit).map(expiry => expiry.amount)),
      revoked: goneBy('revoke'),
      debt: this.debtOf(unit),
    };
  }

  grantedOf(unit: string): bigint {
    return total(this.lots.filter(lot => lot.unit === unit && lot.raisesGranted).map(lot => lot.granted));
  }

  availableOf(unit: string): bigint {
    return total(this.lots.filter(lot => lot.unit === unit).map(lot => lot.available));
  }

  debtOf(unit: string): bigint {
    return this.debts.get(unit) ?? 0n;
  }

  heldOf(lot: NaiveLot): bigint {
    return this.held(pile => pile.lot === lot);
  }

  /** Lots with something available or held. */
  liveLots(): NaiveLot[] {
    return this.lots.filter(lot => lot.available > 0n || this.heldOf(lot) > 0n);
  }

  openReservations(): NaiveReservation[] {
    return this.reservations.filter(reservation => reservation.status === 'open');
  }

  /** What is available, in burn order. */
  availablePiles(unit: string): Pile[] {
    return lotsInBurnOrder(this.lots.filter(lot => lot.unit === unit && lot.available > 0n)).map(lot => ({
      lot,
      amount: lot.available,
    }));
  }

  book(type: EntryType, unit: string | null, amount: bigint, at: number, words: BookingWords = {}): Booking {
    const booking: Booking = {
      seq: this.seq + 1,
      type,
      unit,
      amount,
      reservation: words.reservation ?? null,
      target: words.target ?? null,
      closes: words.closes ?? false,
      member: words.member ?? null,
      at,
      lots: 0,
    };
    this.journal.push(booking);
    return booking;
  }

  makeLot(booking: Booking, words: LotWords): NaiveLot {
    const lot: NaiveLot = {
      ...words,
      no: booking.seq * 1024 + booking.lots,
      createdAt: booking.at,
      available: 0n,
      carried: 0n,
      revoked: 0n,
      plan: words.plan ?? null,
    };
    booking.lots += 1;
    this.lots.push(lot);
    return lot;
  }

  takeFromAvailable(piles: readonly Pile[]): void {
    for (const pile of piles) pile.lot.available -= pile.amount;
  }

  /** Remembers what went away; its piles are its own from here on, what is undone later is taken off them. */
  take(taking: Taking): void {
    this.takings.push({ ...taking, piles: taking.piles.map(pile => ({ ...pile })) });
    this.owe(taking.unit, taking.debt);
  }

  owe(unit: string, amount: bigint): void {
    this.debts.set(unit, this.debtOf(unit) + amount);
  }

  /** Credits that come back or are new pay the debt first, in burn order. */
  comeIn(unit: string, piles: readonly Pile[], how: Situation | null = null): void {
    if (how !== null && this.debtOf(unit) > 0n && piles.length > 0) this.witness(how);
    for (const pile of pilesInBurnOrder(piles)) {
      const paid = least(this.debtOf(unit), pile.amount);
      this.owe(unit, -paid);
      pile.lot.available += pile.amount - paid;
    }
  }

  /**
   * What was held and not spent goes home; what belongs to a lot that is over is treated as its end would have
   * treated it: carried up to the cap that is left, the rest expires.
   */
  putBack(line: NaiveLine, booking: Booking, over: typeof isOver): void {
    const home: Pile[] = [];
    for (const { lot, amount } of pilesInBurnOrder(line.held)) {
      if (!over(lot, booking.at)) {
        home.push({ lot, amount });
        continue;
      }
      const carried =
        lot.plan === null ? this.share(lot, amount, booking.at) : this.carryByPlan(lot, amount, booking, home);
      if (carried > 0n && lot.plan === null) home.push(this.carry(lot, carried, booking));
      this.expire(line.unit, amount - carried);
      this.witnessReturn(lot, amount, carried);
      if (lot.expiresAt === booking.at) this.witness('return at the very moment its lot ends');
    }
    line.released += sizeOf(line.held);
    line.held = [];
    this.comeIn(line.unit, home, debtLoweredBy(booking));
    for (const { lot } of home)
      if (lot.no >= booking.seq * 1024 && lot.plan !== null) forget(this, lot.plan.owner, booking.at);
  }

  /** As the closing of its period would have, with what this very return carries already. */
  private carryByPlan(lot: NaiveLot, left: bigint, booking: Booking, home: Pile[]): bigint {
    const { owner } = lot.plan!;
    const already = home.filter(
      pile => pile.lot.carriedFrom !== null && pile.lot.no >= booking.seq * 1024 && pile.lot.plan?.owner === owner,
    );
    const found = carriedByPlan(this, lot, left, booking.at, null, sizeOf(already));
    if (found === null) return 0n;
    lot.carried += found.amount;
    const made = this.makeLot(booking, {
      ...this.wordsOf(lot),
      granted: found.amount,
      expiresAt: found.expiresAt,
      rollover: null,
      carriedFrom: lot.no,
      raisesGranted: false,
      plan: { owner, through: found.through, rollover: null, window: null, carried: true },
    });
    home.push({ lot: made, amount: found.amount });
    return found.amount;
  }

  /** Moves credits of a lot that is over into a lot of their own. */
  carry(lot: NaiveLot, amount: bigint, booking: Booking): Pile {
    lot.carried += amount;
    const next = this.makeLot(booking, {
      ...this.wordsOf(lot),
      granted: amount,
      expiresAt: this.endOfCarried(lot),
      rollover: null,
      carriedFrom: lot.no,
      raisesGranted: false,
    });
    return { lot: next, amount };
  }

  expire(unit: string, amount: bigint): void {
    this.expiries.push({ unit, amount });
  }

  wordsOf(lot: NaiveLot): Pick<LotWords, 'unit' | 'category' | 'priority' | 'appliesTo' | 'cost'> {
    return {
      unit: lot.unit,
      category: lot.category,
      priority: lot.priority,
      appliesTo: lot.appliesTo,
      cost: lot.cost,
    };
  }

  /** How much of `amount` the lot's rule carries at this moment. */
  share(lot: NaiveLot, amount: bigint, at: number): bigint {
    const rule = lot.rollover;
    const end = this.endOfCarried(lot);
    if (rule === null || (end !== null && end <= at)) return 0n;
    const percent = (amount * BigInt(rule.percent)) / 100n;
    return rule.cap === null ? percent : least(percent, rule.cap - lot.carried);
  }

  private witnessReturn(lot: NaiveLot, amount: bigint, carried: bigint): void {
    if (lot.rollover === null) this.witness('return that expires');
    else if (carried === amount) this.witness('return that is carried');
    else if (carried > 0n) this.witness('return of which a share is carried');
    else if (lot.rollover.cap === lot.carried) this.witness('return that the cap keeps from being carried');
    else if (lot.rollover.carryMs === 1) this.witness('return that is carried no more');
  }

  private endOfCarried(lot: NaiveLot): number | null {
    const carryMs = lot.rollover?.carryMs ?? null;
    return lot.expiresAt === null || carryMs === null ? null : lot.expiresAt + carryMs;
  }

  private held(counts: (pile: Pile) => boolean): bigint {
    let sum = 0n;
    for (const { lines } of this.reservations) {
      for (const { held } of lines) for (const pile of held) if (counts(pile)) sum += pile.amount;
    }
    return sum;
  }
}

function debtLoweredBy({ type }: Booking): Situation {
  if (type === 'commit') return 'debt lowered by what a commit returns';
  return type === 'release' ? 'debt lowered by a release' : 'debt lowered by a hold that ends';
}
