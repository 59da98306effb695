import { performance } from 'node:perf_hooks';
import type { Deadline } from '@grpc/grpc-js';
import type { ApiKey } from '../../keys/api-key.js';
import type { Caller } from '../../keys/authenticator.js';

/** Who makes a call, once that is certain. */
export interface Asked {
  /** `ANYBODY` where a call that needs no key came without one. */
  readonly caller: Caller;
  /** For asking again, as long as a stream lives. */
  readonly presented: ApiKey | null;
  readonly requestId: string;
}

/** Whoever has no key: may do nothing that needs a scope. */
export const ANYBODY: Caller = { keyId: 'none', mode: 'live', scopes: [] };

/** Longer than that no command waits, however long its caller would. */
const LONGEST_WAIT_MS = 60_000;

/** A call's deadline on `performance.now()`'s clock; undefined where it has none. */
export function deadlineAt(deadline: Deadline): number | undefined {
  const at = deadline instanceof Date ? deadline.getTime() : deadline;
  return at === Infinity ? undefined : performance.now() + Math.min(at - Date.now(), LONGEST_WAIT_MS);
}
