import { Injectable } from '@nestjs/common';
import type { Scope } from '../../keys/api-key.js';
import type { Asker } from '../asker.js';
import { Batches } from '../batch.js';
import { Configuration } from '../configuration.js';
import type { JsonValue } from '../json/strict-json.js';
import { MemberCalls } from '../members.js';
import { Mutations } from '../mutations.js';
import { PlanCalls } from '../plans.js';
import { Proofs } from '../proofs.js';
import { Reads } from '../reads.js';
import { callOf, readCommands } from './commands.js';
import type { Asked } from './asked.js';
import { CreditsServiceDefinition } from './generated/credits/v1/credits_service.js';
import { answerShapeOf, type Shape } from './message-shapes.js';
import { MessageWriter } from './message-writer.js';
import * as mutations from './mutation-calls.js';
import { decodeStrictly, type MessageType } from './strict-reader.js';
import { momentText } from './timestamps.js';
import { ENTRY_TYPE, KEY_MODE, RESERVATION_STATUS, UNIT_KIND } from './words.js';

type Methods = (typeof CreditsServiceDefinition)['methods'];
export type UnaryMethod = Exclude<keyof Methods, 'streamCommands'>;
type RequestOf<M extends UnaryMethod> = Methods[M]['requestType'] extends MessageType<infer T> ? T & object : never;
type Asking = Asked & { readonly asker: Asker };
type Bytes = Uint8Array<ArrayBuffer>;

/** A call of one message that is answered with one. */
export interface UnaryCall {
  readonly scope: Scope;
  /** @throws LedgerError */
  answer(bytes: Uint8Array, asking: Asking): Promise<Bytes>;
}

const REQUEST_LIMIT_BYTES = 64 * 1024;
const BATCH_LIMIT_BYTES = 4 * 1024 * 1024;
const BODY = 'body';
const WRITER = new MessageWriter();

/** Every call but the stream: how it is asked, and how it is answered. What it means is the same as over HTTP. */
@Injectable()
export class UnaryCalls {
  readonly calls: Readonly<Record<UnaryMethod, UnaryCall>>;

  constructor(
    private readonly mutations: Mutations,
    private readonly batches: Batches,
    reads: Reads,
    proofs: Proofs,
    configuration: Configuration,
    plans: PlanCalls,
    members: MemberCalls,
  ) {
    this.calls = {
      ...this.mutationCalls(),
      ...readCalls(reads),
      ...proofCalls(proofs),
      ...configurationCalls(configuration),
      ...planCalls(plans),
      ...memberCalls(members),
    };
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
      executeBatch: call(
        'executeBatch',
        'ledger:write',
        (request, asking) => this.batch(request, asking),
        BATCH_LIMIT_BYTES,
      ),
      configureAccount: unary('configureAccount', 'ledger:write', async (request, { asker }) => {
        const { account, overdraft_limits: limits, metadata } = request;
        const body = {
          ...(limits && { overdraft_limits: limits.amounts ?? {} }),
          ...(metadata && { metadata: metadata.values ?? {} }),
        };
        return (await this.mutations.configure(asker, account ?? '', body)).body;
      }),
    };
  }

  private mutation<M extends UnaryMethod>(method: M, mutation: mutations.MutationCall<RequestOf<M>>): UnaryCall {
    return call(method, 'ledger:write', async (request, { asker }, shape) => {
      return WRITER.mutation(shape, await this.mutations.run(callOf(mutation, request, asker, BODY)));
    });
  }

  private async batch({ commands }: RequestOf<'executeBatch'>, { asker, requestId }: Asking): Promise<Bytes> {
    const given = readCommands(commands, asker);
    const reads = await this.batches.read(given.map(({ call }) => call));
    const outcomes = await Promise.all(this.batches.send(reads, requestId));
    const settled = outcomes.map((outcome, index) => ({ command: given[index]!, outcome }));
    return WRITER.results(settled, requestId);
  }
}

function readCalls(reads: Reads) {
  return {
    checkReservation: unary('checkReservation', 'ledger:read', async ({ account = '', ...request }, { asker }) => {
      return reads.check(asker, account, mutations.reserveBody(request));
    }),
    getAccount: unary('getAccount', 'ledger:read', async ({ account = '' }, { asker }) => {
      return `{"account":${await reads.account(asker, account)}}`;
    }),
    listAccounts: unary('listAccounts', 'ledger:read', async (request, { asker }) => {
      return reads.accounts(asker, request);
    }),
    getBalance: unary('getBalance', 'ledger:read', async ({ account = '', as_of: asOf, ...query }, { asker }) => {
      const at = asOf && { as_of: momentText(asOf) };
      return reads.balance(asker, account, { ...query, ...at });
    }),
    listEntries: unary('listEntries', 'ledger:read', async ({ account = '', type, from, to, ...query }, { asker }) => {
      const filter = { ...query, ...word('type', ENTRY_TYPE.word(type)), ...between(from, to) };
      return reads.entries(asker, account, filter);
    }),
    listLots: unary('listLots', 'ledger:read', async ({ account = '', ...query }, { asker }) => {
      return reads.lots(asker, account, query);
    }),
    listReservations: unary('listReservations', 'ledger:read', async ({ account = '', status, ...query }, asking) => {
      const filter = { ...query, ...word('status', RESERVATION_STATUS.word(status)) };
      return reads.reservations(asking.asker, account, filter);
    }),
    getReservation: unary('getReservation', 'ledger:read', async ({ reservation = '' }, { asker }) => {
      const { entries, ...json } = JSON.parse(await reads.reservation(asker, reservation));
      return JSON.stringify({ reservation: json, entries });
    }),
    explainAccount: unary('explainAccount', 'ledger:read', async ({ account = '', from, to, ...query }, { asker }) => {
      return reads.explanation(asker, account, { ...query, ...between(from, to) });
    }),
    listUsage: unary('listUsage', 'usage:read', async ({ account = '', group_by: by, ...query }, { asker }) => {
      const groupBy = by && { group_by: (by.names ?? []).join(',') };
      return reads.usage(asker, account, { ...query, ...groupBy });
    }),
    getStatement: unary('getStatement', 'ledger:read', async ({ account = '', from, to }, { asker }) => {
      return (await reads.statement(asker, account, between(from, to))).text;
    }),
  };
}

