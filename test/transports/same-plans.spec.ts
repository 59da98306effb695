import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, expectStatus, pathOf, type Answer, type Json } from '../contract/api.js';
import { firstDifference } from '../model/first-difference.js';
import { Dice, GENE, type Gene } from '../model/genes.js';
import { GrpcRefusal, type GrpcClient, type RequestOf, type UnaryMethod } from '../support/grpc-client.js';
import { asHttpJson, readByProto, withoutDefaults } from '../support/proto-json.js';
import { awayFromMidnight } from '../support/midnight.js';

/** How many scripts to run, and from which seed. */
const SCRIPTS = Number(process.env['PLAN_SCRIPTS'] ?? 20);
const SEED = process.env['SCRIPTS_SEED'] === 'fresh' ? Date.now() % 2 ** 31 : Number(process.env['SCRIPTS_SEED'] ?? 7);
const COMMANDS = 25;
const DAY_MS = 86_400_000;
const NOW = Math.floor(Date.now() / 1000) * 1000;
const IMAGES = { unit: 'images', amount: '10', window: { every: 'day', anchor: 'calendar', time_zone: 'UTC' } };
const credits = (amount: string, rollover?: object) => ({ unit: 'credits', amount, ...(rollover && { rollover }) });
const PLANS: Readonly<Record<string, object>> = {
  free: { name: 'Free', grants: [credits('20')], limits: [IMAGES] },
  saver: { name: 'Saver', grants: [credits('7', { carry: 'cap', percent: 50 })], trial: { days: 3 } },
  pro: {
    name: 'Pro',
    prices: [{ amount: '20', currency: 'usd' }],
    grants: [credits('100', { carry: 'all', periods: 1 })],
    limits: [{ ...IMAGES, amount: '50', soft: true }],
    fallback: 'free',
  },
};
const NAMES = ['pro', 'pro', 'saver', 'pro', 'free', 'saver', 'unheard-of', ''];
const CHANGES = ['now', 'period_end'];
const UNUSED = ['keep', 'prorate', 'drop'];

let api: Api;
let grpc: GrpcClient;

beforeAll(async () => {
  await awayFromMidnight();
  api = await Api.start();
  grpc = await api.grpc();
  await api.put('/v1/units/images', { kind: 'allowance', scale: 0 });
  for (const [id, definition] of Object.entries(PLANS)) {
    expectStatus(200, await api.put(`/v1/plans/${id}`, { ...definition, publish: true }));
  }
});

afterAll(async () => {
  grpc.close();
  await api.stop();
});

test(
  `${SCRIPTS} scripts of ${COMMANDS} random calls about subscriptions end alike over HTTP and over gRPC`,
  async () => {
    const script = fc.array(GENE, { minLength: COMMANDS, maxLength: COMMANDS });
    const outcomes = new Set<string>();
    for (const [at, genes] of fc.sample(script, { numRuns: SCRIPTS, seed: SEED }).entries()) {
      for (const [index, gene] of genes.entries()) {
        const { http, rpc } = callsOf(gene);
        const [first, second] = await Promise.all([http(`http-${at}`), rpc(`grpc-${at}`)]);
        outcomes.add(String(first.code ?? 'ok'));
        const difference = firstDifference('transports', neutral(first), neutral(second));
        if (difference !== null) throw new Error(`SCRIPTS_SEED=${SEED}, script ${at}, call ${index}: ${difference}`);
      }
    }
    expect([...outcomes]).toEqual(
      expect.arrayContaining(['ok', 'invalid_request', 'plan_not_found', 'subscription_not_found', 'period_overlap']),
    );
  },
  600_000 + SCRIPTS * COMMANDS * 200,
);

interface Calls {
  readonly http: (account: string) => Promise<Json>;
  readonly rpc: (account: string) => Promise<Json>;
}

