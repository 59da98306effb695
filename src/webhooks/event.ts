import { z } from 'zod';
import { MEASURES } from '../alerts/alert-rule.js';
import { LOT_CATEGORIES } from '../ledger/domain/account.js';

/**
 * What is told to endpoints, type by type: the schema that receivers are given, and that every event is made after. Types
 * and fields are only ever added.
 */
const id = (prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,60}$`))
    .meta({ description: what });
const amount = z.string().regex(/^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/);
const moment = z.iso.datetime();
const unit = z.string().meta({ description: 'What is counted.' });
const entry = id('ent', 'The entry that did it.');
const rule = z.string().meta({ description: 'The name of the alert rule.' });
const balance = z
  .strictObject({ available: amount, held: amount, debt: amount })
  .meta({ description: 'Of the account in this unit, right after the entry.' });

const threshold = z.union([
  z.strictObject({ amount }),
  z.strictObject({
    percent: z.int().min(1).max(99),
    of: amount.meta({ description: 'What was unspent right after the latest grant.' }),
  }),
  z.strictObject({
    runs_out_within_seconds: z.int().min(1),
    spent: amount.meta({ description: 'In the 24 hours before, by whole hours.' }),
  }),
]);

const version = z.int().min(1);
const subscription = {
  subscription: z
    .string()
    .meta({ description: "The caller's own id, or Stripe's; `fallback:…` for one of the ledger's own." }),
  plan: z.string(),
  plan_version: version,
  period_start_at: moment,
  period_end_at: moment,
};
const planBefore = z.strictObject({ plan: z.string(), plan_version: version });

const attempt = {
  auto_top_up: id('atu', 'This one time.'),
  price: z.strictObject({ amount: z.string(), currency: z.string() }),
};
export const AUTO_TOP_UP_STOPS = ['declined', 'no_card', 'payment_returned', 'not_for_sale'] as const;

const DATA = {
  'credits.granted': z.strictObject({
    entry,
    unit,
    amount,
    lot: id('lot', 'The lot it made.'),
    category: z.enum(LOT_CATEGORIES),
    expires_at: moment.nullable(),
    balance,
  }),
  'credits.threshold_crossed': z.strictObject({ entry, unit, rule, threshold, measure: z.enum(MEASURES), balance }),
  'credits.limit_reached': z.strictObject({ entry, unit, balance }),
  'credits.debt_incurred': z.strictObject({ entry, unit, balance }),
  'credits.debt_paid': z.strictObject({ entry, unit, balance }),
  'credits.expiring': z.strictObject({
    unit,
    rule,
    lot: id('lot', 'The lot that is about to expire.'),
    remaining: amount,
    expires_at: moment,
  }),
  'subscription.started': z.strictObject({ entry, ...subscription }),
  'subscription.renewed': z.strictObject({ entry, ...subscription }),
  'subscription.changed': z.strictObject({ entry, ...subscription, from: planBefore }),
  'subscription.canceled': z.strictObject({ entry, ...subscription }),
  'subscription.resumed': z.strictObject({ entry, ...subscription }),
  'subscription.ended': z.strictObject({ entry, ...subscription }),
  'subscription.fell_back': z.strictObject({ entry, ...subscription }),
  'subscription.trial_ending': z.strictObject(subscription),
  'auto_top_up.succeeded': z.strictObject({
    ...attempt,
    lots: z.array(z.strictObject({ unit, amount: z.string(), category: z.enum(LOT_CATEGORIES) })),
  }),
  'auto_top_up.declined': z.strictObject({
    ...attempt,
    code: z.string().meta({ description: "Stripe's word for it." }),
    decline_code: z.string().nullable().meta({ description: "The bank's, where it gave one." }),
    message: z.string(),
    declines: z.int().min(0).meta({ description: 'Of this card in a row; the third is the last.' }),
  }),
  'auto_top_up.action_required': z.strictObject({
    ...attempt,
    url: z.string().meta({ description: 'Where the owner of the card pays himself.' }),
    expires_at: moment,
  }),
  'auto_top_up.capped': z.strictObject({ limit: z.enum(['amount', 'count']), resumes_at: moment }),
  'auto_top_up.stopped': z.strictObject({ reason: z.enum(AUTO_TOP_UP_STOPS), message: z.string() }),
  'reservation.expired': z.strictObject({
    entry,
    reservation: id('res', 'The reservation whose time was over.'),
    lines: z.array(z.strictObject({ unit, amount: amount.meta({ description: 'What came back of the hold.' }) })),
  }),
} as const;

export type EventType = keyof typeof DATA;
export const EVENT_TYPES = Object.keys(DATA) as [EventType, ...EventType[]];

/** One thing that happened to an account, before it has an id and a sequence. */
export type Happening = {
  [Type in EventType]: { readonly type: Type; readonly data: z.output<(typeof DATA)[Type]> };
}[EventType];

const MEANING: Readonly<Record<EventType, string>> = {
  'credits.granted': 'Credits were granted.',
  'credits.threshold_crossed': 'What is left came down to the threshold of an alert rule, or past it.',
  'credits.limit_reached': 'Nothing is available any more.',
  'credits.debt_incurred': 'The account owes, and did not before.',
  'credits.debt_paid': 'The account owes nothing any more.',
  'credits.expiring': 'A lot expires within the time of an alert rule.',
  'subscription.started': 'A subscription began.',
  'subscription.renewed': 'Its next period began, on the same plan.',
  'subscription.changed': 'Another plan, or another version of it, is in effect.',
  'subscription.canceled': 'It will end with its period.',
  'subscription.resumed': 'It will not end with its period after all.',
  'subscription.ended': 'It is over: it was cancelled, or not paid for in time.',
  'subscription.fell_back': 'The plan without a price is in effect that follows when a subscription ends.',
  'subscription.trial_ending': 'Its trial ends within three days.',
  'auto_top_up.succeeded': 'Credits were bought because the account ran low.',
  'auto_top_up.declined': 'The card was not charged for an automatic top-up.',
  'auto_top_up.action_required': 'The bank wants the owner of the card to pay an automatic top-up himself.',
  'auto_top_up.capped': 'The account ran low, and what may be spent automatically in this month is spent.',
  'auto_top_up.stopped':
    'Nothing is bought automatically any more, until the policy is put again or, after declines, there is another card.',
  'reservation.expired': 'A reservation was neither committed nor released in time; its credits came back.',
};

const envelope = {
  id: id('evt', 'Also the header `webhook-id`: the same each time the event is sent.'),
  account: z.string(),
  sequence: z.int().min(1).meta({
    description: 'Counts what this endpoint is told of this account: 1, 2, 3, without gaps.',
  }),
  occurred_at: moment.meta({ description: 'When it took effect.' }),
};

function eventOf(type: EventType) {
  return z
    .strictObject({ type: z.literal(type), ...envelope, data: DATA[type] })
    .meta({ title: type, description: MEANING[type] });
}

const testEvent = z
  .strictObject({
    type: z.literal('endpoint.test'),
    ...envelope,
    account: z.null(),
    sequence: z.literal(0),
    data: z.strictObject({}),
  })
  .meta({ title: 'endpoint.test', description: 'Somebody asked for it, to see whether it arrives.' });

/** The body of every request to an endpoint. */
export const webhookEvent = z
  .union([...EVENT_TYPES.map(eventOf), testEvent])
  .meta({ id: 'WebhookEvent', description: 'What an endpoint is sent; `type` tells which.' });
