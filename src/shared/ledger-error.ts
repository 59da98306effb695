/**
 * Every way the service says no. Codes are the contract: they go over the wire as they stand here
 * (`transport/error-table.ts` maps each to an HTTP status and a gRPC status, once).
 */
export type ErrorCode =
  | 'invalid_json'
  | 'invalid_request'
  | 'idempotency_key_required'
  | 'idempotency_key_reused'
  | 'idempotency_key_in_use'
  | 'fact_already_recorded'
  | 'unauthenticated'
  | 'scope_missing'
  | 'rate_limited'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'not_found'
  | 'amount_too_large'
  | 'insufficient_credits'
  | 'account_frozen'
  | 'too_many_lots'
  | 'too_many_reservations'
  | 'reservation_not_found'
  | 'lot_not_found'
  | 'entry_not_found'
  | 'unit_not_found'
  | 'meter_not_found'
  | 'plan_not_found'
  | 'rate_card_not_found'
  | 'key_not_found'
  | 'subscription_not_found'
  | 'member_not_found'
  | 'member_in_use'
  | 'too_many_members'
  | 'campaign_not_found'
  | 'campaign_not_started'
  | 'campaign_ended'
  | 'campaign_exhausted'
  | 'already_claimed'
  | 'too_many_campaigns'
  | 'job_not_found'
  | 'run_not_found'
  | 'run_over'
  | 'too_many_runs'
  | 'checkpoint_not_found'
  | 'entry_not_signed'
  | 'evidence_broken'
  | 'test_clock_not_found'
  | 'test_clock_advancing'
  | 'test_clock_full'
  | 'account_in_use'
  | 'unit_in_use'
  | 'plan_in_use'
  | 'plan_archived'
  | 'too_many_plans'
  | 'period_overlap'
  | 'trial_used'
  | 'limit_reached'
  | 'too_many_subscriptions'
  | 'webhook_endpoint_not_found'
  | 'too_many_webhook_endpoints'
  | 'alert_rule_not_found'
  | 'too_many_alert_rules'
  | 'stripe_not_configured'
  | 'stripe_signature_invalid'
  | 'stripe_refused'
  | 'stripe_event_not_found'
  | 'meter_report_not_found'
  | 'pack_not_found'
  | 'pack_exists'
  | 'too_many_packs'
  | 'top_up_not_found'
  | 'auto_top_up_not_found'
  | 'reservation_closed'
  | 'reservation_expired'
  | 'commit_exceeds_reservation'
  | 'refund_exceeds_commit'
  | 'revoke_exceeds_grant'
  | 'reinstate_exceeds_revoke'
  | 'busy'
  | 'internal';

/** One field that is wrong and where it stands in the request, for example `body.lines[1].amount`. */
export interface FieldError {
  readonly location: string;
  readonly message: string;
}

/** What a refusal says beyond its code; values are ready for the wire except amounts, which the transport formats. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** A refusal on its way to the caller. `message` is public text: it names the field and the fix, never SQL or a stack. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  /** When the very same request may succeed, where that is known; else its code says how long to wait, if it does. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
    /** True when the very same request may succeed later without being changed. */
    readonly retryable: boolean = false,
    options: { cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