function proofCalls(proofs: Proofs) {
  return {
    getLatestCheckpoint: unary('getLatestCheckpoint', 'ledger:read', async () => proofs.checkpoint()),
    getEntryProof: unary('getEntryProof', 'ledger:read', async ({ entry = '', ...query }, { asker }) => {
      return proofs.ofEntry(asker, entry, query);
    }),
    getConsistencyProof: unary('getConsistencyProof', 'ledger:read', async query => proofs.ofConsistency(query)),
  };
}

function planCalls(plans: PlanCalls) {
  return {
    definePlan: unary('definePlan', 'config:write', async ({ plan = '', definition, publish }, { caller }) => {
      return `{"plan":${await plans.define(caller, plan, { ...definition, ...(publish && { publish }) })}}`;
    }),
    getPlan: unary('getPlan', 'ledger:read', async ({ plan = '' }, { caller }) => {
      return `{"plan":${await plans.get(caller, plan)}}`;
    }),
    listPlans: unary('listPlans', 'ledger:read', async (request, { caller }) => plans.list(caller, request)),
    listPlanVersions: unary('listPlanVersions', 'config:write', async ({ plan = '', ...query }) => {
      return plans.versions(plan, query);
    }),
    archivePlan: unary('archivePlan', 'config:write', async ({ plan = '' }) => {
      return `{"plan":${await plans.archive(plan)}}`;
    }),
  };
}

function memberCalls(members: MemberCalls) {
  return {
    setMember: unary('setMember', 'ledger:write', async ({ account = '', member = '', budgets, parent }, { asker }) => {
      const given = (budgets ?? []).map(({ window, ...budget }) => {
        const { anchor_at: anchor, ...span } = window ?? {};
        return { ...budget, window: { ...span, ...(anchor && { anchor_at: momentText(anchor) }) } };
      });
      const body = { ...(parent !== undefined && { parent }), budgets: given };
      return (await members.set(asker, account, member, body)).body;
    }),
    removeMember: unary('removeMember', 'ledger:write', async ({ account = '', member = '' }, { asker }) => {
      return (await members.remove(asker, account, member)).body;
    }),
    getMember: unary('getMember', 'ledger:read', async ({ account = '', member = '' }, { asker }) => {
      return members.get(asker, account, member);
    }),
    listMembers: unary('listMembers', 'ledger:read', async ({ account = '', ...query }, { asker }) => {
      return members.list(asker, account, query);
    }),
  };
}

function configurationCalls(configuration: Configuration) {
  return {
    defineUnit: unary('defineUnit', 'config:write', async ({ unit = '', kind, ...body }) => {
      const json = await configuration.defineUnit(unit, { ...body, ...word('kind', UNIT_KIND.word(kind)) });
      return `{"unit":${json}}`;
    }),
    listUnits: unary('listUnits', 'ledger:read', async request => {
      return configuration.listUnits(request);
    }),
    createKey: unary('createKey', 'keys:write', async ({ mode, ...body }, { caller }) => {
      const json = await configuration.createKey(caller, { ...body, ...word('mode', KEY_MODE.word(mode)) });
      const { secret, ...key } = JSON.parse(json);
      return JSON.stringify({ key, secret });
    }),
    listKeys: unary('listKeys', 'keys:write', async (request, { caller }) => {
      return configuration.listKeys(caller, request);
    }),
    revokeKey: unary('revokeKey', 'keys:write', async ({ id = '' }, { caller }) => {
      return `{"key":${await configuration.revokeKey(caller, id)}}`;
    }),
  };
}

/** @param answer the JSON of the response message */
function unary<M extends UnaryMethod>(
  method: M,
  scope: Scope,
  answer: (request: RequestOf<M>, asking: Asking) => Promise<Buffer | string>,
): UnaryCall {
  return call(method, scope, async (request, asking, shape) => WRITER.message(shape, await answer(request, asking)));
}

function call<M extends UnaryMethod>(
  method: M,
  scope: Scope,
  answer: (request: RequestOf<M>, asking: Asking, shape: Shape) => Promise<Bytes>,
  limitBytes = REQUEST_LIMIT_BYTES,
): UnaryCall {
  const request = CreditsServiceDefinition.methods[method].requestType as unknown as MessageType<RequestOf<M>>;
  const shape = answerShapeOf(method);
  return { scope, answer: async (bytes, asking) => answer(decodeStrictly(request, bytes, limitBytes), asking, shape) };
}

function word(name: string, value: string | number | undefined): { readonly [name: string]: JsonValue } {
  return value === undefined ? {} : { [name]: value };
}

function between(from: Parameters<typeof momentText>[0] | undefined, to: typeof from) {
  return { ...(from && { from: momentText(from) }), ...(to && { to: momentText(to) }) };
}
