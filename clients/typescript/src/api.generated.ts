// Written from openapi.json by `npm run openapi`; a test compares the two. Do not edit.

import { segment, type CallOptions, type KeyedCallOptions } from './call.js';
import type { Caller } from './caller.js';
import { List } from './list.js';
import type {
  Account,
  AdvanceTestClockRequest,
  AlertRule,
  AlertRuleRequest,
  AutoTopUp,
  AutoTopUpAttempt,
  AutoTopUpRequest,
  BalanceAnswer,
  BatchRequest,
  BatchResults,
  BegunTopUp,
  Campaign,
  ChangeWebhookEndpointRequest,
  ChargeRequest,
  Check,
  Checkpoint,
  Claim,
  ClaimRequest,
  CommitRequest,
  ConfigureRequest,
  ConsistencyProof,
  CreateKeyRequest,
  CreateTestClockRequest,
  CreateWebhookEndpointRequest,
  DeadJob,
  DecideMeterReportsRequest,
  DecidedReports,
  DefineCampaignRequest,
  DefinePlanRequest,
  DefineUnitRequest,
  Entry,
  EntryProof,
  Explanation,
  ExtendRequest,
  FinanceMonth,
  FreezeRequest,
  GrantRequest,
  Health,
  JobRun,
  Key,
  Lot,
  LotMutation,
  Member,
  MemberAnswer,
  MemberMutation,
  MeterReport,
  Mutation,
  NewKey,
  NewWebhookEndpoint,
  Pack,
  Plan,
  PlanVersion,
  PutPackRequest,
  PutRateCardRequest,
  RateCard,
  RateCardSimulation,
  RateCardSummary,
  RateCardWithVersions,
  Readiness,
  RebuildRequest,
  ReconcileStripeRequest,
  RefundEntryRequest,
  RefundReservationRequest,
  ReleaseRequest,
  ReplayEventsRequest,
  ReplayStripeEventsRequest,
  ReplayedEvents,
  Reservation,
  ReservationMutation,
  ReservationRelease,
  ReservationWithEntries,
  ReserveRequest,
  RetriedJob,
  RevokeRequest,
  RotateWebhookSecretRequest,
  Run,
  RunOrder,
  SetMemberRequest,
  SimulateRateCardRequest,
  SpendMutation,
  Statement,
  StripeEvent,
  StripeEventWithBody,
  StripeReplay,
  SubscribeRequest,
  SubscriptionAnswer,
  SubscriptionMutation,
  SubscriptionsAnswer,
  TestClock,
  TestWebhookEndpointRequest,
  TopUp,
  TopUpRequest,
  Unit,
  Usage,
  VerifyRequest,
  WaitingEvents,
  WebhookEndpoint,
  WebhookTest,
} from './schemas.generated.js';

/** Every call of the ledger's API. */
export class Api {
  constructor(protected readonly caller: Caller) {}

