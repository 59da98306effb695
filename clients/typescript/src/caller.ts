import type { Call, KeyedCallOptions, Patience, Reply } from './call.js';
import { LedgerError } from './ledger-error.js';
import { aborted, failed, readAnswer, reasonOf, type Attempt } from './read-answer.js';
import { maySendAgain, pause, pauseMsAfter } from './retry.js';

/** An attempt that failed and will be followed by another. */
export interface Retry {
  readonly method: string;
  readonly path: string;
  readonly attempt: number;
  readonly pauseMs: number;
  readonly error: LedgerError;
}

export interface Connection extends Patience {
  /** Without a slash at the end. */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  readonly onRetry: ((retry: Retry) => void) | undefined;
}

const KEY = /^[\x20-\x7e]{1,255}$/;

/** Sends calls, again where that is safe and may help, until it knows or its patience ends. */
export class Caller {
  constructor(private readonly connection: Connection) {}

  /** @throws LedgerError */
  async call<Body>(call: Call, options: KeyedCallOptions): Promise<Body> {
    const { connection } = this;
    const { timeoutMs = connection.timeoutMs, deadlineMs = connection.deadlineMs, signal } = options;
    const { maxAttempts = connection.maxAttempts } = options;
    const key = call.keyed === true ? readKey(options.idempotencyKey ?? crypto.randomUUID()) : null;
    // Made once: every attempt must be the same request.
    const sent = { call, url: this.#url(call), request: this.#request(call, key), key, signal };
    const deadline = performance.now() + deadlineMs;
    let perhapsTaken = false;
    for (let number = 1; ; number++) {
      const leftMs = Math.max(0, deadline - performance.now());
      const attempt: Attempt = { ...sent, number, timeoutMs: Math.min(timeoutMs, leftMs), perhapsTaken };
      const outcome = await this.#attempt<Body>(attempt);
      if (!(outcome instanceof LedgerError)) {
        if (outcome.replayed) options.onReplayed?.();
        return outcome.body;
      }
      const pauseMs = pauseMsAfter(number, outcome.retryAfterMs);
      const patient = number < maxAttempts && performance.now() + pauseMs < deadline;
      if (!patient || !maySendAgain(outcome, call.repeatable)) throw outcome;
      connection.onRetry?.({ method: call.method, path: call.path, attempt: number, pauseMs, error: outcome });
      perhapsTaken = outcome.mayHaveTakenEffect;
      await pause(pauseMs, signal);
    }
  }

  /** Sends once. A failure is an outcome like another here, so it is answered, not thrown. */
  async #attempt<Body>(attempt: Attempt): Promise<Reply<Body> | LedgerError> {
    const { call, url, request, timeoutMs, signal } = attempt;
    // Browsers refuse a `fetch` that is called as somebody's method.
    const { fetch } = this.connection;
    if (signal?.aborted) return aborted(attempt, false);
    const ending = new AbortController();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      ending.abort();
    }, timeoutMs);
    const abort = (): void => ending.abort();
    signal?.addEventListener('abort', abort);
    try {
      // A ledger never sends anybody elsewhere, and a key must not follow.
      const response = await fetch(url, { ...request, redirect: 'manual', signal: ending.signal });
      return readAnswer(attempt, response, await response.text());
    } catch (cause) {
      if (signal?.aborted) return aborted(attempt, true);
      const why = timedOut ? `no answer within ${Math.ceil(timeoutMs)} ms` : reasonOf(cause);
      return failed(attempt, why, {
        code: timedOut ? 'timeout' : 'unreachable',
        retryable: call.repeatable,
        mayHaveTakenEffect: call.method !== 'GET',
        cause,
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #url({ path, query = {} }: Call): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    return `${this.connection.url}${path}${search.size === 0 ? '' : `?${search}`}`;
  }

  #request({ method, body }: Call, key: string | null): Attempt['request'] {
    const headers: Record<string, string> = { authorization: `Bearer ${this.connection.apiKey}` };
    if (key !== null) headers['idempotency-key'] = key;
    if (body === undefined) return { method, headers, body: null };
    headers['content-type'] = 'application/json';
    return { method, headers, body: JSON.stringify(body) };
  }
}

function readKey(key: string): string {
  if (KEY.test(key)) return key;
  throw new TypeError(`idempotencyKey must be 1 to 255 printable ASCII characters; it is ${JSON.stringify(key)}`);
}
