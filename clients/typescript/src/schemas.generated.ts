// Written from openapi.json by `npm run openapi`; a test compares the two. Do not edit.

export type Account = {
  account: string;
  /** Entries the account has. */
  seq: number;
  frozen: boolean;
  overdraft_limits: { [name: string]: AmountOut };
  metadata: { [name: string]: string };
  /** The clock it lives by. */
  test_clock?: string | undefined;
  balances: Balances;
  /** Null where the account has no entry yet. */
  created_at: string | null;
};

export type AccountPage = {
  data: Account[];
  has_more: boolean;
  next_cursor: string | null;
};

export type AdvanceTestClockRequest = {
  /** Not before its now, and at most 731 days after it. */
  to_at: string;
};

/** When to tell: of amount, percent and the two times it has one. */
export type AlertRule = {
  rule: string;
  /** Null where it is for all accounts. */
  account: string | null;
  unit: string;
  amount?: AmountOut | undefined;
  percent?: number | undefined;
  runs_out_within_seconds?: number | undefined;
  expires_within_seconds?: number | undefined;
  measure: 'unspent' | 'available';
  enabled: boolean;
};

export type AlertRulePage = {
  data: AlertRule[];
  has_more: boolean;
  next_cursor: string | null;
};

export type AlertRuleRequest = {
  /** What is counted. */
  unit?: string | undefined;
  /** Tell when what is left comes down to this. */
  amount?: string | undefined;
  /** Tell when what is left comes down to this share of what was unspent after the latest grant. */
  percent?: number | undefined;
  /** Tell when what is left lasts no longer than this, if spending goes on as in the last 24 hours. */
  runs_out_within_seconds?: number | undefined;
  /** Tell of each lot that expires within this, once. */
  expires_within_seconds?: number | undefined;
  /** `unspent` is available and held together: work in flight does not move it up and down. */
  measure?: 'unspent' | 'available' | undefined;
  /** False on an account's own rule silences the rule of this name for all accounts. */
  enabled?: boolean | undefined;
};

/** Decimal digits such as "12.5", no more of them after the point than the unit has; never rounded, never a number. */
export type Amount = string;

/** A canonical decimal: no trailing zeros. */
export type AmountOut = string;

/** Where a lot may be spent: every list given must contain what the spend has. */
export type AppliesTo = {
  meters?: string[] | undefined;
  models?: string[] | undefined;
  members?: string[] | undefined;
};

/** When credits are bought by themselves, and how that fares. */
export type AutoTopUp = {
  account: string;
  enabled: boolean;
  unit: string;
  threshold: string;
  measure: 'unspent' | 'available';
  pack?: string | undefined;
  amount?: string | undefined;
  target?: string | undefined;
  /** Of the limit, and of what is bought. */
  currency: string;
  monthly_limit: {
    amount: string;
    count: number;
  };
  cooldown_seconds: number;
  return_url: string;
  /** `action_required`: the owner of the card has to pay at `action.url`. `capped`: until the next month. `stopped`: `reason` tells why; put the policy again. */
  status: 'off' | 'ready' | 'charging' | 'action_required' | 'capped' | 'stopped';
  reason?:
    | {
        code: 'declined' | 'no_card' | 'payment_returned' | 'not_for_sale';
        message: string;
      }
    | undefined;
  action?:
    | {
        url: string;
        expires_at: string;
      }
    | undefined;
  /** Of one card in a row; the third is the last. */
  declines: number;
  /** Spent in this month of UTC, what is under way included. */
  this_month: {
    amount: string;
    count: number;
  };
  last_attempt?:
    | {
        id: string;
        status: 'asking' | 'processing' | 'action_required' | 'paid' | 'declined' | 'canceled';
        price: {
          amount: string;
          currency: string;
        };
        lots: {
          unit: string;
          amount: string;
          category: 'paid' | 'promotional';
        }[];
        code?: string | undefined;
        decline_code?: string | undefined;
        message?: string | undefined;
        created_at: string;
        settled_at?: string | undefined;
      }
    | undefined;
  updated_at: string;
};

/** One time that credits were bought because an account ran low. */
export type AutoTopUpAttempt = {
  id: string;
  mode: 'live' | 'test';
  account: string;
  pack: string;
  price: {
    amount: string;
    currency: string;
  };
  /** `asking`: Stripe is asked, or is about to be; `action_required`: the bank wants the owner of the card. */
  state: 'asking' | 'processing' | 'action_required' | 'paid' | 'declined' | 'canceled';
  /** The payment intent at Stripe, once it is known. */
  payment: string | null;
  /** Why it was declined, or given up. */
  code: string | null;
  decline_code: string | null;
  message: string | null;
  created_at: string;
  settled_at: string | null;
};

export type AutoTopUpAttemptPage = {
  data: AutoTopUpAttempt[];
  has_more: boolean;
  next_cursor: string | null;
};

export type AutoTopUpRequest = {
  enabled?: boolean | undefined;
  /** Buy when what is left comes down to so many credits. */
  threshold: string;
  /** `unspent` is available and held together: work in flight does not move it up and down. */
  measure?: 'unspent' | 'available' | undefined;
  pack?: string | undefined;
  /** Money each time, in the main unit; with currency. */
  amount?: string | undefined;
  /** Credits there are to be afterwards, what is owed paid; with currency. */
  target?: string | undefined;
  currency?: string | undefined;
  /** The most that is spent in a month of UTC. */
  monthly_limit: {
    /** Money, in the main unit of the currency of what is bought. */
    amount: string;
    /** Payments. */
    count?: number | undefined;
  };
  /** From the end of one attempt to the beginning of the next. */
  cooldown_seconds?: number | undefined;
  /** Where the owner of the card comes back to when he had to pay himself. */
  return_url: string;
};

/** granted = available + held + spent + expired + revoked - debt */
export type Balance = {
  available: AmountOut;
  held: AmountOut;
  debt: AmountOut;
  granted: AmountOut;
  spent: AmountOut;
  expired: AmountOut;
  revoked: AmountOut;
};

export type BalanceAnswer = {
  account: string;
  /** Entries the account has. */
  seq: number;
  as_of: string;
  balances: Balances;
};

/** By unit: every unit with an entry, and always `credits`. */
export type Balances = { [name: string]: Balance };

/** One command of a batch: the fields follow from its type. `id` is the caller's own and comes back with the result. */
export type BatchCommand = { id: string; idempotency_key: string } & (
  | ({ type: 'grant'; account: string } & GrantRequest)
  | ({ type: 'reserve'; account: string } & ReserveRequest)
  | ({ type: 'charge'; account: string } & ChargeRequest)
  | ({ type: 'commit'; reservation: string } & CommitRequest)
  | ({ type: 'release'; reservation: string } & ReleaseRequest)
  | ({ type: 'extend'; reservation: string } & ExtendRequest)
  | ({ type: 'refund'; reservation: string } & RefundReservationRequest)
  | ({ type: 'refund'; entry: string } & RefundEntryRequest)
  | ({ type: 'revoke'; lot: string } & RevokeRequest)
);

export type BatchRequest = {
  commands: BatchCommand[];
};

export type BatchResults = {
  results: {
    id: string;
    status: number;
    /** What the call's own path would have answered. */
    body: { [name: string]: unknown };
  }[];
};

export type BegunTopUp = {
  id: string;
  /** Where the buyer pays. */
  url: string;
};

/** At most so much each window, of the member and of all members below it. */
export type Budget = {
  /** What is counted. */
  unit: string;
  amount: Amount;
  window: BudgetWindow;
  /** Warns, and refuses nothing. */
  soft?: boolean | undefined;
};

/** Counts the member and all members below it. */
export type BudgetState = {
  unit: string;
  amount: AmountOut;
  window: {
    every: 'hour' | 'day' | 'week' | 'month' | 'year' | 'lifetime';
    count?: number | undefined;
    /** Where its windows are those of the calendar. */
    time_zone?: string | undefined;
    /** Where they are counted from then on. */
    anchor_at?: string | undefined;
  };
  soft: boolean;
  /** In the current window, what is held included. */
  used: AmountOut;
  /** What of that is held. */
  held: AmountOut;
  /** When the current window ends. */
  resets_at?: string | undefined;
};

