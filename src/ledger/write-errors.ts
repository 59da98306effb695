import { LedgerError } from '../shared/ledger-error.js';

/** Nothing is wrong with the request; the same one, with the same key, may be sent again. */
export function busy(why: string, cause?: unknown): LedgerError {
  return new LedgerError('busy', `the ledger is busy: ${why}; send the same request again`, {}, true, { cause });
}

/** A unit was first used, perhaps defined anew before that, after the amounts in it were read. */
export function readTooEarly(): LedgerError {
  return busy('a unit of the request has just been put to use');
}

export function noSuchClock(): LedgerError {
  return new LedgerError('test_clock_not_found', 'there is no such test clock');
}

export function clockIsFull(most: number): LedgerError {
  return new LedgerError('test_clock_full', `${most} accounts live by this test clock: make another one`);
}

/** Our fault. What happened stays in the cause, for the log. */
export function internal(cause: unknown): LedgerError {
  return new LedgerError('internal', 'the command could not be carried out; it left no trace', {}, false, { cause });
}

export function keyReused(): LedgerError {
  return new LedgerError(
    'idempotency_key_reused',
    'this Idempotency-Key was used for another request: use a new key for a new request',
  );
}

/** @param entry id of the first entry that recorded it; null where nothing had to be recorded */
export function alreadyRecorded(entry: string | null): LedgerError {
  return entry === null
    ? new LedgerError('fact_already_recorded', 'this was answered before, and changed nothing')
    : new LedgerError('fact_already_recorded', 'this took effect before, as the entry named', { entry });
}

/** An id said which account, and there is none, or it is not of the caller's mode. */
export function missingAccount(missing: LedgerError['code'] | null): LedgerError {
  const code = missing ?? 'not_found';
  return new LedgerError(
    code,
    code === 'not_found' ? 'there is no such account' : `no such ${code.replace(/_not_found$/, '')}`,
  );
}
