import { STATUS_CODES } from 'node:http';
import type { LedgerError } from '../shared/ledger-error.js';
import { ERROR_TABLE, retryAfterSeconds } from './error-table.js';

/** A refusal as RFC 9457 has it, with the contract's own members. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly retryable: boolean;
  /** `errors`, `shortfall`, `reservation`, `entry`: what the code has to say. */
  readonly [detail: string]: unknown;
}

export function problemOf(error: LedgerError, requestId: string): Problem {
  const { http } = ERROR_TABLE[error.code];
  return {
    type: 'about:blank',
    title: STATUS_CODES[http] ?? 'Error',
    status: http,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    retryable: error.retryable || retryAfterSeconds(error) !== undefined,
    // What only the account's state shows to be invalid has no location of its own.
    ...(error.code === 'invalid_request' && { errors: [{ location: 'body', message: error.message }] }),
    ...error.details,
  };
}