/** When a budget begins anew: by the calendar, unless it has an anchor_at. */
export type BudgetWindow =
  | {
      every: 'hour' | 'day' | 'week' | 'month' | 'year';
      count?: number | undefined;
      /** Of the IANA database; for the anchor `calendar`, UTC if left out. */
      time_zone?: string | undefined;
      /** Windows are counted from then on, and not by the calendar. */
      anchor_at?: string | undefined;
    }
  | {
      every: 'lifetime';
    };

export type Campaign = {
  id: string;
  unit: string;
  /** For each claim. */
  amount: AmountOut;
  priority: number;
  /** Counted from the claim. */
  expires_after_seconds?: number | undefined;
  applies_to?: AppliesTo | undefined;
  starts_at?: string | undefined;
  ends_at?: string | undefined;
  most_claims?: number | undefined;
  /** So far, those on their way included. */
  claims: number;
  created_at: string;
};

export type CampaignPage = {
  data: Campaign[];
  has_more: boolean;
  next_cursor: string | null;
};

export type ChangeWebhookEndpointRequest = {
  /** https, port 443 or 8443, on the public internet. */
  url: string;
  description?: string | undefined;
  /** What it is told of; everything, and what will be added, if left out. */
  events?:
    | (
        | 'credits.granted'
        | 'credits.threshold_crossed'
        | 'credits.limit_reached'
        | 'credits.debt_incurred'
        | 'credits.debt_paid'
        | 'credits.expiring'
        | 'subscription.started'
        | 'subscription.renewed'
        | 'subscription.changed'
        | 'subscription.canceled'
        | 'subscription.resumed'
        | 'subscription.ended'
        | 'subscription.fell_back'
        | 'subscription.trial_ending'
        | 'auto_top_up.succeeded'
        | 'auto_top_up.declined'
        | 'auto_top_up.action_required'
        | 'auto_top_up.capped'
        | 'auto_top_up.stopped'
        | 'reservation.expired'
      )[]
    | undefined;
  /** As it is, if left out. What happens while it is false is sent afterwards. */
  enabled?: boolean | undefined;
};

/** Either `amount` of one `unit`, or `lines`, or `quantity` of a `meter`, which a rate card prices. */
export type ChargeRequest = {
  amount?: Amount | undefined;
  /** What is counted. */
  unit?: string | undefined;
  lines?: Line[] | undefined;
  /** Of the rate card: what is used. */
  meter?: string | undefined;
  /** How much: one amount, or amounts by kind. */
  quantity?: Quantity | { [name: string]: Quantity } | undefined;
  /** What prices and limits go by, such as `model`. Kept for ever: name nobody in them. */
  properties?: { [name: string]: string } | undefined;
  overage?: 'reject' | 'allow_available' | 'allow_debt' | undefined;
  /** Which member of the account it is for. */
  member?: string | undefined;
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
  metadata?: Metadata | undefined;
};

export type Check = {
  allowed: boolean;
  code?: string | undefined;
  shortfall?: Shortfall[] | undefined;
  warnings?: LimitWarning[] | undefined;
  balances: Balances;
  /** Entries the account has. */
  seq: number;
};

export type Checkpoint = {
  /** Which log it is of: the name of the key. */
  origin: string;
  /** How many entries it is about. */
  size: number;
  /** SHA-256, in base64. */
  root: string;
  /** As it was signed: https://c2sp.org/tlog-checkpoint. */
  note: string;
  signed_at: string;
};

export type Claim = {
  account: string;
  /** False while its credits are on their way. */
  granted: boolean;
  claimed_at: string;
};

export type ClaimPage = {
  data: Claim[];
  has_more: boolean;
  next_cursor: string | null;
};

export type ClaimRequest = {
  /** Of a campaign. */
  campaign: string;
  /** What there may be one claim of, over all accounts: a device, a hash of an address, an invitation. Compared as it is, kept as a hash. */
  key: string;
};

/** `amount` where the reservation has one line, or `lines`, or `quantity` where it was made by event: priced by the same version of the rate card. All that is left where there is none of them. */
export type CommitRequest = {
  amount?: Amount | undefined;
  lines?: Line[] | undefined;
  /** How much: one amount, or amounts by kind. */
  quantity?: Quantity | { [name: string]: Quantity } | undefined;
  /** On top of the reservation's, `model` for example. */
  properties?: { [name: string]: string } | undefined;
  /** `false` keeps the rest held. */
  final?: boolean | undefined;
  provider_cost?: Cost | undefined;
  metadata?: Metadata | undefined;
};

/** What is not given stays. */
export type ConfigureRequest = {
  /** How much debt commits may make, by unit. Replaces all of them. */
  overdraft_limits?: { [name: string]: Amount } | undefined;
  /** Replaces all of it. */
  metadata?: Metadata | undefined;
  /** The clock that the account lives by from its first entry on; of test keys only. */
  test_clock?: string | undefined;
};

export type ConsistencyProof = {
  format: 'credits-ledger/consistency/1';
  /** How many entries it is about. */
  from: number;
  /** How many entries it is about. */
  to: number;
  /** As in RFC 6962, section 2.1.2. */
  path: string[];
  /** The later one, as it was signed. */
  checkpoint: string;
};

/** Money, in the currency's main unit. */
export type Cost = {
  amount: string;
  currency: string;
};

export type CreateKeyRequest = {
  name: string;
  mode: 'live' | 'test';
  scopes: ('ledger:read' | 'ledger:write' | 'config:write' | 'billing:write' | 'usage:read' | 'keys:write' | 'ops')[];
  rate_limit_per_second?: number | undefined;
};

export type CreateTestClockRequest = {
  /** The time it begins at; it only moves forward. */
  now_at: string;
};

export type CreateWebhookEndpointRequest = {
  /** https, port 443 or 8443, on the public internet. */
  url: string;
  description?: string | undefined;
  /** What it is told of; everything, and what will be added, if left out. */
  events?:
    | (
        | 'credits.granted'
        | 'credits.threshold_crossed'
        | 'credits.limit_reached'
        | 'credits.debt_incurred'
        | 'credits.debt_paid'
        | 'credits.expiring'
        | 'subscription.started'
        | 'subscription.renewed'
        | 'subscription.changed'
        | 'subscription.canceled'
        | 'subscription.resumed'
        | 'subscription.ended'
        | 'subscription.fell_back'
        | 'subscription.trial_ending'
        | 'auto_top_up.succeeded'
        | 'auto_top_up.declined'
        | 'auto_top_up.action_required'
        | 'auto_top_up.capped'
        | 'auto_top_up.stopped'
        | 'reservation.expired'
      )[]
    | undefined;
};

/** A job that was tried as often as it may be. Its work is in the tables. */
export type DeadJob = {
  id: string;
  /** Of the recurring job. */
  name: string;
  /** The one thing of a run that failed; null where the run did. */
  item: string | null;
  attempts: number;
  error: string;
  created_at: string;
  failed_at: string;
};

export type DeadJobPage = {
  data: DeadJob[];
  has_more: boolean;
  next_cursor: string | null;
};

export type DecideMeterReportsRequest = {
  reports: string[];
  /** `report_again`: Stripe does not have them. `is_reported`: somebody saw them there. */
  decision: 'report_again' | 'is_reported';
  /** Why, in words; stays on record with who called. */
  reason: string;
};

export type DecidedReports = {
  reports: {
    id: string;
    result: string;
  }[];
};

/** Replaces all that was said of the campaign, for claims to come. */
export type DefineCampaignRequest = {
  amount: Amount;
  unit?: string | undefined;
  /** Lower burns first. */
  priority?: number | undefined;
  /** How long what is granted lives, from the claim on; for ever if left out. */
  expires_after_seconds?: number | undefined;
  applies_to?: AppliesTo | undefined;
  starts_at?: string | undefined;
  /** From then on nobody claims it any more. */
  ends_at?: string | undefined;
  /** Any number if left out. */
  most_claims?: number | undefined;
};

