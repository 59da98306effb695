/** What was paid for a lot: a decimal in the currency's main unit, kept as it came. */
export interface Cost {
  readonly amount: string;
  readonly currency: string;
}
