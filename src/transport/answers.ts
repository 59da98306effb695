import { z } from 'zod';
import { LATE_POLICIES, LOT_CATEGORIES, OVERAGE_POLICIES } from '../ledger/domain/account.js';
import { ENTRY_TYPES } from '../ledger/domain/entry.js';
import { MODES, SCOPES } from '../keys/api-key.js';
import { UNIT_KINDS } from '../units/unit-registry.js';
import { appliesTo, cost } from './requests/fields.js';

/**
 * What the service answers, for the OpenAPI document and for the contract tests, which check every answer against it.
 * Strict: a field that is answered but not described here fails them.
 */
export const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,60}$`));
export const moment = z.iso.datetime();
const seq = z.int().min(0).meta({ description: 'Entries the account has.' });
export const amountOut = z
  .string()
  .regex(/^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/)
  .meta({ id: 'AmountOut', description: 'A canonical decimal: no trailing zeros.', examples: ['12.5'] });
export const signedAmount = z.string().regex(/^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/);
const metadata = z.record(z.string(), z.string());

const SUMS = ['available', 'held', 'debt', 'granted', 'spent', 'expired', 'revoked'] as const;
export const balance = z
  .strictObject(
    Object.fromEntries(SUMS.map(sum => [sum, amountOut])) as Record<(typeof SUMS)[number], typeof amountOut>,
  )
  .meta({ id: 'Balance', description: 'granted = available + held + spent + expired + revoked - debt' });
const balances = z
  .record(z.string(), balance)
  .meta({ id: 'Balances', description: 'By unit: every unit with an entry, and always `credits`.' });

export const deltas = z
  .strictObject(
    Object.fromEntries(SUMS.map(sum => [sum, signedAmount.optional()])) as Record<
      (typeof SUMS)[number],
      z.ZodOptional<typeof signedAmount>
    >,
  )
  .meta({ description: 'How far each sum moves; what is not there does not.' });

const pricedLine = z.strictObject({ unit: z.string(), amount: amountOut });
const pricedEvent = z
  .strictObject({
    meter: z.string(),
    quantity: z.union([z.string(), z.record(z.string(), z.string())]),
    properties: z.record(z.string(), z.string()),
    card: z.string(),
    version: z.int().min(1),
    lines: z.array(pricedLine),
  })
  .meta({
    id: 'PricedEvent',
    description:
      'What was used, and what which version of a rate card made of it; on the first entry of a call by event.',
  });

export const entry = z
  .strictObject({
    id: id('ent'),
    account: z.string(),
    seq: z.int().min(1),
    type: z.enum(ENTRY_TYPES),
    unit: z.string().optional().meta({ description: 'Not on subscribe, configure, freeze and unfreeze.' }),
    amount: amountOut.optional(),
    deltas: deltas.optional(),
    lots: z.array(z.strictObject({ lot: id('lot'), amount: amountOut })).optional(),
    reservation: id('res').optional(),
    refunds: id('ent').optional().meta({ description: 'The entry that this one reverses.' }),
    subscription: z.string().optional().meta({ description: 'Which one a subscribe changes, or a grant is of.' }),
    event: pricedEvent.optional(),
    provider_cost: cost.optional(),
    reason: z.string().optional(),
    member: z.string().optional(),
    metadata: metadata.optional(),
    effective_at: moment,
    recorded_at: moment,
  })
  .meta({ id: 'Entry' });

export const lot = z
  .strictObject({
    id: id('lot'),
    unit: z.string(),
    category: z.enum(LOT_CATEGORIES),
    priority: z.int(),
    granted: amountOut,
    remaining: amountOut,
    held: amountOut,
    expires_at: moment.nullable(),
    applies_to: appliesTo.optional(),
    cost: cost.optional(),
    created_at: moment,
  })
  .meta({ id: 'Lot' });

const reservationFields = {
  id: id('res'),
  account: z.string(),
  status: z.enum(['open', 'closed', 'expired']),
  lines: z.array(
    z.strictObject({
      unit: z.string(),
      reserved: amountOut,
      committed: amountOut,
      released: amountOut,
      refunded: amountOut,
    }),
  ),
  expires_at: moment,
  overage: z.enum(OVERAGE_POLICIES),
  late: z.enum(LATE_POLICIES),
  member: z.string().optional(),
  metadata: metadata.optional(),
  created_at: moment,
};
export const reservation = z.strictObject(reservationFields).meta({ id: 'Reservation' });
export const reservationWithEntries = z
  .strictObject({ ...reservationFields, entries: z.array(entry) })
  .meta({ id: 'ReservationWithEntries' });

export const mutationFields = { account: z.string(), seq, entries: z.array(entry), balances };
const LIMITS = ['plan', 'budget'] as const;
const warnings = z
  .array(
    z
      .strictObject({
        limit: z.enum(LIMITS),
        unit: z.string(),
        used: amountOut.meta({
          description: 'In its current window, what is held included. What a limit of a plan counts ends at its cap.',
        }),
        cap: amountOut,
        resets_at: moment.optional(),
        member: z.string().optional().meta({ description: 'Whose budget it is.' }),
      })
      .meta({
        id: 'LimitWarning',
        description: 'A soft limit or budget that is exceeded: nothing is refused for that.',
      }),
  )
  .optional();

export const mutation = z.strictObject(mutationFields).meta({ id: 'Mutation' });
export const spendMutation = z.strictObject({ ...mutationFields, warnings }).meta({ id: 'SpendMutation' });
export const lotMutation = z.strictObject({ ...mutationFields, lot: lot.optional() }).meta({ id: 'LotMutation' });
/** Of a call that spends nothing. */
export const reservationRelease = z.strictObject({ ...mutationFields, reservation }).meta({ id: 'ReservationRelease' });
export const reservationMutation = z
  .strictObject({ ...mutationFields, reservation, warnings })
  .meta({ id: 'ReservationMutation' });

const shortfall = z
  .strictObject({
    unit: z.string(),
    required: amountOut,
    available: amountOut,
    held: amountOut,
    open_reservations: z.int().min(0),
    next_release_at: moment.optional(),
    used: amountOut.optional().meta({ description: 'Of a limit, in its current window, what is held included.' }),
    cap: amountOut.optional().meta({ description: 'Of a limit.' }),
    resets_at: moment
      .optional()
      .meta({ description: 'When the window of a limit ends, or the next period gives more of an allowance.' }),
    limit: z.enum(LIMITS).optional().meta({
      description:
        "Of a plan, or a member's budget that has no room: then `available` is what room there is, and `held` what other reservations have of it.",
    }),
    member: z.string().optional().meta({ description: 'Whose budget it is.' }),
  })
  .meta({ id: 'Shortfall', description: 'Counts only the lots the spend may use.' });

export const check = z
  .strictObject({
    allowed: z.boolean(),
    code: z.string().optional(),
    shortfall: z.array(shortfall).optional(),
    warnings,
    balances,
    seq,
  })
  .meta({ id: 'Check' });

export const account = z
  .strictObject({
    account: z.string(),
    seq,
    frozen: z.boolean(),
    overdraft_limits: z.record(z.string(), amountOut),
    metadata,
    test_clock: id('clk').optional().meta({ description: 'The clock it lives by.' }),
    balances,
    created_at: moment.nullable().meta({ description: 'Null where the account has no entry yet.' }),
  })
  .meta({ id: 'Account' });

export const balanceAnswer = z
  .strictObject({ account: z.string(), seq, as_of: moment, balances })
  .meta({ id: 'BalanceAnswer' });

export const unit = z
  .strictObject({ unit: z.string(), kind: z.enum(UNIT_KINDS), scale: z.int().min(0).max(9), in_use: z.boolean() })
  .meta({ id: 'Unit' });

const keyFields = {
  id: id('key'),
  name: z.string(),
  mode: z.enum(MODES),
  scopes: z.array(z.enum(SCOPES)),
  rate_limit_per_second: z.int().nullable(),
  prefix: z.string(),
  created_at: moment,
};
export const key = z.strictObject({ ...keyFields, revoked_at: moment.nullable() }).meta({ id: 'Key' });
export const newKey = z
  .strictObject({ ...keyFields, secret: z.string().meta({ description: 'Shown this once.' }) })
  .meta({ id: 'NewKey' });

export const count = z.int().min(0);
export const batchResults = z
  .strictObject({
    results: z.array(
      z.strictObject({
        id: z.string(),
        status: z.int(),
        body: z.record(z.string(), z.unknown()).meta({ description: "What the call's own path would have answered." }),
      }),
    ),
  })
  .meta({ id: 'BatchResults' });

export const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    retryable: z.boolean().meta({ description: 'True where the same request may succeed unchanged.' }),
    errors: z.array(z.strictObject({ location: z.string(), message: z.string() })).optional(),
    shortfall: z.array(shortfall).optional(),
    reservation: reservation.optional(),
    entry: id('ent').optional().meta({ description: 'The first entry of what took effect before.' }),
    stripe: z
      .strictObject({ code: z.string().optional(), request_id: z.string().optional() })
      .optional()
      .meta({ description: 'Why Stripe refused, in its own codes.' }),
  })
  .meta({ id: 'Problem' });

/** A page of a list. */
export function pageOf(item: z.ZodType, name: string) {
  return z
    .strictObject({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() })
    .meta({ id: `${name}Page` });
}