export type DefinePlanRequest = {
  name: string;
  description?: string | undefined;
  /** For a pricing page. */
  features?: string[] | undefined;
  /** Where it stands on a page: lower first. */
  order?: number | undefined;
  /** Whether anybody may read it, without a key. */
  public?: boolean | undefined;
  /** A plan with a price renews once it is paid; one without renews by itself. */
  prices?: PlanPrice[] | undefined;
  period?: PlanPeriod | undefined;
  grants?: PlanGrant[] | undefined;
  /** What a subscription may begin with. */
  trial?:
    | {
        days: number;
        /** Instead of the plan's; the same if left out. */
        grants?: PlanGrant[] | undefined;
      }
    | undefined;
  limits?: PlanLimit[] | undefined;
  /** How long what is left stays usable while a renewal is not paid; three days if left out. */
  renewal_grace_seconds?: number | undefined;
  /** Units in which no spend is refused for lack of credits. */
  arrears?: PlanArrears[] | undefined;
  /** The rate card that prices the events of whoever has the plan. */
  rate_card?: string | undefined;
  /** The plan without a price that follows when a subscription ends. */
  fallback?: string | undefined;
  metadata?: Metadata | undefined;
  /** True: the next version, for ever. False: a draft, which nothing sells. */
  publish?: boolean | undefined;
};

export type DefineUnitRequest = {
  /** `prepaid` can be bought and topped up; an `allowance` is given by a plan for a window. */
  kind: 'prepaid' | 'allowance';
  /** Digits after the point. */
  scale: number;
};

export type Entry = {
  id: string;
  account: string;
  seq: number;
  type:
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
    | 'unfreeze';
  /** Not on subscribe, configure, freeze and unfreeze. */
  unit?: string | undefined;
  amount?: AmountOut | undefined;
  /** How far each sum moves; what is not there does not. */
  deltas?:
    | {
        available?: string | undefined;
        held?: string | undefined;
        debt?: string | undefined;
        granted?: string | undefined;
        spent?: string | undefined;
        expired?: string | undefined;
        revoked?: string | undefined;
      }
    | undefined;
  lots?:
    | {
        lot: string;
        amount: AmountOut;
      }[]
    | undefined;
  reservation?: string | undefined;
  /** The entry that this one reverses. */
  refunds?: string | undefined;
  /** Which one a subscribe changes, or a grant is of. */
  subscription?: string | undefined;
  event?: PricedEvent | undefined;
  provider_cost?: Cost | undefined;
  reason?: string | undefined;
  member?: string | undefined;
  metadata?: { [name: string]: string } | undefined;
  effective_at: string;
  recorded_at: string;
};

export type EntryPage = {
  data: Entry[];
  has_more: boolean;
  next_cursor: string | null;
};

export type EntryProof = {
  format: 'credits-ledger/proof/1';
  entry: string;
  account: string;
  seq: number;
  /** Digits after the point in its unit. Not signed. */
  scale?: number | undefined;
  /** Its place in the log. */
  index: number;
  /** Its canonical bytes, as docs/evidence.md has them. */
  content: string;
  /** What the content holds by hash only, unless it was erased. */
  texts?:
    | {
        salt: string;
        reason?: string | undefined;
        metadata?: string | undefined;
        settings_metadata?: string | undefined;
      }
    | undefined;
  /** Beside the way to the root, lowest first. */
  path: string[];
  /** As it was signed: https://c2sp.org/tlog-checkpoint. */
  checkpoint: string;
};

/** opening + the steps' deltas = closing, unit by unit */
export type Explanation = {
  account: string;
  from: string;
  to: string;
  opening: { [name: string]: Balance };
  closing: { [name: string]: Balance };
  steps: {
    entry: Entry;
    /** Of the entry's unit, after it. */
    balance?: Balance | undefined;
  }[];
  /** In plain words. */
  text: string;
};

/** `unit` where the reservation has several lines. */
export type ExtendRequest = {
  /** Counted from now; never shortens. */
  ttl_seconds?: number | undefined;
  add_amount?: Amount | undefined;
  /** What is counted. */
  unit?: string | undefined;
};

/** In the currency's main unit, exact. deferred_at_start + paid = recognised + breakage + revoked + deferred_at_end */
export type FinanceMonth = {
  /** In UTC, of when what moved the money took effect. */
  month: string;
  currency: string;
  category: 'paid' | 'included' | 'promotional' | 'compensation';
  deferred_at_start: string;
  /** The cost of what was granted. */
  paid: string;
  /** For what was spent, less what was refunded of it. */
  recognised: string;
  /** How much refunds of spends took off `recognised`, which is lower by it already. */
  refunded: string;
  /** For what expired unspent. */
  breakage: string;
  /** For what was revoked, less what was reinstated: the money that went back. */
  revoked: string;
  /** For what is still there, under hold or not. */
  deferred_at_end: string;
};

export type FinanceMonthPage = {
  data: FinanceMonth[];
  has_more: boolean;
  next_cursor: string | null;
  /** All that was recorded earlier is in it. Null before a worker has run on this ledger. */
  complete_until: string | null;
};

export type FoundAtStripe = {
  kind:
    | 'missing_grant'
    | 'doubled'
    | 'wrong_amount'
    | 'unknown_payment'
    | 'refund_not_revoked'
    | 'revoked_too_much'
    | 'unfinished'
    | 'missing_period'
    | 'other_subscription'
    | 'usage_differs'
    | 'drift'
    | 'unclear';
  /** Of Stripe's: a payment intent, a Checkout Session, a subscription. */
  object: string;
  /** Null where nobody knows. */
  account: string | null;
  words: string;
  /** Whether settling it anew puts it right; the others are for people. */
  repairable: boolean;
  /** What was done about it, or why not; null where nothing was tried. */
  repair: {
    done: boolean;
    words: string;
  } | null;
};

export type FoundDifference = {
  mode: ('live' | 'test') | null;
  /** Null where nothing tells its name. */
  account: string | null;
  /** As in the tables. */
  account_no: number | null;
  /** The table. */
  place: string;
  field: string;
  /** What the entries say. */
  expected: string;
  found: string;
  /** Why the account was left as it is, where it was. */
  left: string | null;
};

export type FreezeRequest = {
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
};

export type GrantRequest = {
  amount: Amount;
  /** What is counted. */
  unit?: string | undefined;
  category?: 'paid' | 'included' | 'promotional' | 'compensation' | undefined;
  /** Lower burns first. */
  priority?: number | undefined;
  expires_at?: string | undefined;
  applies_to?: AppliesTo | undefined;
  cost?: Cost | undefined;
  /** The caller's own fact, an order's id for example: granted once per account, for ever. */
  reference?: string | undefined;
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
  metadata?: Metadata | undefined;
};

export type Health = {
  status: 'ok';
};

export type JobRun = {
  name: string;
  started_at: string;
  /** Of the last run that did all it had to. */
  succeeded_at: string | null;
  /** Runs in a row that did not. */
  failures: number;
  last_error: string | null;
};

export type JobRunPage = {
  data: JobRun[];
  has_more: boolean;
  next_cursor: string | null;
};

export type Key = {
  id: string;
  name: string;
  mode: 'live' | 'test';
  scopes: ('ledger:read' | 'ledger:write' | 'config:write' | 'billing:write' | 'usage:read' | 'keys:write' | 'ops')[];
  rate_limit_per_second: number | null;
  prefix: string;
  created_at: string;
  revoked_at: string | null;
};

export type KeyPage = {
  data: Key[];
  has_more: boolean;
  next_cursor: string | null;
};

