import { z } from 'zod';
import type { JsonValue } from '../json/strict-json.js';
import { CHARGE } from './charge.js';
import { COMMIT } from './commit.js';
import { EXTEND } from './extend.js';
import { LONGEST_TEXT, text } from './fields.js';
import { GRANT } from './grant.js';
import type { Operation } from './operation.js';
import { invalidRequest, parseRequest } from './parse-request.js';
import { REFUND_ENTRY, REFUND_RESERVATION } from './refund.js';
import { RELEASE } from './release.js';
import { RESERVE } from './reserve.js';
import { REVOKE } from './revoke.js';

const MOST_COMMANDS = 1_000;

/** By `type`, and by what it is addressed to. */
const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  grant: { account: GRANT },
  reserve: { account: RESERVE },
  charge: { account: CHARGE },
  commit: { reservation: COMMIT },
  release: { reservation: RELEASE },
  extend: { reservation: EXTEND },
  refund: { reservation: REFUND_RESERVATION, entry: REFUND_ENTRY },
  revoke: { lot: REVOKE },
};

/** Only what the batch itself has to know; each command is read as its own call would be. */
const command = z.looseObject({ id: text(LONGEST_TEXT) }, 'must be an object').meta({
  id: 'BatchCommand',
  description:
    "`id` (the caller's own, comes back with the result), `type`, what it is addressed to, `idempotency_key`, and the fields of the call's body.",
  properties: {
    id: { type: 'string', minLength: 1, maxLength: LONGEST_TEXT },
    type: { type: 'string', enum: Object.keys(OPERATIONS) },
    account: { type: 'string' },
    reservation: { type: 'string' },
    entry: { type: 'string' },
    lot: { type: 'string' },
    idempotency_key: { type: 'string', minLength: 1, maxLength: LONGEST_TEXT },
  },
  required: ['id', 'type', 'idempotency_key'],
});

export const batchRequest = z
  .strictObject(
    {
      commands: z
        .array(command, 'must be a list')
        .min(1, 'must not be empty')
        .max(MOST_COMMANDS, `must have at most ${MOST_COMMANDS} commands`),
    },
    'must be an object',
  )

  .meta({
    id: 'BatchRequest',
    examples: [
      { commands: [{ id: '1', type: 'grant', account: 'user_42', idempotency_key: 'order-17', amount: '100' }] },
    ],
  });

/** Commands that came as messages: as `batchRequest` would have them, and mostly without a copy of each. */
export function checkCommands<C extends { readonly id?: string | undefined }>(
  commands: readonly C[],
): readonly (C & { readonly id: string })[] {
  const inBounds = commands.length > 0 && commands.length <= MOST_COMMANDS;
  // A text has no more characters than UTF-16 code units, so those that are longer may yet be right.
  if (inBounds && commands.every(({ id }) => id !== undefined && id.length > 0 && id.length <= LONGEST_TEXT)) {
    return commands as readonly (C & { id: string })[];
  }
  return parseRequest(batchRequest, { commands }, 'body').commands as unknown as readonly (C & { id: string })[];
}

/** One command of a batch, taken apart. */
export interface BatchCommand {
  readonly operation: Operation;
  readonly address: string;
  readonly key: string | undefined;
  readonly body: JsonValue;
}

/** @throws LedgerError invalid_request */
export function readBatchCommand(given: Readonly<Record<string, unknown>>, part: string): BatchCommand {
  const { id: _, type, account, reservation, entry, lot, idempotency_key: key, ...body } = given;
  const operations = typeof type === 'string' && Object.hasOwn(OPERATIONS, type) ? OPERATIONS[type] : undefined;
  if (operations === undefined) {
    throw invalidRequest([
      { location: `${part}.type`, message: `must be one of ${Object.keys(OPERATIONS).join(', ')}` },
    ]);
  }
  const addresses = Object.entries({ account, reservation, entry, lot }).filter(([, value]) => value !== undefined);
  const [[kind, address] = ['', undefined], ...others] = addresses;
  const operation = Object.hasOwn(operations, kind) && others.length === 0 ? operations[kind] : undefined;
  const kinds = Object.keys(operations).join(' or ');
  if (operation === undefined) {
    throw invalidRequest([{ location: part, message: `needs ${kinds}, and nothing else to be addressed to` }]);
  }
  if (typeof address !== 'string') throw invalidRequest([{ location: `${part}.${kind}`, message: 'must be a string' }]);
  if (key !== undefined && typeof key !== 'string') {
    throw invalidRequest([{ location: `${part}.idempotency_key`, message: 'must be a string' }]);
  }
  return { operation, address, key, body: body as JsonValue };
}
