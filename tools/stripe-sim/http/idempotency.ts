import { StripeFault } from './fault.js';

/** Stripe forgets keys when they are at least a day old. */
const KEPT_SECONDS = 24 * 3600;
const LONGEST_KEY = 255;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Kept extends Answer {
  readonly request: string;
  readonly at: number;
}

/** The first answer under each key: given again to the same request, refused to another. */
export class IdempotencyKeys {
  private readonly kept = new Map<string, Kept>();

  /** @param request what must be the same when the key is used again: method, path and parameters */
  recall(key: string, request: string, now: number): Answer | undefined {
    if (key.length > LONGEST_KEY) {
      throw new StripeFault(400, {
        type: 'idempotency_error',
        message: `Idempotency keys have at most ${LONGEST_KEY} characters.`,
      });
    }
    const kept = this.kept.get(key);
    if (kept === undefined) return undefined;
    if (now - kept.at >= KEPT_SECONDS) {
      this.kept.delete(key);
      return undefined;
    }
    if (kept.request !== request) {
      throw new StripeFault(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      });
    }
    const { status, body, headers } = kept;
    const original = headers['request-id'];
    return {
      status,
      body,
      headers: {
        ...headers,
        'idempotent-replayed': 'true',
        ...(original !== undefined && { 'original-request': original }),
      },
    };
  }

  keep(key: string, request: string, now: number, answer: Answer): void {
    this.kept.set(key, { ...answer, request, at: now });
  }
}
