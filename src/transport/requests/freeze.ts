import { z } from 'zod';
import { FreezeAccount } from '../../ledger/commands/freeze-account.js';
import { UnfreezeAccount } from '../../ledger/commands/unfreeze-account.js';
import { reason } from './fields.js';
import { accountOperation } from './operation.js';

const freezeRequest = z
  .strictObject({ reason: reason.optional() }, 'must be an object')
  .meta({ id: 'FreezeRequest', examples: [{ reason: 'suspected abuse' }] });

export const FREEZE = accountOperation({
  name: 'freeze',
  status: 200,
  request: freezeRequest,
  summary: 'Refuse new work of an account; what is in flight goes on',
  refusals: [],
  async prepare(request, target) {
    return once => new FreezeAccount(target, request.reason ?? null, once);
  },
});

export const UNFREEZE = accountOperation({
  name: 'unfreeze',
  status: 200,
  request: freezeRequest,
  summary: 'Take new work of an account again',
  refusals: [],
  async prepare(request, target) {
    return once => new UnfreezeAccount(target, request.reason ?? null, once);
  },
});
