import { z } from 'zod';
import { isTimeZone, MAX_PERIOD_COUNT, PERIOD_UNITS } from '../../ledger/domain/calendar.js';
import { MAX_CARRIED_PERIODS, MAX_LINES_PER_PLAN } from '../../ledger/domain/plan-terms.js';
import { ANCHORS, COUNTED, type GivenPlanDefinition } from '../../plans/definition.js';
import { PLAN_ID } from '../../plans/plan-id.js';
import { CARD_ID } from '../../rates/card-definition.js';
import { amount, appliesTo, LONGEST_TEXT, metadata, money, priority, text, unit, wholeNumber } from './fields.js';

const LONGEST_DESCRIPTION = 2_000;
const LONGEST_PROPERTY_NAME = 64;
/** Stripe's own limit. */
const LONGEST_EVENT_NAME = 100;
const MOST_FEATURES = 50;
const MOST_PRICES = 20;
const MOST_MATCHES = 20;
const MOST_MATCH_ITEMS = 100;
const MOST_PROPERTIES = 20;
const LAST_ORDER = 1_000_000;
const TEN_YEARS_SECONDS = 10 * 366 * 86_400;
export const HOURS_A_DAY = 24;
const MOST_TRIAL_DAYS = 366;
const LONGEST_GRACE_SECONDS = 90 * 86_400;

export const planId = z
  .string('must be a string')
  .regex(PLAN_ID, `must match ${PLAN_ID.source}`)
  .meta({ description: 'Of a plan.', examples: ['pro'] });

function listOf<T extends z.ZodType>(item: T, most: number) {
  return z.array(item, 'must be a list').max(most, `must have at most ${most} items`);
}

export const timeZone = z
  .string('must be a string')
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/, 'must be a time zone such as Asia/Tokyo')
  .refine(isTimeZone, 'is not a time zone this service knows')
  .meta({ description: 'Of the IANA database; for the anchor `calendar`, UTC if left out.', examples: ['Asia/Tokyo'] });

const spanFields = {
  every: z.enum(PERIOD_UNITS, `must be one of ${PERIOD_UNITS.join(', ')}`),
  count: wholeNumber(1, MAX_PERIOD_COUNT).default(1),
  anchor: z
    .enum(ANCHORS, `must be ${ANCHORS.join(' or ')}`)
    .default('subscription')
    .meta({
      description: 'Counted from the moment the subscription began, or by the calendar.',
    }),
  time_zone: timeZone.optional(),
};
type SpanFields = z.output<ReturnType<typeof z.strictObject<typeof spanFields>>>;

/** What one field allows only beside another. */
function checkSpan({ every, count, anchor, time_zone: zone }: SpanFields, context: z.RefinementCtx): void {
  if (anchor === 'calendar' && every === 'hour' && HOURS_A_DAY % count !== 0) {
    const message = 'must divide 24, so that every day begins with a piece of its own';
    context.addIssue({ code: 'custom', path: ['count'], message });
  }
  if (anchor !== 'calendar' && zone !== undefined) {
    const message = 'is for the anchor calendar: set anchor, or leave it out';
    context.addIssue({ code: 'custom', path: ['time_zone'], message });
  }
}

/** The calendar always has a zone, so that nobody has to know which one is meant where none is said. */
function withZone<T extends SpanFields>(span: T): T {
  return span.anchor === 'calendar' ? { ...span, time_zone: span.time_zone ?? 'UTC' } : span;
}

const period = z
  .strictObject(spanFields, 'must be an object')
  .superRefine(checkSpan)
  .overwrite(withZone)
  .meta({ id: 'PlanPeriod', examples: [{ every: 'month' }], description: 'How long a period is.' });

const window = z
  .discriminatedUnion(
    'every',
    [
      z.strictObject(spanFields).superRefine(checkSpan).overwrite(withZone),
      z.strictObject({
        every: z.enum(['billing_period', 'lifetime']).meta({
          description: "The subscription's period, or all the time there is.",
        }),
      }),
    ],
    `must be an object with every: ${[...PERIOD_UNITS, 'billing_period', 'lifetime'].join(', ')}`,
  )
  .meta({ id: 'PlanWindow', description: 'When a limit begins anew.' });

const carriedUntil = {
  expires_after_seconds: wholeNumber(1, TEN_YEARS_SECONDS)
    .meta({ description: 'Counted from the end of the period it comes from.' })
    .optional(),
  periods: wholeNumber(1, MAX_CARRIED_PERIODS).meta({ description: 'It lives through so many periods.' }).optional(),
};

