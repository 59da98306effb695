import { z } from 'zod';
import { MODES } from '../keys/api-key.js';
import { REPORT_STATES } from '../stripe/arrears/stored-reports.js';
import { EVENT_STATES } from '../stripe/intake/stored-events.js';
import { SUBJECT_KINDS } from '../stripe/intake/subject.js';
import { TOP_UP_STATES } from '../stripe/top-ups/stored-top-ups.js';
import { count, id, moment } from './answers.js';

/** What the calls about Stripe's money answer. */
const money = z.strictObject({ amount: z.string(), currency: z.string() });
const seconds = z.int().min(1);

export const pack = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    active: z.boolean(),
    unit: z.string(),
    priority: z.int(),
    expires_after_seconds: seconds.optional(),
    amount: z.string().optional(),
    price: money.optional(),
    bonus: z.strictObject({ amount: z.string(), expires_after_seconds: seconds.optional() }).optional(),
    stripe_price: z.string().optional(),
    open: z
      .strictObject({ currency: z.string(), credits_per_unit: z.string(), least: z.string(), most: z.string() })
      .optional(),
    connect: z.strictObject({ destination: z.string(), application_fee: z.string().optional() }).optional(),
    automatic_tax: z.boolean(),
    promotion_codes: z.boolean(),
    updated_at: moment,
  })
  .meta({ id: 'Pack', description: 'Credits for money: so many for a price, or as many as the buyer chooses.' });

export const begunTopUp = z
  .strictObject({ id: id('top'), url: z.string().meta({ description: 'Where the buyer pays.' }) })
  .meta({ id: 'BegunTopUp' });

export const topUp = z
  .strictObject({
    id: id('top'),
    account: z.string(),
    pack: z.string(),
    price: money,
    lots: z.array(z.strictObject({ unit: z.string(), amount: z.string(), category: z.enum(['paid', 'promotional']) })),
    status: z.enum(TOP_UP_STATES).meta({
      description:
        'How far the checkout is: `processing` until the money of a slow method has come. Credits are entries.',
    }),
    created_at: moment,
  })
  .meta({ id: 'TopUp' });

const stripeEventFields = {
  id: z.string(),
  mode: z.enum(MODES),
  stripe_account: z.string().nullable(),
  type: z.string(),
  subject: z
    .strictObject({ kind: z.enum(SUBJECT_KINDS), id: z.string() })
    .nullable()
    .meta({ description: 'The object of Stripe that is looked at because of it.' }),
  state: z.enum(EVENT_STATES).meta({
    description: '`failed` is tried again, `dead` is not; `ignored` has nothing to do with credits.',
  }),
  attempts: count,
  next_attempt_at: moment.nullable(),
  last_error: z.string().nullable(),
  outcome: z.string().nullable().meta({ description: 'In words, what came of it.' }),
  occurred_at: moment,
  received_at: moment,
  settled_at: moment.nullable(),
};
export const stripeEvent = z.strictObject(stripeEventFields).meta({ id: 'StripeEvent' });
export const stripeEventWithBody = z
  .strictObject({ ...stripeEventFields, body: z.unknown().meta({ description: 'As Stripe sent it.' }) })
  .meta({ id: 'StripeEventWithBody' });

export const meterReport = z
  .strictObject({
    id: z
      .string()
      .meta({ description: 'What Stripe knows it by: the id of the entry, with a number where it has several.' }),
    mode: z.enum(MODES),
    account: z.string(),
    subscription: z.string(),
    meter: z.string().meta({ description: 'The `event_name` of the meter.' }),
    unit: z.string(),
    quantity: z.string().meta({
      description: 'As the meter gets it: in the smallest parts of the unit, negative for what was given back.',
    }),
    state: z.enum(REPORT_STATES).meta({
      description:
        '`waiting` and `failed` are tried (again); `refused`: Stripe does not have it; `unsure`: it may have it, look there.',
    }),
    attempts: count,
    next_attempt_at: moment.nullable(),
    last_error: z.string().nullable(),
    customer: z.string().nullable(),
    used_at: moment,
    settled_at: moment.nullable(),
  })
  .meta({ id: 'MeterReport', description: 'What of an entry is billed later, by a meter of Stripe.' });

export const decidedReports = z
  .strictObject({ reports: z.array(z.strictObject({ id: z.string(), result: z.string() })) })
  .meta({ id: 'DecidedReports' });

export const stripeReplay = z
  .strictObject({
    dry_run: z.boolean(),
    events: z.array(z.strictObject({ id: z.string(), result: z.string() })),
  })
  .meta({ id: 'StripeReplay', description: 'What would change, or what is worked on again.' });