/** A soft limit or budget that is exceeded: nothing is refused for that. */
export type LimitWarning = {
  limit: 'plan' | 'budget';
  unit: string;
  /** In its current window, what is held included. What a limit of a plan counts ends at its cap. */
  used: AmountOut;
  cap: AmountOut;
  resets_at?: string | undefined;
  /** Whose budget it is. */
  member?: string | undefined;
};

export type Line = {
  /** What is counted. */
  unit: string;
  amount: Amount;
};

export type Lot = {
  id: string;
  unit: string;
  category: 'paid' | 'included' | 'promotional' | 'compensation';
  priority: number;
  granted: AmountOut;
  remaining: AmountOut;
  held: AmountOut;
  expires_at: string | null;
  applies_to?: AppliesTo | undefined;
  cost?: Cost | undefined;
  created_at: string;
};

export type LotMutation = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
  lot?: Lot | undefined;
};

export type LotPage = {
  data: Lot[];
  has_more: boolean;
  next_cursor: string | null;
};

export type Member = {
  id: string;
  parent?: string | undefined;
  budgets: BudgetState[];
};

export type MemberAnswer = {
  account: string;
  /** Entries the account has. */
  seq: number;
  member: Member;
};

export type MemberMutation = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
  member?: Member | undefined;
};

export type MemberPage = {
  data: Member[];
  has_more: boolean;
  next_cursor: string | null;
};

/** At most 50 strings of the caller's own. */
export type Metadata = { [name: string]: string };

/** What of an entry is billed later, by a meter of Stripe. */
export type MeterReport = {
  /** What Stripe knows it by: the id of the entry, with a number where it has several. */
  id: string;
  mode: 'live' | 'test';
  account: string;
  subscription: string;
  /** The `event_name` of the meter. */
  meter: string;
  unit: string;
  /** As the meter gets it: in the smallest parts of the unit, negative for what was given back. */
  quantity: string;
  /** `waiting` and `failed` are tried (again); `refused`: Stripe does not have it; `unsure`: it may have it, look there. */
  state: 'waiting' | 'failed' | 'reported' | 'refused' | 'unsure';
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
  customer: string | null;
  used_at: string;
  settled_at: string | null;
};

export type MeterReportPage = {
  data: MeterReport[];
  has_more: boolean;
  next_cursor: string | null;
};

export type Mutation = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
};

export type NewKey = {
  id: string;
  name: string;
  mode: 'live' | 'test';
  scopes: ('ledger:read' | 'ledger:write' | 'config:write' | 'billing:write' | 'usage:read' | 'keys:write' | 'ops')[];
  rate_limit_per_second: number | null;
  prefix: string;
  created_at: string;
  /** Shown this once. */
  secret: string;
};

export type NewWebhookEndpoint = {
  id: string;
  mode: 'live' | 'test';
  url: string;
  description: string;
  /** Null for everything. */
  events:
    | (
        | 'credits.granted'
        | 'credits.threshold_crossed'
        | 'credits.limit_reached'
        | 'credits.debt_incurred'
        | 'credits.debt_paid'
        | 'credits.expiring'
        | 'subscription.started'
        | 'subscription.renewed'
        | 'subscription.changed'
        | 'subscription.canceled'
        | 'subscription.resumed'
        | 'subscription.ended'
        | 'subscription.fell_back'
        | 'subscription.trial_ending'
        | 'auto_top_up.succeeded'
        | 'auto_top_up.declined'
        | 'auto_top_up.action_required'
        | 'auto_top_up.capped'
        | 'auto_top_up.stopped'
        | 'reservation.expired'
      )[]
    | null;
  enabled: boolean;
  /** `gone`: it answered 410; `failing`: it took nothing for days. */
  disabled_because: ('asked' | 'gone' | 'failing') | null;
  disabled_at: string | null;
  last_success_at: string | null;
  last_failure_at: string | null;
  last_failure: string | null;
  /** Those that sign, the newest first. */
  secrets: {
    expires_at: string | null;
  }[];
  created_at: string;
  /** Shown this once. */
  secret: string;
};

/** Credits for money: so many for a price, or as many as the buyer chooses. */
export type Pack = {
  id: string;
  name: string;
  active: boolean;
  unit: string;
  priority: number;
  expires_after_seconds?: number | undefined;
  amount?: string | undefined;
  price?:
    | {
        amount: string;
        currency: string;
      }
    | undefined;
  bonus?:
    | {
        amount: string;
        expires_after_seconds?: number | undefined;
      }
    | undefined;
  stripe_price?: string | undefined;
  open?:
    | {
        currency: string;
        credits_per_unit: string;
        least: string;
        most: string;
      }
    | undefined;
  connect?:
    | {
        destination: string;
        application_fee?: string | undefined;
      }
    | undefined;
  automatic_tax: boolean;
  promotion_codes: boolean;
  updated_at: string;
};

export type PackPage = {
  data: Pack[];
  has_more: boolean;
  next_cursor: string | null;
};

export type Plan = {
  id: string;
  /** The one that is sold; null where none was published. */
  version: number | null;
  published_at: string | null;
  /** Since when it is not sold any more. */
  archived_at: string | null;
  /** Of that version. */
  definition: PlanDefinition | null;
  /** Only for keys with config:write. */
  draft?: PlanDefinition | null | undefined;
  draft_saved_at?: string | null | undefined;
};

/** What a spend lacks in the unit is lent to it, and billed later. */
export type PlanArrears = {
  /** Prepaid. */
  unit: string;
  /** The `event_name` of the meter at Stripe that what is used is reported to. */
  meter: string;
};

/** What a plan shows, costs and gives. */
export type PlanDefinition = {
  name: string;
  description?: string | undefined;
  /** For a pricing page. */
  features?: string[] | undefined;
  /** Where it stands on a page: lower first. */
  order?: number | undefined;
  /** Whether anybody may read it, without a key. */
  public?: boolean | undefined;
  /** A plan with a price renews once it is paid; one without renews by itself. */
  prices?: PlanPrice[] | undefined;
  period?: PlanPeriod | undefined;
  grants?: PlanGrant[] | undefined;
  /** What a subscription may begin with. */
  trial?:
    | {
        days: number;
        /** Instead of the plan's; the same if left out. */
        grants?: PlanGrant[] | undefined;
      }
    | undefined;
  limits?: PlanLimit[] | undefined;
  /** How long what is left stays usable while a renewal is not paid; three days if left out. */
  renewal_grace_seconds?: number | undefined;
  /** Units in which no spend is refused for lack of credits. */
  arrears?: PlanArrears[] | undefined;
  /** The rate card that prices the events of whoever has the plan. */
  rate_card?: string | undefined;
  /** The plan without a price that follows when a subscription ends. */
  fallback?: string | undefined;
  metadata?: Metadata | undefined;
};

/** Given once each period. */
export type PlanGrant = {
  /** What is counted. */
  unit: string;
  amount: Amount;
  /** Lower burns first. */
  priority?: number | undefined;
  rollover?: PlanRollover | undefined;
  applies_to?: AppliesTo | undefined;
};

/** At most so much each window. */
export type PlanLimit = {
  /** An allowance: what this limit counts. */
  unit: string;
  amount: Amount;
  window: PlanWindow;
  /** Warns, and refuses nothing. */
  soft?: boolean | undefined;
  /** Events that fit any of these count against it. */
  match?: PlanMatch[] | undefined;
  /** What of an event that matches counts: that it happened, or its quantity. */
  counts?: 'events' | 'quantity' | undefined;
};

/** Events that fit all that is given. */
export type PlanMatch = {
  meters?: string[] | undefined;
  models?: string[] | undefined;
  properties?: { [name: string]: string } | undefined;
};

export type PlanPage = {
  data: Plan[];
  has_more: boolean;
  next_cursor: string | null;
};

/** How long a period is. */
export type PlanPeriod = {
  every: 'hour' | 'day' | 'week' | 'month' | 'year';
  count?: number | undefined;
  /** Counted from the moment the subscription began, or by the calendar. */
  anchor?: 'subscription' | 'calendar' | undefined;
  /** Of the IANA database; for the anchor `calendar`, UTC if left out. */
  time_zone?: string | undefined;
};

