import { LedgerError } from '../../shared/ledger-error.js';
import type { Asker } from '../asker.js';
import type { Call } from '../mutations.js';
import type { Part } from '../requests/operation.js';
import { checkCommands } from '../requests/batch.js';
import { invalidRequest } from '../requests/parse-request.js';
import type { Command } from './generated/credits/v1/commands.js';
import {
  CHARGE_CALL,
  COMMIT_CALL,
  EXTEND_CALL,
  GRANT_CALL,
  REFUND_ENTRY_CALL,
  REFUND_RESERVATION_CALL,
  RELEASE_CALL,
  RESERVE_CALL,
  REVOKE_CALL,
  type MutationCall,
  type MutationRequest,
} from './mutation-calls.js';

type Kind = Exclude<keyof Command, 'id'>;
type AnyCall = MutationCall<MutationRequest>;

const CALLS = {
  grant: GRANT_CALL,
  reserve: RESERVE_CALL,
  charge: CHARGE_CALL,
  commit: COMMIT_CALL,
  release: RELEASE_CALL,
  extend: EXTEND_CALL,
  refund_reservation: REFUND_RESERVATION_CALL,
  refund_entry: REFUND_ENTRY_CALL,
  revoke: REVOKE_CALL,
} satisfies { [K in Kind]: MutationCall<NonNullable<Command[K]>> };
const KINDS = Object.keys(CALLS) as Kind[];

/** One command of many, taken apart. */
export interface GivenCommand {
  readonly id: string;
  /** Undefined where it is none. */
  readonly kind: Kind | undefined;
  readonly call: Call | LedgerError;
}

/** @throws LedgerError invalid_request for a message that is refused as a whole: too many commands, or one without id */
export function readCommands(commands: readonly Command[] | undefined, asker: Asker): GivenCommand[] {
  return checkCommands(commands ?? []).map((command, index) => readCommand(command, asker, index));
}

function readCommand(command: Command & { id: string }, asker: Asker, index: number): GivenCommand {
  const { id } = command;
  const part = `body.commands[${index}]`;
  const kind = KINDS.find(name => command[name] !== undefined);
  if (kind === undefined || KINDS.some(name => name !== kind && command[name] !== undefined)) {
    const message = `must be exactly one of ${KINDS.join(', ')}`;
    return { id, kind: undefined, call: invalidRequest([{ location: `${part}.command`, message }]) };
  }
  return { id, kind, call: callOf(CALLS[kind] as unknown as AnyCall, command[kind]!, asker, `${part}.${kind}`) };
}

/** A mutation's request as every transport hands it on. */
export function callOf<Request extends MutationRequest>(
  { operation, body }: MutationCall<Request>,
  request: Request,
  asker: Asker,
  part: Part,
): Call {
  const { account: _a, reservation: _r, entry: _e, lot: _l, idempotency_key: key, ...fields } = request;
  const address = request[operation.addresses] ?? '';
  const keyLocation = `${part}.idempotency_key`.slice('body.'.length);
  return { operation, asker, address, body: body(fields), key, part, keyLocation };
}
