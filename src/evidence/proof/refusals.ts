import { LedgerError } from '../../shared/ledger-error.js';

/** @param size null where the newest was asked for */
export function noCheckpoint(size: number | null): LedgerError {
  const which = size === null ? 'no checkpoint was signed yet' : `no checkpoint of ${size} entries was signed`;
  return new LedgerError('checkpoint_not_found', which, {}, size === null);
}

/** What the database has does not lead to what was signed: nobody should be handed it as a proof. */
export function brokenEvidence(cause: string): LedgerError {
  const message = 'what the ledger holds is no longer what was signed; its operators find out more by an audit';
  return new LedgerError('evidence_broken', message, {}, false, { cause: new Error(cause) });
}