/** Money for one period, in the currency's main unit. */
export type PlanPrice = {
  amount: string;
  currency: string;
  stripe_price?: string | undefined;
};

/** What of a period that is over goes on into the next. */
export type PlanRollover =
  | {
      carry: 'none';
    }
  | {
      carry: 'all';
      /** Counted from the end of the period it comes from. */
      expires_after_seconds?: number | undefined;
      /** It lives through so many periods. */
      periods?: number | undefined;
    }
  | {
      carry: 'cap';
      /** Of what is left; the share is rounded down. */
      percent?: number | undefined;
      /** The most that is carried together. */
      amount?: Amount | undefined;
      /** Counted from the end of the period it comes from. */
      expires_after_seconds?: number | undefined;
      /** It lives through so many periods. */
      periods?: number | undefined;
    };

/** Never changes. */
export type PlanVersion = {
  version: number;
  published_at: string;
  /** The id of an API key, or user@host of the command line. */
  published_by: string;
  definition: PlanDefinition;
};

export type PlanVersionPage = {
  data: PlanVersion[];
  has_more: boolean;
  next_cursor: string | null;
};

/** When a limit begins anew. */
export type PlanWindow =
  | {
      every: 'hour' | 'day' | 'week' | 'month' | 'year';
      count?: number | undefined;
      /** Counted from the moment the subscription began, or by the calendar. */
      anchor?: 'subscription' | 'calendar' | undefined;
      /** Of the IANA database; for the anchor `calendar`, UTC if left out. */
      time_zone?: string | undefined;
    }
  | {
      /** The subscription's period, or all the time there is. */
      every: 'billing_period' | 'lifetime';
    };

/** What was used, and what which version of a rate card made of it; on the first entry of a call by event. */
export type PricedEvent = {
  meter: string;
  quantity: string | { [name: string]: string };
  properties: { [name: string]: string };
  card: string;
  version: number;
  lines: {
    unit: string;
    amount: AmountOut;
  }[];
};

export type Problem = {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  /** True where the same request may succeed unchanged. */
  retryable: boolean;
  errors?:
    | {
        location: string;
        message: string;
      }[]
    | undefined;
  shortfall?: Shortfall[] | undefined;
  reservation?: Reservation | undefined;
  /** The first entry of what took effect before. */
  entry?: string | undefined;
  /** Why Stripe refused, in its own codes. */
  stripe?:
    | {
        code?: string | undefined;
        request_id?: string | undefined;
      }
    | undefined;
};

export type PutPackRequest = {
  /** What the buyer sees. */
  name: string;
  active?: boolean | undefined;
  /** What is counted. */
  unit?: string | undefined;
  /** Lower burns first. */
  priority?: number | undefined;
  /** From the moment it is paid; never, if left out. */
  expires_after_seconds?: number | undefined;
  /** Of a pack with a price. */
  amount?: string | undefined;
  /** Of a pack with an amount. */
  price?:
    | {
        amount: string;
        currency: string;
      }
    | undefined;
  /** Comes on top, as a lot of its own. */
  bonus?:
    | {
        amount: string;
        /** From the moment it is paid; never, if left out. */
        expires_after_seconds?: number | undefined;
      }
    | undefined;
  /** A price of Stripe, which then says what is to be paid. */
  stripe_price?: string | undefined;
  /** In place of amount and price: the buyer chooses how much money. */
  open?:
    | {
        currency: string;
        credits_per_unit: string;
        least: string;
        most: string;
      }
    | undefined;
  /** The money goes to a connected account. */
  connect?:
    | {
        destination: string;
        /** What stays with us, in the main unit. */
        application_fee?: string | undefined;
      }
    | undefined;
  automatic_tax?: boolean | undefined;
  promotion_codes?: boolean | undefined;
};

export type PutRateCardRequest = {
  name?: string | undefined;
  /** Where prices come from, and of when they are. */
  description?: string | undefined;
  /** Of an event's cost to what its unit can say, once; a charge may have its own. */
  rounding: 'up' | 'down' | 'half_up' | 'half_even';
  meters: { [name: string]: RateMeter };
  /** A published version never changes. Without: a draft, in the place of the one before. */
  publish?: boolean | undefined;
  /** From when on it prices events; now if left out. Not in the past. */
  effective_at?: string | undefined;
};

/** A decimal, at most 9 digits after the point. Or an integer. */
export type Quantity = string | number;

export type Rate =
  | RatePrice
  | {
      /** Each part of the quantity at the price of its step. */
      graduated: {
        /** Inclusive; the last step has none. */
        up_to?: Quantity | undefined;
        price: RatePrice;
        /** Once, where any of the quantity falls into this step. */
        flat?: RatePrice | undefined;
      }[];
    }
  | {
      /** All of the quantity at the price of the step it reaches. */
      volume: {
        /** Inclusive; the last step has none. */
        up_to?: Quantity | undefined;
        price: RatePrice;
        /** Once, where any of the quantity falls into this step. */
        flat?: RatePrice | undefined;
      }[];
    };

export type RateCard = {
  id: string;
  version: number;
  status: 'draft' | 'published';
  published_at: string | null;
  /** From when on it prices events, until a later one does. */
  effective_at: string | null;
  name?: string | undefined;
  /** Where prices come from, and of when they are. */
  description?: string | undefined;
  /** Of an event's cost to what its unit can say, once; a charge may have its own. */
  rounding: 'up' | 'down' | 'half_up' | 'half_even';
  meters: { [name: string]: RateMeter };
};

export type RateCardSimulation = {
  id: string;
  version: number;
  over: string;
  from: string;
  to: string;
  total: {
    /** That spent: commits and charges. */
    events: number;
    /** By unit, what they cost. */
    actual: { [name: string]: string };
    /** By unit, what they would have cost. */
    candidate: { [name: string]: string };
  };
  /** The hundred with most events. */
  by_meter: {
    meter: string;
    model: string | null;
    /** That spent: commits and charges. */
    events: number;
    /** By unit, what they cost. */
    actual: { [name: string]: string };
    /** By unit, what they would have cost. */
    candidate: { [name: string]: string };
  }[];
  /** By currency, what the commits among them say the provider took. */
  provider_costs: { [name: string]: string };
  /** Events that the candidate has no price for; they are in no sum. */
  unpriced: {
    events: number;
    first: {
      account: string;
      seq: number;
      meter: string;
      message: string;
    }[];
  };
  /** Reservations and charges that the account could not have paid for, all else equal. */
  refused: {
    spends: number;
    accounts: number;
    first: {
      account: string;
      seq: number;
      unit: string;
      required: string;
      available: string;
    }[];
  };
};

export type RateCardSummary = {
  id: string;
  name?: string | undefined;
  version_in_effect: number | null;
  newest_version: number;
  draft_version: number | null;
};

export type RateCardSummaryPage = {
  data: RateCardSummary[];
  has_more: boolean;
  next_cursor: string | null;
};

export type RateCardWithVersions = {
  id: string;
  version: number;
  status: 'draft' | 'published';
  published_at: string | null;
  /** From when on it prices events, until a later one does. */
  effective_at: string | null;
  name?: string | undefined;
  /** Where prices come from, and of when they are. */
  description?: string | undefined;
  /** Of an event's cost to what its unit can say, once; a charge may have its own. */
  rounding: 'up' | 'down' | 'half_up' | 'half_even';
  meters: { [name: string]: RateMeter };
  /** What prices events now. */
  version_in_effect: number | null;
  /** The newest hundred, newest first. */
  versions: {
    version: number;
    status: 'draft' | 'published';
    published_at: string | null;
    /** From when on it prices events, until a later one does. */
    effective_at: string | null;
  }[];
};

export type RateCharge = {
  unit: string;
  /** How much of the quantity a rate is for: `1000000` for a price per million. */
  per?: Quantity | undefined;
  /** The least that an event costs. */
  minimum?: RatePrice | undefined;
  rounding?: 'up' | 'down' | 'half_up' | 'half_even' | undefined;
  /** The first that matches counts. */
  prices: RateRule[];
};

