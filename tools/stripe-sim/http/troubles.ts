/** What goes wrong with a request. */
export type Trouble =
  /** Refused with this status before it takes effect: 429, 409, 500, 503. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection ends before it takes effect. */
  | { readonly kind: 'cut_before' }
  /** It takes effect, and the connection ends before the answer. */
  | { readonly kind: 'cut_after' }
  /** It takes effect, and the answer waits. */
  | { readonly kind: 'slow'; readonly ms: number };

export interface Expected {
  readonly method?: string;
  /** The beginning of the path: `/v1/payment_intents`. */
  readonly path?: string;
  /** How many requests it happens to; 1 unless given. */
  readonly times?: number;
}

/** Troubles in waiting: each happens to the next requests that fit. */
export class Troubles {
  private readonly waiting: { trouble: Trouble; expected: Expected; left: number }[] = [];

  add(trouble: Trouble, expected: Expected = {}): void {
    this.waiting.push({ trouble, expected, left: expected.times ?? 1 });
  }

  clear(): void {
    this.waiting.length = 0;
  }

  take(method: string, path: string): Trouble | undefined {
    const found = this.waiting.find(
      ({ expected, left }) =>
        left > 0 &&
        (expected.method === undefined || expected.method === method) &&
        (expected.path === undefined || path.startsWith(expected.path)),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.trouble;
  }
}
