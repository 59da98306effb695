import type { ErrorCode, LedgerError } from '../shared/ledger-error.js';

/** The gRPC statuses this service answers with (https://grpc.io/docs/guides/status-codes). */
export const GRPC = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export interface WireStatus {
  readonly http: number;
  readonly grpc: (typeof GRPC)[keyof typeof GRPC];
  /** Sent as `Retry-After`; a code that has it may always be retried. */
  readonly retryAfterSeconds?: number;
}

/** The one place where a code becomes a status. A code that is not here does not compile. */
export const ERROR_TABLE: Readonly<Record<ErrorCode, WireStatus>> = {
  invalid_json: { http: 400, grpc: GRPC.INVALID_ARGUMENT },
  invalid_request: { http: 422, grpc: GRPC.INVALID_ARGUMENT },
  amount_too_large: { http: 422, grpc: GRPC.INVALID_ARGUMENT },
  payload_too_large: { http: 413, grpc: GRPC.RESOURCE_EXHAUSTED },
  unsupported_media_type: { http: 415, grpc: GRPC.INVALID_ARGUMENT },

  unauthenticated: { http: 401, grpc: GRPC.UNAUTHENTICATED },
  scope_missing: { http: 403, grpc: GRPC.PERMISSION_DENIED },
  rate_limited: { http: 429, grpc: GRPC.RESOURCE_EXHAUSTED, retryAfterSeconds: 1 },

  idempotency_key_required: { http: 400, grpc: GRPC.INVALID_ARGUMENT },
  idempotency_key_reused: { http: 422, grpc: GRPC.INVALID_ARGUMENT },
  idempotency_key_in_use: { http: 409, grpc: GRPC.ABORTED, retryAfterSeconds: 1 },
  fact_already_recorded: { http: 409, grpc: GRPC.ALREADY_EXISTS },

  not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  reservation_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  lot_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  entry_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  unit_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  meter_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  plan_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  rate_card_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  key_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  subscription_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  campaign_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  member_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  job_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  run_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  webhook_endpoint_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  alert_rule_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  test_clock_not_found: { http: 404, grpc: GRPC.NOT_FOUND },

  stripe_event_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  meter_report_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  pack_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  top_up_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  auto_top_up_not_found: { http: 404, grpc: GRPC.NOT_FOUND },

  checkpoint_not_found: { http: 404, grpc: GRPC.NOT_FOUND },
  entry_not_signed: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  evidence_broken: { http: 500, grpc: GRPC.INTERNAL },

  insufficient_credits: { http: 402, grpc: GRPC.FAILED_PRECONDITION },
  account_frozen: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  limit_reached: { http: 429, grpc: GRPC.RESOURCE_EXHAUSTED, retryAfterSeconds: 60 },
  period_overlap: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  trial_used: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  too_many_subscriptions: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  campaign_not_started: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  campaign_ended: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  campaign_exhausted: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  already_claimed: { http: 409, grpc: GRPC.ALREADY_EXISTS },
  too_many_campaigns: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  member_in_use: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  too_many_members: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  reservation_closed: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  reservation_expired: { http: 410, grpc: GRPC.FAILED_PRECONDITION },
  commit_exceeds_reservation: { http: 422, grpc: GRPC.FAILED_PRECONDITION },
  refund_exceeds_commit: { http: 422, grpc: GRPC.FAILED_PRECONDITION },
  revoke_exceeds_grant: { http: 422, grpc: GRPC.FAILED_PRECONDITION },
  reinstate_exceeds_revoke: { http: 422, grpc: GRPC.FAILED_PRECONDITION },
  test_clock_advancing: { http: 409, grpc: GRPC.ABORTED, retryAfterSeconds: 1 },
  test_clock_full: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  account_in_use: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  unit_in_use: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  plan_in_use: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  plan_archived: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  too_many_plans: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  too_many_lots: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  too_many_reservations: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },

  too_many_webhook_endpoints: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  too_many_alert_rules: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },

  pack_exists: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  too_many_packs: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },
  stripe_not_configured: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  stripe_signature_invalid: { http: 400, grpc: GRPC.INVALID_ARGUMENT },
  stripe_refused: { http: 409, grpc: GRPC.FAILED_PRECONDITION },

  run_over: { http: 409, grpc: GRPC.FAILED_PRECONDITION },
  too_many_runs: { http: 409, grpc: GRPC.RESOURCE_EXHAUSTED },

  busy: { http: 503, grpc: GRPC.UNAVAILABLE, retryAfterSeconds: 1 },
  internal: { http: 500, grpc: GRPC.INTERNAL },
};

/** Seconds until the same request may succeed; undefined where waiting is no help. */
export function retryAfterSeconds({ code, retryAfterSeconds: known }: LedgerError): number | undefined {
  return known ?? ERROR_TABLE[code].retryAfterSeconds;
}
