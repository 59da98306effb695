/** How long a call may take and how often it is sent. */
export interface Patience {
  /** One attempt. Should be longer than the ledger's own patience (10 s), so that it can say what is wrong. */
  readonly timeoutMs: number;
  /** The whole call, with all attempts and pauses. */
  readonly deadlineMs: number;
  readonly maxAttempts: number;
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  readonly deadlineMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  /** Ends the call. What was sent may have taken effect. */
  readonly signal?: AbortSignal | undefined;
}

export interface KeyedCallOptions extends CallOptions {
  /**
   * 1 to 255 printable ASCII characters, unique within the account. All attempts of a call share it. Give one of your
   * own (a job's id, an order's id), and the call takes effect once even if your process dies and makes it again.
   * Without it each call gets a fresh one.
   */
  readonly idempotencyKey?: string | undefined;
  /** Called when the key had been used before, and the answer is the first one again. */
  readonly onReplayed?: (() => void) | undefined;
}

/** What is sent. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the ledger's address, already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Takes an idempotency key. */
  readonly keyed?: boolean;
  /** May be sent again although an earlier attempt may have taken effect. */
  readonly repeatable: boolean;
}

/** What the ledger answered. */
export interface Reply<Body> {
  readonly body: Body;
  /** The key had been used before, and this is the first answer again. */
  readonly replayed: boolean;
}

/**
 * One part of a path, percent-encoded.
 * @throws TypeError for what a URL cannot carry there: nothing, half a character, and `.` and `..`, which would name
 *   another path
 */
export function segment(name: string, value: string): string {
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..' || /\p{Surrogate}/u.test(value)) {
    throw new TypeError(`${name} must be well-formed text, not empty, not . or ..; it is ${JSON.stringify(value)}`);
  }
  return encodeURIComponent(value);
}