export type RateMeter = {
  description?: string | undefined;
  /** One for each unit an event costs. */
  charges: RateCharge[];
};

/** A decimal, exact to 18 digits after the point; it need not fit the unit's scale. Or an integer. */
export type RatePrice = string | number;

export type RateRule = {
  /** Every property named must be there and match; `gpt-5*` any that begins so. Without: any event. */
  match?: { [name: string]: string } | undefined;
  /** Once an event. */
  base?: RatePrice | undefined;
  /** Where the quantity is one amount. */
  rate?: Rate | undefined;
  /** By kind, where the quantity is amounts by kind. */
  rates?: { [name: string]: Rate } | undefined;
};

export type Readiness = {
  /** degraded: send requests, and look at the rest. */
  status: 'ok' | 'degraded';
  job_queue: 'ok' | 'away';
};

export type RebuildRequest = {
  /** This account only. */
  account?: string | undefined;
  /** Only the entries that had taken effect by then. */
  until?: string | undefined;
  /** Only the entries up to this position. */
  until_position?: number | undefined;
  /** Only the account's entries up to this one. */
  until_seq?: number | undefined;
  /** Why, in words; stays on record with who called. */
  reason: string;
  /** Only tell what would be rebuilt. */
  dry_run?: boolean | undefined;
  /** Also rebuild accounts whose rows tell of more entries than there are. */
  trust_entries?: boolean | undefined;
};

export type ReconcileStripeRequest = {
  /** What Stripe has from then on; included. */
  from: string;
  /** Excluded, at most 400 days later; now if left out. */
  to?: string | undefined;
  /** Only tell what differs. */
  dry_run?: boolean | undefined;
  /** Why, in words; stays on record with who called. */
  reason: string;
};

/** Without `amount` all that is not yet refunded. */
export type RefundEntryRequest = {
  amount?: Amount | undefined;
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
};

/** Without `amount` all that was committed, of `unit` or of every unit, and not yet refunded. */
export type RefundReservationRequest = {
  amount?: Amount | undefined;
  /** What is counted. */
  unit?: string | undefined;
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
};

export type ReleaseRequest = {
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
};

export type ReplayEventsRequest = {
  /** Of this account only. */
  account?: string | undefined;
  /** From the account's event with this sequence on. */
  from_sequence?: number | undefined;
  /** From what was to be sent from then on. */
  from?: string | undefined;
  /** Why, in words; stays on record with who called. */
  reason: string;
};

export type ReplayStripeEventsRequest = {
  events: string[];
  /** Only tell what would change. */
  dry_run?: boolean | undefined;
  /** Why, in words; stays on record with who called. */
  reason: string;
};

/** How many events of how many accounts are sent now, those included that waited anyway. */
export type ReplayedEvents = {
  accounts: number;
  events: number;
};

export type Reservation = {
  id: string;
  account: string;
  status: 'open' | 'closed' | 'expired';
  lines: {
    unit: string;
    reserved: AmountOut;
    committed: AmountOut;
    released: AmountOut;
    refunded: AmountOut;
  }[];
  expires_at: string;
  overage: 'reject' | 'allow_available' | 'allow_debt';
  late: 'reject' | 'charge';
  member?: string | undefined;
  metadata?: { [name: string]: string } | undefined;
  created_at: string;
};

export type ReservationMutation = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
  reservation: Reservation;
  warnings?: LimitWarning[] | undefined;
};

export type ReservationPage = {
  data: Reservation[];
  has_more: boolean;
  next_cursor: string | null;
};

export type ReservationRelease = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
  reservation: Reservation;
};

export type ReservationWithEntries = {
  id: string;
  account: string;
  status: 'open' | 'closed' | 'expired';
  lines: {
    unit: string;
    reserved: AmountOut;
    committed: AmountOut;
    released: AmountOut;
    refunded: AmountOut;
  }[];
  expires_at: string;
  overage: 'reject' | 'allow_available' | 'allow_debt';
  late: 'reject' | 'charge';
  member?: string | undefined;
  metadata?: { [name: string]: string } | undefined;
  created_at: string;
  entries: Entry[];
};

/** Either `amount` of one `unit`, or `lines`, or `quantity` of a `meter`, which a rate card prices. */
export type ReserveRequest = {
  amount?: Amount | undefined;
  /** What is counted. */
  unit?: string | undefined;
  lines?: Line[] | undefined;
  /** Of the rate card: what is used. */
  meter?: string | undefined;
  /** How much: one amount, or amounts by kind. */
  quantity?: Quantity | { [name: string]: Quantity } | undefined;
  /** What prices and limits go by, such as `model`. Kept for ever: name nobody in them. */
  properties?: { [name: string]: string } | undefined;
  ttl_seconds?: number | undefined;
  grace_seconds?: number | undefined;
  overage?: 'reject' | 'allow_available' | 'allow_debt' | undefined;
  late?: 'reject' | 'charge' | undefined;
  /** Which member of the account it is for. */
  member?: string | undefined;
  metadata?: Metadata | undefined;
};

export type RetriedJob = {
  id: string;
  status: 'waiting';
};

/** Without `amount` what is left of the lot. */
export type RevokeRequest = {
  amount?: Amount | undefined;
  /** Why, in words; kept on the entry. */
  reason?: string | undefined;
};

export type RotateWebhookSecretRequest = {
  /** For how long the secrets before sign as well. */
  overlap_seconds?: number | undefined;
};

/** One use of an ops call. */
export type Run = {
  id: string;
  action: string;
  arguments: { [name: string]: unknown };
  /** The id of an API key, or user@host of the command line. */
  actor: string;
  reason: string | null;
  /** `recorded`: it was over with its call. */
  state: 'recorded' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  requested_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Objects, of a reconciliation with Stripe; else entries. */
  progress:
    | (
        | {
            entries: number;
            entries_expected: number;
          }
        | {
            objects: number;
            objects_expected: number;
          }
      )
    | null;
  /** What came of it so far. */
  result:
    | (
        | {
            accounts: number;
            entries: number;
            accounts_that_differ: number;
            differences: number;
            accounts_rebuilt: number;
            /** That differ and could not be rebuilt. */
            accounts_left: number;
            first_differences: FoundDifference[];
            /** Why it failed. */
            error?: string | undefined;
          }
        | {
            /** Of Stripe's, compared so far; all that was reported to meters is one. */
            objects: number;
            differences: number;
            repaired: number;
            first_differences: FoundAtStripe[];
            /** Why it failed. */
            error?: string | undefined;
          }
      )
    | null;
  /** Why nothing happens, where nothing does. */
  notice?: string | undefined;
};

export type RunOrder = {
  /** Why, in words; stays on record with who called. */
  reason: string;
};

export type RunPage = {
  data: Run[];
  has_more: boolean;
  next_cursor: string | null;
};

/** Replaces all that was said of the member; what was spent in a window that stays the same still counts. */
export type SetMemberRequest = {
  /** The member above it, whose budgets count too. */
  parent?: string | undefined;
  budgets?: Budget[] | undefined;
};

/** Counts only the lots the spend may use. */
export type Shortfall = {
  unit: string;
  required: AmountOut;
  available: AmountOut;
  held: AmountOut;
  open_reservations: number;
  next_release_at?: string | undefined;
  /** Of a limit, in its current window, what is held included. */
  used?: AmountOut | undefined;
  /** Of a limit. */
  cap?: AmountOut | undefined;
  /** When the window of a limit ends, or the next period gives more of an allowance. */
  resets_at?: string | undefined;
  /** Of a plan, or a member's budget that has no room: then `available` is what room there is, and `held` what other reservations have of it. */
  limit?: 'plan' | 'budget' | undefined;
  /** Whose budget it is. */
  member?: string | undefined;
};