const rollover = z
  .discriminatedUnion(
    'carry',
    [
      z.strictObject({ carry: z.literal('none') }),
      z.strictObject({ carry: z.literal('all'), ...carriedUntil }),
      z
        .strictObject({
          carry: z.literal('cap'),
          percent: wholeNumber(1, 100).meta({ description: 'Of what is left; the share is rounded down.' }).optional(),
          amount: amount.meta({ description: 'The most that is carried together.' }).optional(),
          ...carriedUntil,
        })
        .refine(value => value.percent !== undefined || value.amount !== undefined, {
          path: ['percent'],
          message: 'is required where there is no amount: carry cap needs one of them, or both',
        }),
    ],
    'must be an object with carry: none, all, cap',
  )
  .meta({ id: 'PlanRollover', description: 'What of a period that is over goes on into the next.' });

const grant = z
  .strictObject(
    {
      unit,
      amount,
      priority: priority.default(50),
      rollover: rollover.default({ carry: 'none' }),
      applies_to: appliesTo.optional(),
    },
    'must be an object',
  )
  .meta({ id: 'PlanGrant', description: 'Given once each period.' });

const names = listOf(text(LONGEST_TEXT), MOST_MATCH_ITEMS).min(1, 'must not be empty');

const match = z
  .strictObject(
    {
      meters: names.optional(),
      models: names.optional(),
      properties: z
        .record(text(LONGEST_PROPERTY_NAME), text(LONGEST_TEXT, 0), 'must be an object of strings')
        .refine(value => Object.keys(value).length > 0, 'must not be empty')
        .refine(value => Object.keys(value).length <= MOST_PROPERTIES, `must have at most ${MOST_PROPERTIES} members`)
        .optional(),
    },
    'must be an object',
  )
  .refine(
    ({ meters, models, properties }) => meters !== undefined || models !== undefined || properties !== undefined,
    'must name meters, models or properties',
  )
  .meta({ id: 'PlanMatch', description: 'Events that fit all that is given.' });

const limit = z
  .strictObject(
    {
      unit: unit.meta({ description: 'An allowance: what this limit counts.' }),
      amount,
      window,
      soft: z.boolean('must be true or false').default(false).meta({ description: 'Warns, and refuses nothing.' }),
      match: listOf(match, MOST_MATCHES)
        .min(1, 'must not be empty')
        .meta({ description: 'Events that fit any of these count against it.' })
        .optional(),
      counts: z
        .enum(COUNTED, `must be ${COUNTED.join(' or ')}`)
        .default('events')
        .meta({ description: 'What of an event that matches counts: that it happened, or its quantity.' }),
    },
    'must be an object',
  )
  .refine(({ match: rules, counts }) => rules !== undefined || counts === 'events', {
    path: ['counts'],
    message: 'is about the events of match: say which they are, or leave it out',
  })
  .meta({ id: 'PlanLimit', description: 'At most so much each window.' });

const planPrice = z
  .strictObject(
    {
      ...money,
      stripe_price: z
        .string('must be a string')
        .regex(/^price_[A-Za-z0-9_]{1,200}$/, 'must be the id of a price of Stripe, price_…')
        .optional(),
    },
    'must be an object',
  )
  .meta({ id: 'PlanPrice', description: "Money for one period, in the currency's main unit." });

const arrears = z
  .strictObject(
    {
      unit: unit.meta({ description: 'Prepaid.' }),
      meter: text(LONGEST_EVENT_NAME).meta({
        description: 'The `event_name` of the meter at Stripe that what is used is reported to.',
        examples: ['credits_overage'],
      }),
    },
    'must be an object',
  )
  .meta({ id: 'PlanArrears', description: 'What a spend lacks in the unit is lent to it, and billed later.' });

