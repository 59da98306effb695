/**
 * What was used, as a rate card priced it: kept on the first entry of the command, so that history says why it cost what
 * it did, and a commit can be priced as its reservation was. No decision looks a card up.
 */
export interface PricedEvent {
  readonly meter: string;
  /** A decimal, or decimals by kind (`input`, `output`). */
  readonly quantity: string | Readonly<Record<string, string>>;
  /** Whatever prices and limits go by; `model` is one of them. */
  readonly properties: Readonly<Record<string, string>>;
  readonly card: string;
  readonly version: number;
  /** What the card made of it; zero where it is free. */
  readonly lines: readonly { readonly unit: string; readonly amount: bigint }[];
}
