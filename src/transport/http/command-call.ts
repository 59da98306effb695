import type { z } from 'zod';
import type { Operation } from '../requests/operation.js';
import { called } from './call.js';

/** How a call that changes the ledger is described; what it is called comes from its operation. */
export function commandCall(operation: Operation, tag: string, answer: z.ZodType) {
  return called({
    id: operation.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
    tag,
    summary: operation.summary,
    scope: 'ledger:write',
    body: operation.request,
    refusals: operation.refusals,
    keyed: true,
    status: operation.status,
    answer,
  });
}