const definitionFields = {
  name: text(LONGEST_TEXT),
  description: text(LONGEST_DESCRIPTION, 0).optional(),
  features: listOf(text(LONGEST_TEXT), MOST_FEATURES).default([]).meta({ description: 'For a pricing page.' }),
  order: wholeNumber(0, LAST_ORDER).default(0).meta({ description: 'Where it stands on a page: lower first.' }),
  public: z
    .boolean('must be true or false')
    .default(false)
    .meta({ description: 'Whether anybody may read it, without a key.' }),
  prices: listOf(planPrice, MOST_PRICES)
    .default([])
    .meta({ description: 'A plan with a price renews once it is paid; one without renews by itself.' }),
  period: period.default({ every: 'month', count: 1, anchor: 'subscription' }),
  grants: listOf(grant, MAX_LINES_PER_PLAN).default([]),
  trial: z
    .strictObject(
      {
        days: wholeNumber(1, MOST_TRIAL_DAYS),
        grants: listOf(grant, MAX_LINES_PER_PLAN)
          .min(1, 'must not be empty')
          .meta({ description: "Instead of the plan's; the same if left out." })
          .optional(),
      },
      'must be an object',
    )
    .meta({ description: 'What a subscription may begin with.' })
    .optional(),
  limits: listOf(limit, MAX_LINES_PER_PLAN).default([]),
  renewal_grace_seconds: wholeNumber(0, LONGEST_GRACE_SECONDS)
    .meta({ description: 'How long what is left stays usable while a renewal is not paid; three days if left out.' })
    .optional(),
  arrears: listOf(arrears, MAX_LINES_PER_PLAN)
    .min(1, 'must not be empty: leave it out')
    .meta({ description: 'Units in which no spend is refused for lack of credits.' })
    .optional(),
  rate_card: z
    .string('must be a string')
    .regex(CARD_ID, `must match ${CARD_ID.source}`)
    .meta({ description: 'The rate card that prices the events of whoever has the plan.' })
    .optional(),
  fallback: planId.meta({ description: 'The plan without a price that follows when a subscription ends.' }).optional(),
  metadata: metadata.optional(),
};
type Fields = z.output<ReturnType<typeof z.strictObject<typeof definitionFields>>>;

/** What one field allows only beside another. */
function checkTogether(given: Fields, context: z.RefinementCtx): void {
  const refuse = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const limited = new Set(given.limits.map(({ unit: name }) => name));
  const lists = [
    [['grants'], given.grants],
    [['trial', 'grants'], given.trial?.grants ?? []],
    [['arrears'], given.arrears ?? []],
    [['limits'], given.limits],
  ] as const;
  for (const [path, list] of lists) {
    const units = list.map(({ unit: name }) => name);
    units.forEach((name, index) => {
      if (units.indexOf(name) < index) refuse([...path, index, 'unit'], 'is named twice');
      else if (path[0] !== 'limits' && limited.has(name)) {
        refuse([...path, index, 'unit'], 'is the unit of a limit: a grant and a limit each need one of their own');
      }
    });
  }
  const stripePrices = given.prices.map(({ stripe_price: id }) => id);
  stripePrices.forEach((id, index) => {
    if (id !== undefined && stripePrices.indexOf(id) < index)
      refuse(['prices', index, 'stripe_price'], 'is named twice');
  });
  if (given.renewal_grace_seconds !== undefined && given.prices.length === 0) {
    refuse(['renewal_grace_seconds'], 'is for plans with a price: one without renews by itself');
  }
}

export const planDefinition = z.strictObject(definitionFields, 'must be an object').superRefine(checkTogether).meta({
  id: 'PlanDefinition',
  description: 'What a plan shows, costs and gives.',
}) satisfies z.ZodType<GivenPlanDefinition>;

export const EXAMPLE_PLAN = {
  name: 'Pro',
  features: ['1,000 credits a month, a fifth of the rest carried over', '10 premium renders a day'],
  public: true,
  prices: [{ amount: '20', currency: 'usd', stripe_price: 'price_1NqPro' }],
  grants: [{ unit: 'credits', amount: '1000', rollover: { carry: 'cap', percent: 20, amount: '200' } }],
  limits: [
    {
      unit: 'premium_renders',
      amount: '10',
      window: { every: 'day', anchor: 'calendar', time_zone: 'Asia/Tokyo' },
      match: [{ meters: ['render'], properties: { quality: 'premium' } }],
    },
  ],
  fallback: 'free',
};

export const definePlanRequest = z
  .strictObject(
    {
      ...definitionFields,
      publish: z
        .boolean('must be true or false')
        .default(false)
        .meta({ description: 'True: the next version, for ever. False: a draft, which nothing sells.' }),
    },
    'must be an object',
  )
  .superRefine(checkTogether)
  .meta({ id: 'DefinePlanRequest', examples: [{ ...EXAMPLE_PLAN, publish: true }] });
