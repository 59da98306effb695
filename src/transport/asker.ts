import type { Mode, Target } from '../ledger/submission.js';
import { accountId } from './requests/fields.js';
import { parseRequest } from './requests/parse-request.js';

/** As whom a call is made, and until when its caller waits. */
export interface Asker {
  readonly mode: Mode;
  /** On `performance.now()`'s clock, milliseconds; ten seconds from now unless given. */
  readonly deadlineAt?: number | undefined;
}

/** The account a call names, as the caller's key sees it: live or test. @throws LedgerError invalid_request */
export function targetOf({ mode, deadlineAt }: Asker, account: unknown): Target {
  return { mode, account: parseRequest(accountId, account, 'path.account'), deadlineAt };
}