function callsOf(gene: Gene): Calls {
  const subscription = new Dice(gene.account).pick(['main', 'main', 'main', 'other', 'not/one'])!;
  const at = (account: string): string => `${pathOf(account)}/subscriptions/${encodeURIComponent(subscription)}`;
  const dice = new Dice(gene.terms);
  switch (new Dice(gene.kind).weighted([[8, 'put'], [2, 'cancel'], [2, 'get'], [1, 'list'], [3, 'charge']] as const)) {
    case 'put':
      return putOf(gene, subscription, at);
    case 'cancel': {
      const when = dice.pick([0, 1, 2])!;
      const query = when === 0 ? '' : `?at=${CHANGES[when - 1]}`;
      return both(a => api.call('DELETE', `${at(a)}${query}`), 'cancelSubscription', { subscription, at: when });
    }
    case 'get':
      return both(account => api.get(at(account)), 'getSubscription', { subscription });
    case 'list':
      return both(account => api.get(`${pathOf(account)}/subscriptions`), 'listSubscriptions', {});
    case 'charge': {
      const body = { amount: String(1 + dice.below(12)), unit: dice.pick(['credits', 'images'])! };
      const key = `${gene.kind}-${gene.terms}-${gene.amount}`;
      const post = (account: string) => api.post(`${pathOf(account)}/charges`, body, { key });
      return both(post, 'chargeCredits', { ...body, idempotency_key: key });
    }
  }
} // prettier-ignore

function putOf(gene: Gene, subscription: string, at: (account: string) => string): Calls {
  const dice = new Dice(gene.terms);
  const days = new Dice(gene.time).below(24) - 20;
  const start = NOW + days * DAY_MS;
  const plan = dice.pick(NAMES)!;
  const [change, unused] = [dice.below(3), dice.below(4)];
  const flags = {
    ...(dice.oneIn(6) && { trial: true }),
    ...(dice.oneIn(5) && { cancel_at_period_end: dice.oneIn(2) }),
  };
  const overrides = dice.oneIn(6) ? { overrides: { [dice.pick(['credits', 'images', 'nothing'])!]: '3' } } : {};
  const end = dice.oneIn(4) ? start + (dice.below(40) - 1) * DAY_MS : null;
  const isNamed = dice.below(4) > 0;
  const body = {
    ...(plan !== '' && { plan }),
    ...(isNamed && { cycle_start_at: new Date(start).toISOString() }),
    ...(end !== null && { cycle_end_at: new Date(end).toISOString() }),
    ...(change > 0 && { change: CHANGES[change - 1] }),
    ...(unused > 0 && { unused: UNUSED[unused - 1] }),
    ...flags,
    ...overrides,
  };
  const request = {
    subscription,
    plan,
    ...(isNamed && { cycle_start_at: { seconds: start / 1000 } }),
    ...(end !== null && { cycle_end_at: { seconds: end / 1000 } }),
    change,
    unused,
    ...flags,
    ...overrides,
  };
  return both(account => api.put(at(account), body), 'putSubscription', request);
}

function both<M extends UnaryMethod>(ask: (account: string) => Promise<Answer>, method: M, request: object): Calls {
  return {
    http: async account => {
      const { status, body } = await ask(account);
      return status < 300 ? withoutDefaults(body) : { code: body.code, retryable: body.retryable };
    },
    rpc: async account => {
      try {
        const { bytes } = await grpc.ask(method, { ...request, account } as RequestOf<M>);
        return asHttpJson(readByProto(method.replace(/^./, letter => letter.toUpperCase()), bytes));
      } catch (error) {
        if (!(error instanceof GrpcRefusal)) throw error;
        const { ErrorInfo } = error.details as Json;
        return { code: error.code, retryable: ErrorInfo.metadata.retryable === 'true' };
      }
    },
  };
} // prettier-ignore

/** Without what no two accounts have in common: names, ids, moments, and the share of a time that goes on meanwhile. */
function neutral(value: Json): Json {
  if (Array.isArray(value)) return value.map(neutral);
  if (typeof value === 'string') return value.replace(/^(http|grpc)-\d+$/, 'ACCOUNT').replace(/^(res|lot|ent)_.{22}$/, '$1');
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([name, member]) => {
    if (name.endsWith('_at')) return [name, 'THEN'];
    return [name, typeof member === 'string' && /^-?\d+\.\d{4,}$/.test(member) ? 'PRORATED' : neutral(member)];
  });
  return Object.fromEntries(members);
} // prettier-ignore
