import { LedgerError, type ErrorCode, type ErrorDetails } from './ledger-error.js';
import type { Call, Reply } from './call.js';
import type { Problem } from './schemas.generated.js';

/** One sending of a call, and what is known from those before. */
export interface Attempt {
  readonly call: Call;
  readonly url: string;
  readonly request: { readonly method: string; readonly headers: Record<string, string>; readonly body: string | null };
  readonly key: string | null;
  readonly number: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** An earlier attempt may have taken effect. */
  readonly perhapsTaken: boolean;
}

const MS_PER_SECOND = 1000;

/** Refused before the ledger looks at the key, so they do not tell what became of an attempt before. */
const BEFORE_THE_KEY: ReadonlySet<ErrorCode> = new Set(['unauthenticated', 'scope_missing', 'rate_limited']);

/** What the answer says: what was asked for, or why not. */
export function readAnswer<Body>(attempt: Attempt, response: Response, text: string): Reply<Body> | LedgerError {
  const body = parse(text);
  if (response.ok && body !== undefined) {
    return { body: body as Body, replayed: response.headers.get('idempotency-replayed') === 'true' };
  }
  const problem = (body ?? {}) as Partial<Problem>;
  const fromLedger = typeof problem.code === 'string' && typeof problem.detail === 'string';
  const { code = 'unexpected_answer', detail = 'not an answer of a ledger' } = fromLedger ? problem : {};
  // Below 500 the ledger refused; what it does not know yet is `idempotency_key_in_use`.
  const refused = fromLedger && response.status < 500 && code !== 'idempotency_key_in_use';
  return failed(attempt, `${response.status} ${code}: ${detail}`, {
    code,
    status: response.status,
    requestId: response.headers.get('request-id'),
    retryable: fromLedger ? problem.retryable === true : false,
    retryAfterMs: askedToWaitMs(response),
    mayHaveTakenEffect: refused ? BEFORE_THE_KEY.has(code) && attempt.perhapsTaken : attempt.call.method !== 'GET',
    ...(fromLedger && { problem }),
  });
}

/** @param sent whether this attempt had left already */
export function aborted(attempt: Attempt, sent: boolean): LedgerError {
  return failed(attempt, 'aborted by its signal', {
    code: 'aborted',
    mayHaveTakenEffect: sent ? attempt.call.method !== 'GET' : attempt.perhapsTaken,
    attempts: sent ? attempt.number : attempt.number - 1,
    cause: attempt.signal?.reason,
  });
}

export function failed(
  attempt: Attempt,
  what: string,
  details: Partial<ErrorDetails> & Pick<ErrorDetails, 'code' | 'mayHaveTakenEffect'>,
): LedgerError {
  return new LedgerError(`${attempt.call.method} ${attempt.call.path}: ${what}`, {
    status: null,
    requestId: null,
    retryable: false,
    retryAfterMs: 0,
    idempotencyKey: attempt.key,
    attempts: attempt.number,
    problem: {},
    ...details,
  });
}

/** In seconds, as the ledger says it; a date, as a proxy may say it, would need clocks that agree. */
function askedToWaitMs(response: Response): number {
  const seconds = Number(response.headers.get('retry-after'));
  return seconds > 0 ? seconds * MS_PER_SECOND : 0;
}

/** Undefined where it is not a JSON object. */
function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `fetch` says "fetch failed" and hides the reason one or two causes deep. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}