  /** Add credits to an account, as a lot of their own. */
  grant(account: string, request: GrantRequest, options: KeyedCallOptions = {}): Promise<LotMutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/grants`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Hold credits for work in flight. */
  reserve(account: string, request: ReserveRequest, options: KeyedCallOptions = {}): Promise<ReservationMutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/reservations`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** List an account's reservations, newest first. */
  listReservations(
    account: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      status?: 'open' | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Reservation> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/reservations`, query, repeatable: true },
      options,
    );
  }

  /** Spend credits at once, without a reservation. */
  charge(account: string, request: ChargeRequest, options: KeyedCallOptions = {}): Promise<SpendMutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/charges`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Refuse new work of an account; what is in flight goes on. */
  freeze(account: string, request: FreezeRequest = {}, options: KeyedCallOptions = {}): Promise<Mutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/freeze`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Take new work of an account again. */
  unfreeze(account: string, request: FreezeRequest = {}, options: KeyedCallOptions = {}): Promise<Mutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/unfreeze`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Spend (part of) a reservation. */
  commit(id: string, request: CommitRequest = {}, options: KeyedCallOptions = {}): Promise<ReservationMutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/reservations/${segment('id', id)}/commit`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** End a reservation without a spend. */
  release(id: string, request: ReleaseRequest = {}, options: KeyedCallOptions = {}): Promise<ReservationRelease> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/reservations/${segment('id', id)}/release`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Prolong a reservation, or let it grow, or both. */
  extend(id: string, request: ExtendRequest, options: KeyedCallOptions = {}): Promise<ReservationMutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/reservations/${segment('id', id)}/extend`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Give back credits that were spent of a reservation. */
  refundReservation(
    id: string,
    request: RefundReservationRequest = {},
    options: KeyedCallOptions = {},
  ): Promise<Mutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/reservations/${segment('id', id)}/refund`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Give back credits that one commit entry spent, a charge for example. */
  refundEntry(id: string, request: RefundEntryRequest = {}, options: KeyedCallOptions = {}): Promise<Mutation> {
    return this.caller.call(
      { method: 'POST', path: `/v1/entries/${segment('id', id)}/refund`, body: request, keyed: true, repeatable: true },
      options,
    );
  }

  /** Claim a campaign for an account. */
  claim(account: string, request: ClaimRequest, options: KeyedCallOptions = {}): Promise<LotMutation> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/claims`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Take credits back, in the name of a lot. */
  revoke(id: string, request: RevokeRequest = {}, options: KeyedCallOptions = {}): Promise<Mutation> {
    return this.caller.call(
      { method: 'POST', path: `/v1/lots/${segment('id', id)}/revoke`, body: request, keyed: true, repeatable: true },
      options,
    );
  }

  /** List accounts by id. */
  listAccounts(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Account> {
    return new List(this.caller, { method: 'GET', path: '/v1/accounts', query, repeatable: true }, options);
  }

  /** Read an account; one without entries reads as zeros. */
  getAccount(account: string, options: CallOptions = {}): Promise<Account> {
    return this.caller.call(
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}`, repeatable: true },
      options,
    );
  }

  /** Set overdraft limits and metadata. */
  configureAccount(account: string, request: ConfigureRequest = {}, options: CallOptions = {}): Promise<Mutation> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/accounts/${segment('account', account)}`, body: request, repeatable: true },
      options,
    );
  }

  /** Read balances, now or as of a moment. */
  getBalance(
    account: string,
    query: {
      /** What is counted. */
      unit?: string | undefined;
      /** Inclusive; not in the future. */
      as_of?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): Promise<BalanceAnswer> {
    return this.caller.call(
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/balance`, query, repeatable: true },
      options,
    );
  }

  /** Ask whether a reservation would be granted, without holding anything. */
  check(account: string, request: ReserveRequest, options: CallOptions = {}): Promise<Check> {
    return this.caller.call(
      { method: 'POST', path: `/v1/accounts/${segment('account', account)}/check`, body: request, repeatable: true },
      options,
    );
  }

  /** List an account's entries, newest first. */
  listEntries(
    account: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      type?:
        | 'grant'
        | 'reserve'
        | 'extend'
        | 'commit'
        | 'release'
        | 'expire'
        | 'refund'
        | 'revoke'
        | 'reinstate'
        | 'rollover'
        | 'subscribe'
        | 'configure'
        | 'freeze'
        | 'unfreeze'
        | undefined;
      /** What is counted. */
      unit?: string | undefined;
      /** Took effect then or later. */
      from?: string | undefined;
      /** Took effect then or earlier. */
      to?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Entry> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/entries`, query, repeatable: true },
      options,
    );
  }

  /** List an account's lots, newest first, those that are used up or over included. */
  listLots(
    account: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      /** What is counted. */
      unit?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Lot> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/lots`, query, repeatable: true },
      options,
    );
  }

  /** Read a reservation with its entries. */
  getReservation(id: string, options: CallOptions = {}): Promise<ReservationWithEntries> {
    return this.caller.call(
      { method: 'GET', path: `/v1/reservations/${segment('id', id)}`, repeatable: true },
      options,
    );
  }

  /** Tell how the balances changed between two moments, entry by entry. `text` is the same in plain words, to be pasted into a reply. At most 1,000 entries. */
  explainAccount(
    account: string,
    query: {
      /** Everything effective by then is in the opening balance; the beginning if left out. */
      from?: string | undefined;
      /** Inclusive, not in the future; now if left out. */
      to?: string | undefined;
      /** Only this unit, and the entries that move it. */
      unit?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): Promise<Explanation> {
    return this.caller.call(
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/explain`, query, repeatable: true },
      options,
    );
  }

  /** Tell what was spent and given back, by unit, day, member and properties. Properties are of the metadata of the commit, else of its reservation; which ones is the configuration of the service (`USAGE_PROPERTIES`), and their values count by their first 64 characters. Refunds count on their own day, under the properties of the commit. At most 366 days. */
  listUsage(
    account: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      /** In UTC, inclusive; 29 days before `to` if left out. */
      from?: string | undefined;
      /** In UTC, inclusive; today if left out. */
      to?: string | undefined;
      /** What is counted. */
      unit?: string | undefined;
      /** Names with commas between them: `day`, `member`, and the properties of USAGE_PROPERTIES. Empty: by unit alone. */
      group_by?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Usage> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/usage`, query, repeatable: true },
      options,
    );
  }

  /** Tell what an account had, what moved it day by day, and what it had then. With `format=csv`, or where the `Accept` header prefers it, the same as `text/csv`: rows of type `opening`, a row a line, rows of type `closing`. */
  getStatement(
    account: string,
    query: {
      /** Inclusive; the account's beginning if left out. */
      from?: string | undefined;
      /** Exclusive, not in the future; now, inclusive, if left out. */
      to?: string | undefined;
      format?: 'json' | 'csv' | undefined;
    } = {},
    options: CallOptions = {},
  ): Promise<Statement> {
    return this.caller.call(
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/statement`, query, repeatable: true },
      options,
    );
  }

  /** Read the newest signed checkpoint of the log of all entries. It is of the whole ledger, live and test, and tells nothing of it but how many entries there are. Check it with the public key that the operator published, not with one that comes the same way; keep its `note`. */
  getLatestCheckpoint(options: CallOptions = {}): Promise<Checkpoint> {
    return this.caller.call({ method: 'GET', path: '/v1/checkpoints/latest', repeatable: true }, options);
  }

  /** Prove that what was signed later goes on from what was signed before. */
  getConsistencyProof(
    query: {
      /** Size of the earlier checkpoint. */
      from: number;
      /** Size of the later one; the newest if left out. */
      to?: number | undefined;
    },
    options: CallOptions = {},
  ): Promise<ConsistencyProof> {
    return this.caller.call({ method: 'GET', path: '/v1/checkpoints/consistency', query, repeatable: true }, options);
  }

  /** Prove that an entry is under a signed checkpoint. Checked offline by `check-proof.mjs`; docs/evidence.md says how. It shows the entry, and nothing of other accounts. Ask again where no checkpoint has the entry yet: they are signed every few minutes. */
  getEntryProof(
    id: string,
    query: {
      /** Of the checkpoint to prove it under; the newest if left out. */
      size?: number | undefined;
    } = {},
    options: CallOptions = {},
  ): Promise<EntryProof> {
    return this.caller.call(
      { method: 'GET', path: `/v1/entries/${segment('id', id)}/proof`, query, repeatable: true },
      options,
    );
  }

  /** Send up to 1,000 commands; each has its own key and its own result. An account's commands take effect in their order. A refused command stops nothing. */
  batch(request: BatchRequest, options: CallOptions = {}): Promise<BatchResults> {
    return this.caller.call({ method: 'POST', path: '/v1/batch', body: request, repeatable: true }, options);
  }

  /** List units by name. */
  listUnits(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Unit> {
    return new List(this.caller, { method: 'GET', path: '/v1/units', query, repeatable: true }, options);
  }

  /** Define a unit; kind and scale of one in use never change. */
  defineUnit(unit: string, request: DefineUnitRequest, options: CallOptions = {}): Promise<Unit> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/units/${segment('unit', unit)}`, body: request, repeatable: true },
      options,
    );
  }

  /** List plans by id, as a pricing page needs them. Without a key: what is public and sold. With `ledger:read`: all that was ever published. With `config:write`: drafts too. */
  listPlans(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Plan> {
    return new List(this.caller, { method: 'GET', path: '/v1/plans', query, repeatable: true }, options);
  }

  /** Read a plan. Without a key: what is public and sold. With `ledger:read`: all that was ever published. With `config:write`: drafts too. */
  getPlan(plan: string, options: CallOptions = {}): Promise<Plan> {
    return this.caller.call({ method: 'GET', path: `/v1/plans/${segment('plan', plan)}`, repeatable: true }, options);
  }

  /** Save a draft of a plan, or publish its next version. What is published never changes: whoever subscribed keeps the version they have. Publishing what the newest version says already makes none; publishing an archived plan sells it again. */
  definePlan(plan: string, request: DefinePlanRequest, options: CallOptions = {}): Promise<Plan> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/plans/${segment('plan', plan)}`, body: request, repeatable: true },
      options,
    );
  }

  /** End the sale of a plan; whoever has it keeps it. */
  archivePlan(plan: string, options: CallOptions = {}): Promise<Plan> {
    return this.caller.call(
      { method: 'DELETE', path: `/v1/plans/${segment('plan', plan)}`, repeatable: true },
      options,
    );
  }

  /** List what was ever published of a plan, newest first. */
  listPlanVersions(
    plan: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<PlanVersion> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/plans/${segment('plan', plan)}/versions`, query, repeatable: true },
      options,
    );
  }

  /** List the subscriptions of an account, those that ended lately included. */
  listSubscriptions(account: string, options: CallOptions = {}): Promise<SubscriptionsAnswer> {
    return this.caller.call(
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/subscriptions`, repeatable: true },
      options,
    );
  }

  /** Start, renew or change a subscription. */
  putSubscription(
    account: string,
    subscription: string,
    request: SubscribeRequest,
    options: CallOptions = {},
  ): Promise<SubscriptionMutation> {
    return this.caller.call(
      {
        method: 'PUT',
        path: `/v1/accounts/${segment('account', account)}/subscriptions/${segment('subscription', subscription)}`,
        body: request,
        repeatable: true,
      },
      options,
    );
  }

  /** Read a subscription: its period, what it gives, how much of its limits is used. */
  getSubscription(account: string, subscription: string, options: CallOptions = {}): Promise<SubscriptionAnswer> {
    return this.caller.call(
      {
        method: 'GET',
        path: `/v1/accounts/${segment('account', account)}/subscriptions/${segment('subscription', subscription)}`,
        repeatable: true,
      },
      options,
    );
  }

  /** Cancel a subscription, with its period or now. */
  cancelSubscription(
    account: string,
    subscription: string,
    query: {
      /** When it ends. */
      at?: 'now' | 'period_end' | undefined;
    } = {},
    options: CallOptions = {},
  ): Promise<SubscriptionMutation> {
    return this.caller.call(
      {
        method: 'DELETE',
        path: `/v1/accounts/${segment('account', account)}/subscriptions/${segment('subscription', subscription)}`,
        query,
        repeatable: true,
      },
      options,
    );
  }

  /** List the members of an account by id, with what is used of their budgets. */
  listMembers(
    account: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      /** Only those directly below it. */
      parent?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Member> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/members`, query, repeatable: true },
      options,
    );
  }

  /** Put a member on record: who is above it, and its budgets. */
  putMember(
    account: string,
    member: string,
    request: SetMemberRequest = {},
    options: CallOptions = {},
  ): Promise<MemberMutation> {
    return this.caller.call(
      {
        method: 'PUT',
        path: `/v1/accounts/${segment('account', account)}/members/${segment('member', member)}`,
        body: request,
        repeatable: true,
      },
      options,
    );
  }

  /** Read a member: what is used of its budgets, and when they begin anew. */
  getMember(account: string, member: string, options: CallOptions = {}): Promise<MemberAnswer> {
    return this.caller.call(
      {
        method: 'GET',
        path: `/v1/accounts/${segment('account', account)}/members/${segment('member', member)}`,
        repeatable: true,
      },
      options,
    );
  }

  /** Take a member off the record; what it spent stays. */
  removeMember(account: string, member: string, options: CallOptions = {}): Promise<MemberMutation> {
    return this.caller.call(
      {
        method: 'DELETE',
        path: `/v1/accounts/${segment('account', account)}/members/${segment('member', member)}`,
        repeatable: true,
      },
      options,
    );
  }

  /** Have a page of Stripe made where the buyer pays for credits. Grants nothing: the credits come with the payment, whether or not the buyer comes back from its page. The same key and request again answer the same page. */
  beginTopUp(account: string, request: TopUpRequest, options: KeyedCallOptions = {}): Promise<BegunTopUp> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/accounts/${segment('account', account)}/top-ups`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Tell how far the checkout of a top-up is. */
  getTopUp(account: string, id: string, options: CallOptions = {}): Promise<TopUp> {
    return this.caller.call(
      {
        method: 'GET',
        path: `/v1/accounts/${segment('account', account)}/top-ups/${segment('id', id)}`,
        repeatable: true,
      },
      options,
    );
  }

  /** List packs by id. */
  listPacks(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Pack> {
    return new List(this.caller, { method: 'GET', path: '/v1/packs', query, repeatable: true }, options);
  }

  /** Read a pack. */
  getPack(pack: string, options: CallOptions = {}): Promise<Pack> {
    return this.caller.call({ method: 'GET', path: `/v1/packs/${segment('pack', pack)}`, repeatable: true }, options);
  }

  /** Say what a pack is, from the next top-up on. Shared by live and test. Top-ups that were begun keep what was agreed on. */
  putPack(pack: string, request: PutPackRequest, options: CallOptions = {}): Promise<Pack> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/packs/${segment('pack', pack)}`, body: request, repeatable: true },
      options,
    );
  }

  /** Read when credits of an account are bought by themselves, and how that fares. */
  getAutoTopUp(account: string, options: CallOptions = {}): Promise<AutoTopUp> {
    return this.caller.call(
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/auto-top-up`, repeatable: true },
      options,
    );
  }

  /** Have credits bought with the saved card when an account runs low. Begins anew, whatever had stopped it. The account is looked at at once: where it is low already, its card is charged. With `enabled` false nothing new is bought. */
  putAutoTopUp(account: string, request: AutoTopUpRequest, options: CallOptions = {}): Promise<AutoTopUp> {
    return this.caller.call(
      {
        method: 'PUT',
        path: `/v1/accounts/${segment('account', account)}/auto-top-up`,
        body: request,
        repeatable: true,
      },
      options,
    );
  }

  /** List campaigns by id. */
  listCampaigns(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Campaign> {
    return new List(this.caller, { method: 'GET', path: '/v1/campaigns', query, repeatable: true }, options);
  }

  /** Define a campaign, or change its terms for claims to come. */
  putCampaign(campaign: string, request: DefineCampaignRequest, options: CallOptions = {}): Promise<Campaign> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/campaigns/${segment('campaign', campaign)}`, body: request, repeatable: true },
      options,
    );
  }

  /** Read a campaign, with how often it was claimed. */
  getCampaign(campaign: string, options: CallOptions = {}): Promise<Campaign> {
    return this.caller.call(
      { method: 'GET', path: `/v1/campaigns/${segment('campaign', campaign)}`, repeatable: true },
      options,
    );
  }

  /** List who claimed a campaign, newest first. */
  listClaims(
    campaign: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Claim> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/campaigns/${segment('campaign', campaign)}/claims`, query, repeatable: true },
      options,
    );
  }

  /** List rate cards by id. */
  listRateCards(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<RateCardSummary> {
    return new List(this.caller, { method: 'GET', path: '/v1/rate-cards', query, repeatable: true }, options);
  }

  /** Read a version of a rate card, and which versions there are. */
  getRateCard(
    card: string,
    query: {
      /** The one in effect if left out; the newest where none is. */
      version?: number | undefined;
    } = {},
    options: CallOptions = {},
  ): Promise<RateCardWithVersions> {
    return this.caller.call(
      { method: 'GET', path: `/v1/rate-cards/${segment('card', card)}`, query, repeatable: true },
      options,
    );
  }

  /** Draft or publish prices; published versions never change. Publishing what is in effect already (or, with `effective_at`, what is published for that moment) answers that version: the call may be repeated. Of versions whose moment has come the latest prices events, of two with the same moment the newer. */
  putRateCard(card: string, request: PutRateCardRequest, options: CallOptions = {}): Promise<RateCard> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/rate-cards/${segment('card', card)}`, body: request, repeatable: true },
      options,
    );
  }

  /** Try prices on what was used in the past; changes nothing. At most 1,000 accounts, 50,000 events and 500,000 entries a call, and one call at a time on a replica. Spends count by what was committed. Whether a spend would have been refused counts every lot of the account, whatever it may be spent on. */
  simulateRateCard(
    card: string,
    request: SimulateRateCardRequest,
    options: CallOptions = {},
  ): Promise<RateCardSimulation> {
    return this.caller.call(
      { method: 'POST', path: `/v1/rate-cards/${segment('card', card)}/simulate`, body: request, repeatable: false },
      options,
    );
  }

  /** Tell month by month what became of the money that was paid for credits. By currency and category of the lots: recognised as credits are spent, breakage as they expire, revoked as they are taken back, deferred as long as they are there. Of live or test accounts, by the key's mode. With `Accept: text/csv` all of it at once, without `limit` and `after`. At most 120 months. */
  listFinanceMonths(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      /** In UTC, inclusive; 11 months before `to` if left out. */
      from?: string | undefined;
      /** In UTC, inclusive; this month if left out. */
      to?: string | undefined;
      /** Only this one. */
      currency?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<FinanceMonth> {
    return new List(this.caller, { method: 'GET', path: '/v1/finance/months', query, repeatable: true }, options);
  }

  /** Make a clock that stands until it is moved; test keys only. */
  createTestClock(request: CreateTestClockRequest, options: KeyedCallOptions = {}): Promise<TestClock> {
    return this.caller.call(
      { method: 'POST', path: '/v1/test-clocks', body: request, keyed: true, repeatable: true },
      options,
    );
  }

  /** List clocks in the order in which they were made. */
  listTestClocks(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<TestClock> {
    return new List(this.caller, { method: 'GET', path: '/v1/test-clocks', query, repeatable: true }, options);
  }

  /** Read a clock: its now, and whether it is on its way. */
  getTestClock(id: string, options: CallOptions = {}): Promise<TestClock> {
    return this.caller.call({ method: 'GET', path: `/v1/test-clocks/${segment('id', id)}`, repeatable: true }, options);
  }

  /** Move a clock forward, and let time do on the way what it does to the accounts that live by it. Answers when it is there. A way of many boundaries may be longer than the call: then `status` is `advancing`, it goes on by itself, and the same call waits for it again. */
  advanceTestClock(id: string, request: AdvanceTestClockRequest, options: KeyedCallOptions = {}): Promise<TestClock> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/test-clocks/${segment('id', id)}/advance`,
        body: request,
        keyed: true,
        repeatable: true,
      },
      options,
    );
  }

  /** Make an API key; its secret is shown this once. */
  createKey(request: CreateKeyRequest, options: CallOptions = {}): Promise<NewKey> {
    return this.caller.call({ method: 'POST', path: '/v1/keys', body: request, repeatable: false }, options);
  }

  /** List API keys by id, those revoked included; never their secrets. */
  listKeys(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Key> {
    return new List(this.caller, { method: 'GET', path: '/v1/keys', query, repeatable: true }, options);
  }

  /** Revoke an API key, at once and everywhere. */
  revokeKey(id: string, options: CallOptions = {}): Promise<Key> {
    return this.caller.call({ method: 'DELETE', path: `/v1/keys/${segment('id', id)}`, repeatable: true }, options);
  }

  /** List the rules for all accounts by name. */
  listAlertRules(options: CallOptions = {}): List<AlertRule> {
    return new List(this.caller, { method: 'GET', path: '/v1/alert-rules', repeatable: true }, options);
  }

  /** Read a rule for all accounts. */
  getAlertRule(rule: string, options: CallOptions = {}): Promise<AlertRule> {
    return this.caller.call(
      { method: 'GET', path: `/v1/alert-rules/${segment('rule', rule)}`, repeatable: true },
      options,
    );
  }

  /** Make or change a rule for all accounts. */
  putAlertRule(rule: string, request: AlertRuleRequest, options: CallOptions = {}): Promise<AlertRule> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/alert-rules/${segment('rule', rule)}`, body: request, repeatable: true },
      options,
    );
  }

  /** Delete a rule for all accounts. */
  deleteAlertRule(rule: string, options: CallOptions = {}): Promise<AlertRule> {
    return this.caller.call(
      { method: 'DELETE', path: `/v1/alert-rules/${segment('rule', rule)}`, repeatable: true },
      options,
    );
  }

  /** List an account's own rules by name. */
  listOwnAlertRules(account: string, options: CallOptions = {}): List<AlertRule> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/accounts/${segment('account', account)}/alert-rules`, repeatable: true },
      options,
    );
  }

  /** Read an account's own rule. */
  getOwnAlertRule(account: string, rule: string, options: CallOptions = {}): Promise<AlertRule> {
    return this.caller.call(
      {
        method: 'GET',
        path: `/v1/accounts/${segment('account', account)}/alert-rules/${segment('rule', rule)}`,
        repeatable: true,
      },
      options,
    );
  }

  /** Make or change an account's own rule, which comes before the one of this name for all accounts. */
  putOwnAlertRule(
    account: string,
    rule: string,
    request: AlertRuleRequest,
    options: CallOptions = {},
  ): Promise<AlertRule> {
    return this.caller.call(
      {
        method: 'PUT',
        path: `/v1/accounts/${segment('account', account)}/alert-rules/${segment('rule', rule)}`,
        body: request,
        repeatable: true,
      },
      options,
    );
  }

  /** Delete an account's own rule. */
  deleteOwnAlertRule(account: string, rule: string, options: CallOptions = {}): Promise<AlertRule> {
    return this.caller.call(
      {
        method: 'DELETE',
        path: `/v1/accounts/${segment('account', account)}/alert-rules/${segment('rule', rule)}`,
        repeatable: true,
      },
      options,
    );
  }

  /** Have events sent to a URL from now on; its secret is shown this once. */
  createWebhookEndpoint(request: CreateWebhookEndpointRequest, options: CallOptions = {}): Promise<NewWebhookEndpoint> {
    return this.caller.call(
      { method: 'POST', path: '/v1/webhook-endpoints', body: request, repeatable: false },
      options,
    );
  }

  /** List endpoints in the order in which they were made; never their secrets. */
  listWebhookEndpoints(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<WebhookEndpoint> {
    return new List(this.caller, { method: 'GET', path: '/v1/webhook-endpoints', query, repeatable: true }, options);
  }

  /** Read an endpoint: whether it is enabled, why not, and how it did last. */
  getWebhookEndpoint(id: string, options: CallOptions = {}): Promise<WebhookEndpoint> {
    return this.caller.call(
      { method: 'GET', path: `/v1/webhook-endpoints/${segment('id', id)}`, repeatable: true },
      options,
    );
  }

  /** Change an endpoint, disable it, or enable it again: then it is sent what it missed. */
  changeWebhookEndpoint(
    id: string,
    request: ChangeWebhookEndpointRequest,
    options: CallOptions = {},
  ): Promise<WebhookEndpoint> {
    return this.caller.call(
      { method: 'PUT', path: `/v1/webhook-endpoints/${segment('id', id)}`, body: request, repeatable: true },
      options,
    );
  }

  /** Delete an endpoint, and what waits for it. */
  deleteWebhookEndpoint(id: string, options: CallOptions = {}): Promise<WebhookEndpoint> {
    return this.caller.call(
      { method: 'DELETE', path: `/v1/webhook-endpoints/${segment('id', id)}`, repeatable: true },
      options,
    );
  }

  /** Make a new secret, shown this once; the ones before sign beside it for a while. */
  rotateWebhookSecret(
    id: string,
    request: RotateWebhookSecretRequest = {},
    options: CallOptions = {},
  ): Promise<NewWebhookEndpoint> {
    return this.caller.call(
      {
        method: 'POST',
        path: `/v1/webhook-endpoints/${segment('id', id)}/rotate-secret`,
        body: request,
        repeatable: false,
      },
      options,
    );
  }

  /** Send `endpoint.test` now, once, and tell what came of it. */
  testWebhookEndpoint(
    id: string,
    request: TestWebhookEndpointRequest = {},
    options: CallOptions = {},
  ): Promise<WebhookTest> {
    return this.caller.call(
      { method: 'POST', path: `/v1/webhook-endpoints/${segment('id', id)}/test`, body: request, repeatable: false },
      options,
    );
  }

  /** List accounts whose events wait for the endpoint, and why. */
  listWebhookBacklog(
    id: string,
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<WaitingEvents> {
    return new List(
      this.caller,
      { method: 'GET', path: `/v1/webhook-endpoints/${segment('id', id)}/backlog`, query, repeatable: true },
      options,
    );
  }

  /** Send events again, in order, with the ids and sequences they had. From a sequence of one account, or from a time, of everything that is kept: 30 days. */
  replayWebhookEvents(id: string, request: ReplayEventsRequest, options: CallOptions = {}): Promise<ReplayedEvents> {
    return this.caller.call(
      { method: 'POST', path: `/v1/webhook-endpoints/${segment('id', id)}/replay`, body: request, repeatable: false },
      options,
    );
  }

  /** List jobs that failed as often as they may be tried, the latest first. */
  listDeadJobs(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<DeadJob> {
    return new List(this.caller, { method: 'GET', path: '/v1/ops/jobs', query, repeatable: true }, options);
  }

  /** Tell when each recurring job ran last, and how it went. */
  listRecurringJobs(options: CallOptions = {}): List<JobRun> {
    return new List(this.caller, { method: 'GET', path: '/v1/ops/jobs/recurring', repeatable: true }, options);
  }

  /** Try a job again that had failed for good. */
  retryDeadJob(id: string, request: RunOrder, options: CallOptions = {}): Promise<RetriedJob> {
    return this.caller.call(
      { method: 'POST', path: `/v1/ops/jobs/${segment('id', id)}/retry`, body: request, repeatable: false },
      options,
    );
  }

  /** List Stripe's events, the latest first. */
  listStripeEvents(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      state?: 'received' | 'failed' | 'processed' | 'ignored' | 'dead' | undefined;
      /** Only those about this object, a payment intent for example. */
      subject?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<StripeEvent> {
    return new List(this.caller, { method: 'GET', path: '/v1/ops/stripe/events', query, repeatable: true }, options);
  }

  /** Read an event as Stripe sent it, and what came of it. */
  getStripeEvent(id: string, options: CallOptions = {}): Promise<StripeEventWithBody> {
    return this.caller.call(
      { method: 'GET', path: `/v1/ops/stripe/events/${segment('id', id)}`, repeatable: true },
      options,
    );
  }

  /** Work on events again, dead ones too, or tell what that would change. What took effect does not do so twice: a replay does what is still to be done. */
  replayStripeEvents(request: ReplayStripeEventsRequest, options: CallOptions = {}): Promise<StripeReplay> {
    return this.caller.call(
      { method: 'POST', path: '/v1/ops/stripe/events/replay', body: request, repeatable: false },
      options,
    );
  }

  /** List automatic top-ups of all accounts and what came of them, the latest first. */
  listAutoTopUpAttempts(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      state?: 'asking' | 'processing' | 'action_required' | 'paid' | 'declined' | 'canceled' | undefined;
      /** The caller's own id of an account, percent-encoded. */
      account?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<AutoTopUpAttempt> {
    return new List(
      this.caller,
      { method: 'GET', path: '/v1/ops/stripe/auto-top-ups', query, repeatable: true },
      options,
    );
  }

  /** List what is billed later and what came of its reports, the latest first. */
  listMeterReports(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
      state?: 'waiting' | 'failed' | 'reported' | 'refused' | 'unsure' | undefined;
      /** The caller's own id of an account, percent-encoded. */
      account?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<MeterReport> {
    return new List(this.caller, { method: 'GET', path: '/v1/ops/stripe/usage', query, repeatable: true }, options);
  }

  /** Report usage again that could not be reported, or note that Stripe has it. What is reported stays so. All of them or none. */
  decideMeterReports(request: DecideMeterReportsRequest, options: CallOptions = {}): Promise<DecidedReports> {
    return this.caller.call(
      { method: 'POST', path: '/v1/ops/stripe/usage/decide', body: request, repeatable: false },
      options,
    );
  }

  /** Compare what Stripe has of a span of time with the ledger, and repair what settling it anew puts right. A dry run unless `dry_run` is false. Answers at once; a worker does it, payment by payment and subscription by subscription, and whoever takes over after a kill goes on where it was. The run tells what differs. */
  reconcileStripe(request: ReconcileStripeRequest, options: CallOptions = {}): Promise<Run> {
    return this.caller.call(
      { method: 'POST', path: '/v1/ops/stripe/reconcile', body: request, repeatable: false },
      options,
    );
  }

  /** Fold every entry under every rule and compare all that is derived from them. Answers at once; a worker does it, in turn with other runs. Changes nothing. */
  verifyLedger(request: VerifyRequest, options: CallOptions = {}): Promise<Run> {
    return this.caller.call({ method: 'POST', path: '/v1/ops/verify', body: request, repeatable: false }, options);
  }

  /** Put what the entries say in the place of rows that differ, while the service goes on. A dry run unless `dry_run` is false. Answers at once; a worker does it, account by account, and whoever takes over after a kill goes on where it was. Entries, keys and facts are never changed; nothing is sent to anybody. */
  rebuildProjections(request: RebuildRequest, options: CallOptions = {}): Promise<Run> {
    return this.caller.call({ method: 'POST', path: '/v1/ops/rebuild', body: request, repeatable: false }, options);
  }

  /** List every use of an ops call, newest first: who, what, why, and what came of it. */
  listRuns(
    query: {
      limit?: number | undefined;
      /** `next_cursor` of the page before. */
      after?: string | undefined;
    } = {},
    options: CallOptions = {},
  ): List<Run> {
    return new List(this.caller, { method: 'GET', path: '/v1/ops/runs', query, repeatable: true }, options);
  }

  /** Read how far a run is, what it found, and what came of it. */
  getRun(id: string, options: CallOptions = {}): Promise<Run> {
    return this.caller.call({ method: 'GET', path: `/v1/ops/runs/${segment('id', id)}`, repeatable: true }, options);
  }

  /** End a run where it is; what it has rebuilt stays rebuilt. */
  cancelRun(id: string, request: RunOrder, options: CallOptions = {}): Promise<Run> {
    return this.caller.call(
      { method: 'POST', path: `/v1/ops/runs/${segment('id', id)}/cancel`, body: request, repeatable: false },
      options,
    );
  }

  /** Go on with a run that failed or was cancelled, where it was. */
  resumeRun(id: string, request: RunOrder, options: CallOptions = {}): Promise<Run> {
    return this.caller.call(
      { method: 'POST', path: `/v1/ops/runs/${segment('id', id)}/resume`, body: request, repeatable: false },
      options,
    );
  }

  /** As explainAccount, on record with who asked and why. */
  explainForOps(
    query: {
      /** The caller's own id of an account, percent-encoded. */
      account: string;
      /** As in explainAccount. */
      from?: string | undefined;
      /** Inclusive, not in the future; now if left out. */
      to?: string | undefined;
      /** Only this unit, and the entries that move it. */
      unit?: string | undefined;
      /** Why, in words; stays on record with who called. */
      reason: string;
    },
    options: CallOptions = {},
  ): Promise<Explanation> {
    return this.caller.call({ method: 'GET', path: '/v1/ops/explain', query, repeatable: true }, options);
  }

  /** The process runs. */
  livez(options: CallOptions = {}): Promise<Health> {
    return this.caller.call({ method: 'GET', path: '/livez', repeatable: true }, options);
  }

  /** The database answers, and the process is not stopping. */
  readyz(options: CallOptions = {}): Promise<Readiness> {
    return this.caller.call({ method: 'GET', path: '/readyz', repeatable: true }, options);
  }
}
