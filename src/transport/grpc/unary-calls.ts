import { Injectable } from '@nestjs/common';
import type { Scope } from '../../keys/api-key.js';
import type { Asker } from '../asker.js';
import { Batches } from '../batch.js';
import { Configuration } from '../configuration.js';
import type { JsonValue } from '../json/strict-json.js';
import { Mutations } from '../mutations.js';
import { Reads } from '../reads.js';
import { callOf, readCommands, resultMessage } from './commands.js';
import type { Asked } from './asked.js';
import { CreditsServiceDefinition } from './generated/credits/v1/credits_service.js';
import {
  accountMessage,
  entryMessage,
  keyMessage,
  lotMessage,
  reservationMessage,
  shortfallMessage,
  stepMessage,
  unitMessage,
} from './messages.js';
import * as mutations from './mutation-calls.js';
import { decodeStrictly, type MessageType } from './strict-reader.js';
import { momentText, timestampOf } from './timestamps.js';
import { ENTRY_TYPE, KEY_MODE, RESERVATION_STATUS, UNIT_KIND } from './words.js';

type Methods = (typeof CreditsServiceDefinition)['methods'];
export type UnaryMethod = Exclude<keyof Methods, 'streamCommands'>;
type RequestOf<M extends UnaryMethod> = Methods[M]['requestType'] extends MessageType<infer T> ? T & object : never;
type ResponseOf<M extends UnaryMethod> = Methods[M]['responseType'] extends MessageType<infer T> ? T : never;
type Asking = Asked & { readonly asker: Asker };
type Answers<M extends UnaryMethod> = (request: RequestOf<M>, asking: Asking) => Promise<ResponseOf<M>>;

/** A call of one message that is answered with one. */
export interface UnaryCall {
  readonly scope: Scope;
  /** @throws LedgerError */
  answer(bytes: Uint8Array, asking: Asking): Promise<Uint8Array<ArrayBuffer>>;
}

const REQUEST_LIMIT_BYTES = 64 * 1024;
const BATCH_LIMIT_BYTES = 4 * 1024 * 1024;
const BODY = 'body';

/** Every call but the stream: how it is asked, and how it is answered. What it means is the same as over HTTP. */
@Injectable()
export class UnaryCalls {
  readonly calls: Readonly<Record<UnaryMethod, UnaryCall>>;

  constructor(
    private readonly mutations: Mutations,
    private readonly batches: Batches,
    reads: Reads,
    configuration: Configuration,
  ) {
    this.calls = { ...this.mutationCalls(), ...readCalls(reads), ...configurationCalls(configuration) };
  }

  private mutationCalls() {
    return {
      grantCredits: this.mutation('grantCredits', mutations.GRANT_CALL),
      reserveCredits: this.mutation('reserveCredits', mutations.RESERVE_CALL),
      commitReservation: this.mutation('commitReservation', mutations.COMMIT_CALL),
      releaseReservation: this.mutation('releaseReservation', mutations.RELEASE_CALL),
      extendReservation: this.mutation('extendReservation', mutations.EXTEND_CALL),
      refundReservation: this.mutation('refundReservation', mutations.REFUND_RESERVATION_CALL),
      chargeCredits: this.mutation('chargeCredits', mutations.CHARGE_CALL),
      refundEntry: this.mutation('refundEntry', mutations.REFUND_ENTRY_CALL),
      revokeLot: this.mutation('revokeLot', mutations.REVOKE_CALL),
      freezeAccount: this.mutation('freezeAccount', mutations.FREEZE_CALL),
      unfreezeAccount: this.mutation('unfreezeAccount', mutations.UNFREEZE_CALL),
      executeBatch: unary('executeBatch', 'ledger:write', (request, asking) => this.batch(request, asking), {
        limitBytes: BATCH_LIMIT_BYTES,
      }),
      configureAccount: unary('configureAccount', 'ledger:write', async (request, { asker }) => {
        const { account, overdraft_limits: limits, metadata } = request;
        const body = {
          ...(limits && { overdraft_limits: limits.amounts ?? {} }),
          ...(metadata && { metadata: metadata.values ?? {} }),
        };
        const answer = await this.mutations.configure(asker, account ?? '', body);
        const json = JSON.parse(answer.body.toString());
        return { ...json, entries: json.entries.map(entryMessage) };
      }),
    };
  }

  private mutation<M extends UnaryMethod>(
    method: M,
    call: mutations.MutationCall<RequestOf<M>, ResponseOf<M>>,
  ): UnaryCall {
    return unary(method, 'ledger:write', async (request, { asker }) => {
      const { body, replayed } = await this.mutations.run(callOf(call, request, asker, BODY));
      return call.response(JSON.parse(body.toString()) as never, replayed);
    });
  }

  private async batch(
    { commands }: RequestOf<'executeBatch'>,
    { asker, requestId }: Asking,
  ): Promise<ResponseOf<'executeBatch'>> {
    const given = readCommands(commands, asker);
    const reads = await this.batches.read(given.map(({ call }) => call));
    const outcomes = await Promise.all(this.batches.send(reads, requestId));
    return { results: outcomes.map((outcome, index) => resultMessage(given[index]!, outcome, requestId)) };
  }
}

