import { LedgerError } from '../shared/ledger-error.js';

/** SQLSTATE classes and codes of a database that is away, shutting down, starting up, full, or slow. */
const UNAVAILABLE_SQLSTATE = /^(08|53|57P0[1-5]$|57014$|40001$|40P01$|55P03$)/;
const UNAVAILABLE_SYSTEM = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT$)/;
/** The driver has no codes for these. */
const UNAVAILABLE_DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered|Cannot use a pool)/;

/** What anything that was thrown means to the caller: a refusal as it stands, a database that is away, or our fault. */
export function asLedgerError(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  if (isUnavailable(error)) {
    return new LedgerError('busy', 'the database does not answer; send the same request again', {}, true, {
      cause: error,
    });
  }
  return new LedgerError('internal', 'something went wrong on our side', {}, false, { cause: error });
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_SYSTEM.test(code) || UNAVAILABLE_DRIVER.test(error.message);
}