export type SimulateRateCardRequest = {
  /** Which prices to try; the draft if left out, or the newest where there is none. */
  version?: number | undefined;
  /** Whose events: those that this card priced. The card itself if left out. */
  over?: string | undefined;
  /** Only this account; all of them if left out. */
  account?: string | undefined;
  /** Inclusive. */
  from: string;
  /** Exclusive. */
  to: string;
};

export type SpendMutation = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
  warnings?: LimitWarning[] | undefined;
};

/** opening + the lines' deltas = closing, unit by unit */
export type Statement = {
  account: string;
  from: string;
  to: string;
  opening: { [name: string]: Balance };
  lines: {
    day: string;
    unit: string;
    type:
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
      | 'unfreeze';
    entries: number;
    /** How far each sum moves; what is not there does not. */
    deltas: {
      available?: string | undefined;
      held?: string | undefined;
      debt?: string | undefined;
      granted?: string | undefined;
      spent?: string | undefined;
      expired?: string | undefined;
      revoked?: string | undefined;
    };
  }[];
  closing: { [name: string]: Balance };
};

export type StripeEvent = {
  id: string;
  mode: 'live' | 'test';
  stripe_account: string | null;
  type: string;
  /** The object of Stripe that is looked at because of it. */
  subject: {
    kind: 'payment' | 'session' | 'refund' | 'dispute' | 'charge' | 'invoice' | 'subscription';
    id: string;
  } | null;
  /** `failed` is tried again, `dead` is not; `ignored` has nothing to do with credits. */
  state: 'received' | 'failed' | 'processed' | 'ignored' | 'dead';
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
  /** In words, what came of it. */
  outcome: string | null;
  occurred_at: string;
  received_at: string;
  settled_at: string | null;
};

export type StripeEventPage = {
  data: StripeEvent[];
  has_more: boolean;
  next_cursor: string | null;
};

export type StripeEventWithBody = {
  id: string;
  mode: 'live' | 'test';
  stripe_account: string | null;
  type: string;
  /** The object of Stripe that is looked at because of it. */
  subject: {
    kind: 'payment' | 'session' | 'refund' | 'dispute' | 'charge' | 'invoice' | 'subscription';
    id: string;
  } | null;
  /** `failed` is tried again, `dead` is not; `ignored` has nothing to do with credits. */
  state: 'received' | 'failed' | 'processed' | 'ignored' | 'dead';
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
  /** In words, what came of it. */
  outcome: string | null;
  occurred_at: string;
  received_at: string;
  settled_at: string | null;
  /** As Stripe sent it. */
  body: unknown;
};

/** What would change, or what is worked on again. */
export type StripeReplay = {
  dry_run: boolean;
  events: {
    id: string;
    result: string;
  }[];
};

export type SubscribeRequest = {
  /** Of a plan. */
  plan: string;
  /** Of the period that was paid for; whole seconds count. Without one it begins now, or the current one stays. The same plan from the current end on is the renewal; a start that was seen, or an older one, changes nothing. */
  cycle_start_at?: string | undefined;
  /** As the plan counts where it is not given. */
  cycle_end_at?: string | undefined;
  /** When another plan takes effect. */
  change?: 'now' | 'period_end' | undefined;
  /** What becomes of the old plan's credits where another takes effect now: they live to their end; their share of the time to come goes, and the new ones come for that time; or none is left. */
  unused?: 'keep' | 'prorate' | 'drop' | undefined;
  /** The first period is a trial. An account tries a plan out once. */
  trial?: boolean | undefined;
  /** False takes a cancellation back. */
  cancel_at_period_end?: boolean | undefined;
  /** Amounts of this account's own, of the plan's grants and limits by unit. Within a period limits change at once, what was used of them stays used; what a period gives changes from the next one on. */
  overrides?: { [name: string]: Amount } | undefined;
};

export type Subscription = {
  id: string;
  plan: string;
  plan_version: number;
  /** `past_due`: its period is over, and its renewal is awaited until `grace_ends_at`. `waiting`: a fallback, while a subscription lives that is on its plan or would fall back to it. */
  status: 'trialing' | 'active' | 'past_due' | 'waiting' | 'ended';
  period_start_at: string;
  period_end_at: string;
  grace_ends_at?: string | undefined;
  cancel_at_period_end: boolean;
  /** What follows the period. */
  next?:
    | {
        plan: string;
        plan_version: number;
        /** Not where it waits for its payment. */
        starts_at?: string | undefined;
      }
    | undefined;
  grants: {
    unit: string;
    amount: AmountOut;
  }[];
  limits: {
    unit: string;
    cap: AmountOut;
    /** In the current window, what is held included. */
    used: AmountOut;
    soft: boolean;
    resets_at?: string | undefined;
  }[];
};

export type SubscriptionAnswer = {
  account: string;
  /** Entries the account has. */
  seq: number;
  subscription: Subscription;
};

export type SubscriptionMutation = {
  account: string;
  /** Entries the account has. */
  seq: number;
  entries: Entry[];
  balances: Balances;
  subscription?: Subscription | undefined;
};

export type SubscriptionsAnswer = {
  account: string;
  /** Entries the account has. */
  seq: number;
  subscriptions: Subscription[];
};

export type TestClock = {
  id: string;
  now_at: string;
  /** On its way, or where it was last moved to. */
  status: 'ready' | 'advancing';
  /** Where it is on its way to. */
  to_at: string | null;
  /** That live by it. */
  accounts: number;
  /** By the real time. */
  created_at: string;
};

export type TestClockPage = {
  data: TestClock[];
  has_more: boolean;
  next_cursor: string | null;
};

export type TestWebhookEndpointRequest = {};

export type TopUp = {
  id: string;
  account: string;
  pack: string;
  price: {
    amount: string;
    currency: string;
  };
  lots: {
    unit: string;
    amount: string;
    category: 'paid' | 'promotional';
  }[];
  /** How far the checkout is: `processing` until the money of a slow method has come. Credits are entries. */
  status: 'open' | 'processing' | 'paid' | 'failed' | 'expired';
  created_at: string;
};

export type TopUpRequest = {
  pack?: string | undefined;
  /** Money, in the main unit; with currency, in place of pack. */
  amount?: string | undefined;
  currency?: string | undefined;
  /** Where the buyer comes back to. It says nothing about the payment. */
  success_url: string;
  cancel_url: string;
  /** The card may be charged later, when its owner is not there: what auto top-ups need. */
  save_card?: boolean | undefined;
};

export type Unit = {
  unit: string;
  kind: 'prepaid' | 'allowance';
  scale: number;
  in_use: boolean;
};

export type UnitPage = {
  data: Unit[];
  has_more: boolean;
  next_cursor: string | null;
};

export type Usage = {
  /** In UTC, of when a commit or refund took effect. */
  day?: string | undefined;
  unit: string;
  /** What it is grouped by, beside day and unit; null where the spends had none. */
  group: { [name: string]: string | null };
  commits: number;
  committed: AmountOut;
  /** On the day of the refund. */
  refunded: AmountOut;
  /** committed - refunded */
  net: string;
};

export type UsagePage = {
  data: Usage[];
  has_more: boolean;
  next_cursor: string | null;
};

export type VerifyRequest = {
  /** This account only. */
  account?: string | undefined;
  /** Only the entries that had taken effect by then. */
  until?: string | undefined;
  /** Only the entries up to this position. */
  until_position?: number | undefined;
  /** Only the account's entries up to this one. */
  until_seq?: number | undefined;
  /** Why, in words; stays on record with who called. */
  reason: string;
};

/** What of one account waits for an endpoint. */
export type WaitingEvents = {
  account: string;
  next_sequence: number;
  last_sequence: number;
  /** Of the next event, in vain. */
  attempts: number;
  next_attempt_at: string;
  failing_since: string | null;
  last_failure: string | null;
};

export type WaitingEventsPage = {
  data: WaitingEvents[];
  has_more: boolean;
  next_cursor: string | null;
};

