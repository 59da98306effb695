/** What an account should have, worked out by itself: whole base units, and nothing of the ledger's code. */

export const CREDIT = 1_000_000n;
const DAY = 86_400;

export interface ExpectedPlan {
  readonly gives: bigint;
  /** Milliseconds. */
  readonly grace: number;
}

/** Half of what is left is carried into the next period, at most so much of all. */
const MOST_CARRIED = 60n * CREDIT;

/** What an invoice paid, in cents. */
export interface Paid {
  readonly invoice: string;
  readonly amount: bigint;
}

interface Part {
  /** Who paid for it; nobody where it came of a change that nothing was paid for. */
  readonly by: readonly Paid[];
  readonly granted: bigint;
  readonly carries: boolean;
  left: bigint;
  readonly revoked: Map<string, bigint>;
}

interface Running {
  readonly start: number;
  readonly end: number;
  plan: ExpectedPlan;
  readonly parts: Part[];
}

/** One customer: a subscription, credits that were bought beside it, and what is owed. */
export class ExpectedAccount {
  granted = 0n;
  spent = 0n;
  revoked = 0n;
  debt = 0n;
  bought = 0n;
  private readonly carried = { left: 0n };
  private carriedUntil = 0;
  private running: Running | null = null;
  /** All that invoices ever gave, for what may go back later. */
  private readonly given: Part[] = [];

  get available(): bigint {
    const parts = this.running?.parts ?? [];
    return parts.reduce((sum, { left }) => sum + left, 0n) + this.bought + this.carried.left;
  }

  /** Of the period and what was carried into it: what a customer may spend without touching what was bought. */
  get included(): bigint {
    return this.available - this.bought;
  }

  get isRunning(): boolean {
    return this.running !== null;
  }

  get periodStart(): number | undefined {
    return this.running?.start;
  }

  get periodEnd(): number | undefined {
    return this.running?.end;
  }

  buy(amount: bigint): void {
    this.granted += amount;
    this.bought += this.afterDebt(amount);
  }

  /** Milliseconds. */
  begin(start: number, end: number, plan: ExpectedPlan, gives: bigint, paid: readonly Paid[], isTrial = false): void {
    // What was carried out of one that ended lives as long as it did.
    if (this.running !== null) this.close(end + plan.grace);
    this.running = { start, end, plan, parts: [] };
    this.give(gives, paid, !isTrial);
  }

  /** Another plan from this moment on: what stands for the time left goes, and comes of the new one. */
  change(now: number, plan: ExpectedPlan, gives: bigint, paid: readonly Paid[]): void {
    const { start, end, parts } = this.running!;
    for (const part of parts) {
      const unused = (part.granted * BigInt(end - now)) / BigInt(end - start);
      part.left -= unused < part.left ? unused : part.left;
    }
    this.running!.plan = plan;
    this.grow(now, gives, paid);
  }

  /** So much more a period, for what is left of this one. */
  grow(now: number, more: bigint, paid: readonly Paid[]): void {
    const { start, end } = this.running!;
    this.give((more * BigInt(end - now)) / BigInt(end - start), paid, true);
  }

  /** The subscription is over: what is left is carried for a period more. */
  end(nextBoundary: number): void {
    const { plan } = this.running!;
    this.close(nextBoundary + plan.grace);
    this.running = null;
  }

  /** What time does, once it is this late. */
  passes(now: number, boundaryAfter: (end: number) => number): void {
    const { running } = this;
    if (running !== null && running.end + running.plan.grace <= now) this.end(boundaryAfter(running.end));
    if (this.carriedUntil <= now) this.carried.left = 0n;
  }

  /** What was carried ends first, and what was bought burns last. */
  spend(amount: bigint): void {
    this.spent += amount;
    this.take(amount, [this.carried, ...this.parts()]);
  }

  /** So much of the money of an invoice is with the customer again: in all, never less than before. */
  moneyBack(invoice: string, returned: bigint, paid: bigint): void {
    for (const part of this.given) {
      const own = part.by.find(each => each.invoice === invoice);
      if (own === undefined) continue;
      const whole = part.by.reduce((sum, { amount }) => sum + amount, 0n);
      const before = part.revoked.get(invoice) ?? 0n;
      const all = (((part.granted * own.amount) / whole) * returned) / paid;
      const wanted = all - before;
      part.revoked.set(invoice, all);
      this.revoked += wanted;
      const isRunning = this.running?.parts.includes(part) ?? false;
      let owed = wanted;
      if (isRunning) owed -= reduce(part, owed);
      const fromBought = least(this.bought, owed);
      this.bought -= fromBought;
      owed -= fromBought;
      owed -= this.take(owed, [this.carried, ...this.parts()]);
      this.debt += owed;
    }
  }

  private parts(): { left: bigint }[] {
    return this.running?.parts ?? [];
  }

  private take(amount: bigint, from: readonly { left: bigint }[]): bigint {
    let taken = 0n;
    for (const place of from) taken += reduce(place, amount - taken);
    return taken;
  }

  private give(amount: bigint, by: readonly Paid[], carries: boolean): void {
    this.granted += amount;
    const part = { by, granted: amount, carries, left: this.afterDebt(amount), revoked: new Map<string, bigint>() };
    this.running!.parts.push(part);
    this.given.push(part);
  }

  private afterDebt(amount: bigint): bigint {
    const paid = least(this.debt, amount);
    this.debt -= paid;
    return amount - paid;
  }

  /** What earlier periods carried ends; half of each part is carried, up to the most. */
  private close(until: number): void {
    let carried = 0n;
    for (const { left, carries } of this.running!.parts) {
      if (carries) carried += least(left / 2n, MOST_CARRIED - carried);
    }
    this.carried.left = carried;
    this.carriedUntil = until;
  }
}

function reduce(place: { left: bigint }, amount: bigint): bigint {
  const taken = least(place.left, amount);
  place.left -= taken;
  return taken;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The n-th month after an anchor in UTC, in seconds: its day, or the last one of a month that is too short. */
export function monthAfter(anchor: number, n: number): number {
  const from = new Date(anchor * 1_000);
  const year = from.getUTCFullYear();
  const month = from.getUTCMonth() + n;
  const days = [31, isLeap(year + Math.floor(month / 12)) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const day = Math.min(from.getUTCDate(), days[month % 12]!);
  return Date.UTC(year + Math.floor(month / 12), month % 12, day) / 1_000 + (anchor % DAY);
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
