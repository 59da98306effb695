import { Injectable } from '@nestjs/common';
import { AutoTopUpCalls } from '../auto-top-ups.js';
import { Batches } from '../batch.js';
import { CampaignCalls } from '../campaigns.js';
import { Configuration } from '../configuration.js';
import { FinanceCalls } from '../finance.js';
import { MemberCalls } from '../members.js';
import { Mutations } from '../mutations.js';
import { PlanCalls } from '../plans.js';
import { Proofs } from '../proofs.js';
import { RateCardCalls } from '../rate-cards.js';
import { Reads } from '../reads.js';
import { SubscriptionCalls } from '../subscriptions.js';
import { TestClockCalls } from '../test-clocks.js';
import { autoTopUpCalls } from './auto-top-up-calls.js';
import { planCalls, rateCardCalls } from './catalogue-calls.js';
import { campaignCalls } from './campaign-calls.js';
import { callOf, readCommands } from './commands.js';
import { memberCalls } from './member-calls.js';
import * as mutations from './mutation-calls.js';
import { subscriptionCalls } from './subscription-calls.js';
import { testClockCalls } from './test-clock-calls.js';
import { call, moments, unary, word, WRITER } from './unary-call.js';
import type { Asking, Bytes, RequestOf, UnaryCall, UnaryMethod } from './unary-call.js';
import { ENTRY_TYPE, KEY_MODE, RESERVATION_STATUS, UNIT_KIND } from './words.js';

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
    proofs: Proofs,
    configuration: Configuration,
    plans: PlanCalls,
    rateCards: RateCardCalls,
    subscriptions: SubscriptionCalls,
    finance: FinanceCalls,
    members: MemberCalls,
    campaigns: CampaignCalls,
    testClocks: TestClockCalls,
    autoTopUps: AutoTopUpCalls,
  ) {
    this.calls = {
      ...this.mutationCalls(),
      ...readCalls(reads),
      ...proofCalls(proofs),
      ...configurationCalls(configuration),
      ...planCalls(plans),
      ...rateCardCalls(rateCards),
      ...subscriptionCalls(subscriptions),
      listFinanceMonths: unary('listFinanceMonths', 'ops', (request, { asker }) => finance.months(asker, request)),
      ...memberCalls(members),
      ...campaignCalls(campaigns),
      ...testClockCalls(testClocks),
      ...autoTopUpCalls(autoTopUps),
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
      claimCampaign: this.mutation('claimCampaign', mutations.CLAIM_CALL),
      executeBatch: call(
        'executeBatch',
        'ledger:write',
        (request, asking) => this.batch(request, asking),
        BATCH_LIMIT_BYTES,
      ),
      configureAccount: unary('configureAccount', 'ledger:write', async (request, { asker }) => {
        const { account, overdraft_limits: limits, metadata, test_clock: clock } = request;
        const body = {
          ...(limits && { overdraft_limits: limits.amounts ?? {} }),
          ...(metadata && { metadata: metadata.values ?? {} }),
          ...(clock !== undefined && { test_clock: clock }),
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
      return reads.balance(asker, account, { ...query, ...moments({ as_of: asOf }) });
    }),
    listEntries: unary('listEntries', 'ledger:read', async ({ account = '', type, from, to, ...query }, { asker }) => {
      const filter = { ...query, ...word('type', ENTRY_TYPE.word(type)), ...moments({ from, to }) };
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
      return reads.explanation(asker, account, { ...query, ...moments({ from, to }) });
    }),
    listUsage: unary('listUsage', 'usage:read', async ({ account = '', group_by: by, ...query }, { asker }) => {
      const groupBy = by && { group_by: (by.names ?? []).join(',') };
      return reads.usage(asker, account, { ...query, ...groupBy });
    }),
    getStatement: unary('getStatement', 'ledger:read', async ({ account = '', from, to }, { asker }) => {
      return (await reads.statement(asker, account, moments({ from, to }))).text;
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