export type WebhookEndpoint = {
  id: string;
  mode: 'live' | 'test';
  url: string;
  description: string;
  /** Null for everything. */
  events:
    | (
        | 'credits.granted'
        | 'credits.threshold_crossed'
        | 'credits.limit_reached'
        | 'credits.debt_incurred'
        | 'credits.debt_paid'
        | 'credits.expiring'
        | 'subscription.started'
        | 'subscription.renewed'
        | 'subscription.changed'
        | 'subscription.canceled'
        | 'subscription.resumed'
        | 'subscription.ended'
        | 'subscription.fell_back'
        | 'subscription.trial_ending'
        | 'auto_top_up.succeeded'
        | 'auto_top_up.declined'
        | 'auto_top_up.action_required'
        | 'auto_top_up.capped'
        | 'auto_top_up.stopped'
        | 'reservation.expired'
      )[]
    | null;
  enabled: boolean;
  /** `gone`: it answered 410; `failing`: it took nothing for days. */
  disabled_because: ('asked' | 'gone' | 'failing') | null;
  disabled_at: string | null;
  last_success_at: string | null;
  last_failure_at: string | null;
  last_failure: string | null;
  /** Those that sign, the newest first. */
  secrets: {
    expires_at: string | null;
  }[];
  created_at: string;
};

export type WebhookEndpointPage = {
  data: WebhookEndpoint[];
  has_more: boolean;
  next_cursor: string | null;
};

/** What an endpoint is sent; `type` tells which. */
export type WebhookEvent =
  | {
      type: 'credits.granted';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** What is counted. */
        unit: string;
        amount: string;
        /** The lot it made. */
        lot: string;
        category: 'paid' | 'included' | 'promotional' | 'compensation';
        expires_at: string | null;
        /** Of the account in this unit, right after the entry. */
        balance: {
          available: string;
          held: string;
          debt: string;
        };
      };
    }
  | {
      type: 'credits.threshold_crossed';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** What is counted. */
        unit: string;
        /** The name of the alert rule. */
        rule: string;
        threshold:
          | {
              amount: string;
            }
          | {
              percent: number;
              /** What was unspent right after the latest grant. */
              of: string;
            }
          | {
              runs_out_within_seconds: number;
              /** In the 24 hours before, by whole hours. */
              spent: string;
            };
        measure: 'unspent' | 'available';
        /** Of the account in this unit, right after the entry. */
        balance: {
          available: string;
          held: string;
          debt: string;
        };
      };
    }
  | {
      type: 'credits.limit_reached';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** What is counted. */
        unit: string;
        /** Of the account in this unit, right after the entry. */
        balance: {
          available: string;
          held: string;
          debt: string;
        };
      };
    }
  | {
      type: 'credits.debt_incurred';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** What is counted. */
        unit: string;
        /** Of the account in this unit, right after the entry. */
        balance: {
          available: string;
          held: string;
          debt: string;
        };
      };
    }
  | {
      type: 'credits.debt_paid';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** What is counted. */
        unit: string;
        /** Of the account in this unit, right after the entry. */
        balance: {
          available: string;
          held: string;
          debt: string;
        };
      };
    }
  | {
      type: 'credits.expiring';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** What is counted. */
        unit: string;
        /** The name of the alert rule. */
        rule: string;
        /** The lot that is about to expire. */
        lot: string;
        remaining: string;
        expires_at: string;
      };
    }
  | {
      type: 'subscription.started';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'subscription.renewed';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'subscription.changed';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
        from: {
          plan: string;
          plan_version: number;
        };
      };
    }
  | {
      type: 'subscription.canceled';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'subscription.resumed';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'subscription.ended';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'subscription.fell_back';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'subscription.trial_ending';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own. */
        subscription: string;
        plan: string;
        plan_version: number;
        period_start_at: string;
        period_end_at: string;
      };
    }
  | {
      type: 'auto_top_up.succeeded';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** This one time. */
        auto_top_up: string;
        price: {
          amount: string;
          currency: string;
        };
        lots: {
          /** What is counted. */
          unit: string;
          amount: string;
          category: 'paid' | 'included' | 'promotional' | 'compensation';
        }[];
      };
    }
  | {
      type: 'auto_top_up.declined';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** This one time. */
        auto_top_up: string;
        price: {
          amount: string;
          currency: string;
        };
        /** Stripe's word for it. */
        code: string;
        /** The bank's, where it gave one. */
        decline_code: string | null;
        message: string;
        /** Of this card in a row; the third is the last. */
        declines: number;
      };
    }
  | {
      type: 'auto_top_up.action_required';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** This one time. */
        auto_top_up: string;
        price: {
          amount: string;
          currency: string;
        };
        /** Where the owner of the card pays himself. */
        url: string;
        expires_at: string;
      };
    }
  | {
      type: 'auto_top_up.capped';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        limit: 'amount' | 'count';
        resumes_at: string;
      };
    }
  | {
      type: 'auto_top_up.stopped';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        reason: 'declined' | 'no_card' | 'payment_returned' | 'not_for_sale';
        message: string;
      };
    }
  | {
      type: 'reservation.expired';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: string;
      /** Counts what this endpoint is told of this account: 1, 2, 3, without gaps. */
      sequence: number;
      /** When it took effect. */
      occurred_at: string;
      data: {
        /** The entry that did it. */
        entry: string;
        /** The reservation whose time was over. */
        reservation: string;
        lines: {
          /** What is counted. */
          unit: string;
          /** What came back of the hold. */
          amount: string;
        }[];
      };
    }
  | {
      type: 'endpoint.test';
      /** Also the header `webhook-id`: the same each time the event is sent. */
      id: string;
      account: null;
      sequence: 0;
      /** When it took effect. */
      occurred_at: string;
      data: {};
    };

export type WebhookTest = {
  delivered: boolean;
  failure: string | null;
};

/** Why the ledger refuses. */
export type RefusalCode =
  | 'account_frozen'
  | 'alert_rule_not_found'
  | 'already_claimed'
  | 'amount_too_large'
  | 'auto_top_up_not_found'
  | 'busy'
  | 'campaign_ended'
  | 'campaign_exhausted'
  | 'campaign_not_found'
  | 'campaign_not_started'
  | 'checkpoint_not_found'
  | 'commit_exceeds_reservation'
  | 'entry_not_found'
  | 'entry_not_signed'
  | 'fact_already_recorded'
  | 'idempotency_key_in_use'
  | 'idempotency_key_required'
  | 'idempotency_key_reused'
  | 'insufficient_credits'
  | 'invalid_json'
  | 'invalid_request'
  | 'job_not_found'
  | 'key_not_found'
  | 'limit_reached'
  | 'lot_not_found'
  | 'member_in_use'
  | 'member_not_found'
  | 'meter_not_found'
  | 'meter_report_not_found'
  | 'not_found'
  | 'pack_exists'
  | 'pack_not_found'
  | 'payload_too_large'
  | 'period_overlap'
  | 'plan_archived'
  | 'plan_in_use'
  | 'plan_not_found'
  | 'rate_card_not_found'
  | 'rate_limited'
  | 'refund_exceeds_commit'
  | 'reservation_closed'
  | 'reservation_expired'
  | 'reservation_not_found'
  | 'revoke_exceeds_grant'
  | 'run_not_found'
  | 'run_over'
  | 'scope_missing'
  | 'stripe_event_not_found'
  | 'stripe_not_configured'
  | 'stripe_refused'
  | 'subscription_not_found'
  | 'test_clock_advancing'
  | 'test_clock_not_found'
  | 'too_many_alert_rules'
  | 'too_many_campaigns'
  | 'too_many_lots'
  | 'too_many_members'
  | 'too_many_packs'
  | 'too_many_plans'
  | 'too_many_reservations'
  | 'too_many_runs'
  | 'too_many_subscriptions'
  | 'too_many_webhook_endpoints'
  | 'top_up_not_found'
  | 'trial_used'
  | 'unauthenticated'
  | 'unit_in_use'
  | 'unit_not_found'
  | 'unsupported_media_type'
  | 'webhook_endpoint_not_found';
