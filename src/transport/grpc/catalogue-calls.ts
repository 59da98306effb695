import type { PlanCalls } from '../plans.js';
import type { RateCardCalls } from '../rate-cards.js';
import type { Rate, RateCharge, RateMeter, RateRule } from './generated/credits/v1/rate_cards.js';
import { moments, unary } from './unary-call.js';

/** Calls about what is sold. */
export function planCalls(plans: PlanCalls) {
  return {
    definePlan: unary('definePlan', 'config:write', async ({ plan = '', definition, publish }, { caller }) => {
      return `{"plan":${await plans.define(caller, plan, { ...definition, ...(publish && { publish }) })}}`;
    }),
    getPlan: unary('getPlan', null, async ({ plan = '' }, { caller }) => {
      return `{"plan":${await plans.get(caller, plan)}}`;
    }),
    listPlans: unary('listPlans', null, async (request, { caller }) => plans.list(caller, request)),
    listPlanVersions: unary('listPlanVersions', 'config:write', async ({ plan = '', ...query }) => {
      return plans.versions(plan, query);
    }),
    archivePlan: unary('archivePlan', 'config:write', async ({ plan = '' }, { caller }) => {
      return `{"plan":${await plans.archive(caller, plan)}}`;
    }),
  };
}

/** Calls about what things cost. */
export function rateCardCalls(cards: RateCardCalls) {
  return {
    putRateCard: unary('putRateCard', 'config:write', async ({ card = '', meters, effective_at: at, ...body }) => {
      const definition = {
        ...body,
        ...(meters && { meters: named(meters, meterBody) }),
        ...moments({ effective_at: at }),
      };
      return `{"card":${await cards.put(card, definition)}}`;
    }),
    getRateCard: unary('getRateCard', 'ledger:read', async ({ card: id = '', ...query }) => {
      const { version_in_effect, versions, ...card } = JSON.parse(await cards.get(id, query));
      return JSON.stringify({ card, version_in_effect, versions });
    }),
    listRateCards: unary('listRateCards', 'ledger:read', async request => cards.list(request)),
    simulateRateCard: unary('simulateRateCard', 'usage:read', async ({ card = '', from, to, ...body }, { asker }) => {
      return cards.simulate(asker, card, { ...body, ...moments({ from, to }) });
    }),
  };
}

function meterBody({ charges, ...meter }: RateMeter) {
  return { ...meter, ...(charges && { charges: charges.map(chargeBody) }) };
}

function chargeBody({ prices, ...charge }: RateCharge) {
  return { ...charge, ...(prices && { prices: prices.map(ruleBody) }) };
}

function ruleBody({ rate, rates, ...rule }: RateRule) {
  return { ...rule, ...(rate && { rate: rateBody(rate) }), ...(rates && { rates: named(rates, rateBody) }) };
}

/** As JSON has it: a price alone is a text; what else there is beside a price is for the schema to refuse. */
function rateBody({ price, ...steps }: Rate) {
  if (price === undefined) return steps;
  return Object.keys(steps).length === 0 ? price : { price, ...steps };
}

function named<T, Body>(given: Readonly<Record<string, T>>, body: (value: T) => Body): Readonly<Record<string, Body>> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, body(value)]));
}