function readCalls(reads: Reads) {
  return {
    checkReservation: unary('checkReservation', 'ledger:read', async ({ account = '', ...request }, { asker }) => {
      const json = JSON.parse(await reads.check(asker, account, mutations.reserveBody(request)));
      return { ...json, shortfall: json.shortfall?.map(shortfallMessage) };
    }),
    getAccount: unary('getAccount', 'ledger:read', async ({ account = '' }, { asker }) => {
      return { account: accountMessage(JSON.parse(await reads.account(asker, account))) };
    }),
    listAccounts: unary('listAccounts', 'ledger:read', async (request, { asker }) => {
      return page(await reads.accounts(asker, request), accountMessage);
    }),
    getBalance: unary('getBalance', 'ledger:read', async ({ account = '', as_of: asOf, ...query }, { asker }) => {
      const at = asOf && { as_of: momentText(asOf) };
      const json = JSON.parse(await reads.balance(asker, account, { ...query, ...at }));
      return { ...json, as_of: timestampOf(json.as_of) };
    }),
    listEntries: unary('listEntries', 'ledger:read', async ({ account = '', type, from, to, ...query }, { asker }) => {
      const filter = { ...query, ...word('type', ENTRY_TYPE.word(type)), ...between(from, to) };
      return page(await reads.entries(asker, account, filter), entryMessage);
    }),
    listLots: unary('listLots', 'ledger:read', async ({ account = '', ...query }, { asker }) => {
      return page(await reads.lots(asker, account, query), lotMessage);
    }),
    listReservations: unary('listReservations', 'ledger:read', async ({ account = '', status, ...query }, asking) => {
      const filter = { ...query, ...word('status', RESERVATION_STATUS.word(status)) };
      return page(await reads.reservations(asking.asker, account, filter), reservationMessage);
    }),
    getReservation: unary('getReservation', 'ledger:read', async ({ reservation = '' }, { asker }) => {
      const { entries, ...json } = JSON.parse(await reads.reservation(asker, reservation));
      return { reservation: reservationMessage(json), entries: entries.map(entryMessage) };
    }),
    explainAccount: unary('explainAccount', 'ledger:read', async ({ account = '', from, to }, { asker }) => {
      const json = JSON.parse(await reads.explanation(asker, account, between(from, to)));
      const moments = { from: timestampOf(json.from), to: timestampOf(json.to) };
      return { ...json, ...moments, steps: json.steps.map(stepMessage) };
    }),
  };
}

function configurationCalls(configuration: Configuration) {
  return {
    defineUnit: unary('defineUnit', 'config:write', async ({ unit = '', kind, ...body }) => {
      const json = await configuration.defineUnit(unit, { ...body, ...word('kind', UNIT_KIND.word(kind)) });
      return { unit: unitMessage(JSON.parse(json)) };
    }),
    listUnits: unary('listUnits', 'ledger:read', async request => {
      return page(await configuration.listUnits(request), unitMessage);
    }),
    createKey: unary('createKey', 'keys:write', async ({ mode, ...body }, { caller }) => {
      const json = await configuration.createKey(caller, { ...body, ...word('mode', KEY_MODE.word(mode)) });
      const { secret, ...key } = JSON.parse(json);
      return { key: keyMessage(key), secret };
    }),
    listKeys: unary('listKeys', 'keys:write', async (request, { caller }) => {
      return page(await configuration.listKeys(caller, request), keyMessage);
    }),
    revokeKey: unary('revokeKey', 'keys:write', async ({ id = '' }, { caller }) => {
      return { key: keyMessage(JSON.parse(await configuration.revokeKey(caller, id))) };
    }),
  };
}

function unary<M extends UnaryMethod>(
  method: M,
  scope: Scope,
  answer: Answers<M>,
  { limitBytes = REQUEST_LIMIT_BYTES } = {},
): UnaryCall {
  const { requestType, responseType } = CreditsServiceDefinition.methods[method];
  const request = requestType as unknown as MessageType<RequestOf<M>>;
  const response = responseType as unknown as MessageType<ResponseOf<M>>;
  return {
    scope,
    answer: async (bytes, asking) =>
      response.encode(await answer(decodeStrictly(request, bytes, limitBytes), asking)).finish(),
  };
}

function word(name: string, value: string | number | undefined): { readonly [name: string]: JsonValue } {
  return value === undefined ? {} : { [name]: value };
}

function between(from: Parameters<typeof momentText>[0] | undefined, to: typeof from) {
  return { ...(from && { from: momentText(from) }), ...(to && { to: momentText(to) }) };
}

function page<J, M>(json: string, message: (item: J) => M) {
  const { data, has_more: hasMore, next_cursor: nextCursor } = JSON.parse(json);
  return { data: data.map(message) as M[], has_more: hasMore as boolean, next_cursor: nextCursor ?? undefined };
}
