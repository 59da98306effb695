import type { Rounding } from './rounding.js';

/** Prices are in units of 10^-18, quantities in units of 10^-9 (`fixed-point.ts`). */
export interface CompiledCard {
  readonly card: string;
  readonly version: number;
  readonly meters: ReadonlyMap<string, CompiledMeter>;
}

export interface CompiledMeter {
  /** One line each, in this order, whatever the event: a reservation's units are those of its meter. */
  readonly charges: readonly CompiledCharge[];
}

export interface CompiledCharge {
  readonly unit: string;
  /** How much of the quantity a rate is for. */
  readonly per: bigint;
  readonly minimum: bigint;
  readonly rounding: Rounding;
  readonly prices: readonly CompiledPrice[];
}

export interface CompiledPrice {
  readonly match: readonly PropertyPattern[];
  /** Once an event. */
  readonly base: bigint;
  readonly rates: CompiledRates;
}

/** `any`: there is only a base fee, so it does not matter how the quantity is given. */
export type CompiledRates =
  | { readonly by: 'amount'; readonly rate: CompiledRate }
  | { readonly by: 'kind'; readonly rates: ReadonlyMap<string, CompiledRate> }
  | { readonly by: 'any' };

export type CompiledRate =
  | { readonly type: 'flat'; readonly price: bigint }
  | { readonly type: 'graduated' | 'volume'; readonly steps: readonly CompiledStep[] };

export interface CompiledStep {
  /** A quantity, inclusive; null on the last step. */
  readonly upTo: bigint | null;
  readonly price: bigint;
  readonly flat: bigint;
}

export interface PropertyPattern {
  readonly property: string;
  readonly text: string;
  /** The property begins with the text; else it is the text. */
  readonly prefix: boolean;
}
