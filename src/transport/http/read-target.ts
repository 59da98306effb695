import type { FastifyRequest } from 'fastify';
import type { Target } from '../../ledger/submission.js';
import { accountId } from '../requests/fields.js';
import { parseRequest } from '../requests/parse-request.js';

/** The account of the path, as the caller's key sees it: live or test. */
export function readTarget(request: FastifyRequest): Target {
  const { account } = request.params as { account: string };
  return { mode: request.caller.mode, account: parseRequest(accountId, account, 'path.account') };
}
