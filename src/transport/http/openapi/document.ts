import { z } from 'zod';
import type { ErrorCode } from '../../../shared/ledger-error.js';
import { webhookEvent } from '../../../webhooks/event.js';
import { problem } from '../../answers.js';
import { ERROR_TABLE } from '../../error-table.js';
import { ruleName } from '../../requests/alert-rules.js';
import { campaignId } from '../../requests/campaigns.js';
import { accountId, unitName } from '../../requests/fields.js';
import { planId } from '../../requests/plans.js';
import { cardId } from '../../requests/rate-card.js';
import { memberId } from '../../requests/members.js';
import { subscriptionId } from '../../requests/subscriptions.js';
import { packId } from '../../requests/top-ups.js';
import type { HttpCall } from '../call.js';
import type { RoutedCall } from './calls-of.js';

/** Of the API, not of the package: what is under /v1 only ever grows. */
const API_VERSION = '1.0.0';

const TAGS: Readonly<Record<string, string>> = {
  accounts: 'Holders of credits: what they have, what they were given, what became of it.',
  reservations: 'Credits held for work in flight: hold, then commit or release.',
  batch: 'Many commands in one request.',
  proofs: 'What was signed of the log of all entries, and what is under it: for customers and auditors.',
  units: 'What is counted.',
  plans: 'What is sold: grants, limits, prices, in versions that never change.',
  members: 'Who spends of an account, and how much each may: users, teams above them.',
  'top-ups': 'Credits for money: packs, and pages where buyers pay.',
  campaigns: 'Free credits for whoever claims them: once per account, and once per key over all accounts.',
  'rate cards': 'What things cost: prices of events, in versions.',
  finance: 'What became of the money that was paid for credits.',
  'test clocks': 'Time in test mode, moved by hand.',
  keys: 'Who may call.',
  alerts: 'When to tell what becomes of accounts.',
  webhooks: 'Whom to tell, signed and in order.',
  operations: 'For whoever runs the service: what works in the background, replay, and who used what and why.',
  health: 'For whoever runs the service.',
};

const ALWAYS: readonly ErrorCode[] = ['unauthenticated', 'scope_missing', 'invalid_request', 'rate_limited', 'busy'];
const WITH_KEY_OPTIONAL: readonly ErrorCode[] = ['unauthenticated', 'rate_limited', 'busy'];
const WITH_BODY: readonly ErrorCode[] = ['invalid_json', 'payload_too_large', 'unsupported_media_type'];
const WITH_KEY: readonly ErrorCode[] = [
  'idempotency_key_required',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'fact_already_recorded',
];

const PATH_PARAMETERS: Readonly<Record<string, z.ZodType>> = {
  account: accountId,
  unit: unitName,
  plan: planId,
  card: cardId,
  subscription: subscriptionId,
  member: memberId,
  campaign: campaignId,
  rule: ruleName,
  pack: packId,
  id: z.string().meta({ description: 'As an answer gave it.' }),
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    "The caller's own name for this request. The same request with the same key gets the first answer again.",
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$', examples: ['job-1-reserve'] },
};

const HEADERS = {
  'Request-Id': { description: 'Names this request, in the log too.', schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: '`true` where this is the first answer again.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } },
};

/** What an endpoint is sent, signed by https://www.standardwebhooks.com. */
const EVENT_SENT = {
  operationId: 'receiveEvent',
  tags: ['webhooks'],
  summary: 'What is sent to webhook endpoints',
  security: [],
  parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(name => ({
    name,
    in: 'header',
    required: true,
    schema: { type: 'string' },
  })),
  requestBody: { required: true, content: { 'application/json': { schema: reference(webhookEvent) } } },
  responses: {
    '2XX': { description: 'It arrived.' },
    '410': { description: 'The endpoint is disabled.' },
    default: { description: 'It is sent again.' },
  },
};

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of these calls, from the schemas that requests are checked with. */
export function openApiDocument(calls: readonly RoutedCall[]): Json {
  const paths: Record<string, Json> = {};
  for (const { method, path, call } of calls) (paths[path] ??= {})[method] = operation(path, call);
  const tags = new Set(calls.map(({ call }) => call.tag));
  return {
    openapi: '3.1.0',
    info: {
      title: 'credits-ledger',
      version: API_VERSION,
      description: 'A ledger for prepaid credits: reserve before you spend, commit what it really cost.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This service' }],
    tags: [...tags].map(name => ({ name, description: TAGS[name] ?? name })),
    paths,
    webhooks: { event: { post: EVENT_SENT } },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: '`crd_live_…` or `crd_test_…`' } },
      schemas: namedSchemas(calls.flatMap(({ call }) => call.body ?? [])),
      headers: HEADERS,
    },
  };
}

function operation(path: string, call: HttpCall): Json {
  return {
    operationId: call.id,
    tags: [call.tag],
    summary: call.summary,
    ...(call.description !== undefined && { description: call.description }),
    security: security(call),
    ...parameters(path, call),
    ...(call.body !== undefined && {
      requestBody: {
        required: !call.body.safeParse({}).success,
        content: { 'application/json': { schema: reference(call.body) } },
      },
    }),
    responses: responses(path, call),
  };
}

function security({ scope, keyOptional }: HttpCall): Json[] {
  if (scope !== null) return [{ apiKey: [scope] }];
  return keyOptional ? [{}, { apiKey: [] }] : [];
}

function parameters(path: string, call: HttpCall): Json {
  const found: Json[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(PATH_PARAMETERS[name]!),
  }));
  if (call.keyed) found.push(IDEMPOTENCY_KEY);
  const query = call.query === undefined ? {} : jsonSchema(call.query);
  const required = (query['required'] ?? []) as string[];
  for (const [name, schema] of Object.entries((query['properties'] ?? {}) as Record<string, Json>)) {
    found.push({ name, in: 'query', required: required.includes(name), schema });
  }
  return found.length === 0 ? {} : { parameters: found };
}

function responses(path: string, call: HttpCall): Json {
  const keyless = call.keyOptional ? WITH_KEY_OPTIONAL : (['busy'] as const);
  const always = call.scope === null ? keyless : ALWAYS;
  const codes = new Set<ErrorCode>([
    ...always,
    ...(call.body === undefined ? [] : WITH_BODY),
    ...(call.keyed ? WITH_KEY : []),
    ...(call.refusals ?? []),
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { http } = ERROR_TABLE[code];
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  const found: Json = { [call.status]: success(call) };
  for (const [status, its] of [...byStatus].sort(([a], [b]) => a - b)) found[status] = refusal(its);
  return found;
}

function success(call: HttpCall): Json {
  return {
    description: 'Done.',
    headers: headers('Request-Id', ...(call.keyed ? ['Idempotency-Replayed'] : [])),
    content: {
      'application/json': { schema: reference(call.answer) },
      ...(call.alsoAs !== undefined && { [call.alsoAs]: { schema: { type: 'string' } } }),
    },
  };
}

function refusal(codes: readonly ErrorCode[]): Json {
  const retry = codes.some(code => ERROR_TABLE[code].retryAfterSeconds !== undefined);
  return {
    description: `code: ${codes.map(code => `\`${code}\``).join(', ')}`,
    headers: headers('Request-Id', ...(retry ? ['Retry-After'] : [])),
    content: { 'application/problem+json': { schema: reference(problem) } },
  };
}

function headers(...names: string[]): Json {
  return Object.fromEntries(names.map(name => [name, { $ref: `#/components/headers/${name}` }]));
}

function reference(schema: z.ZodType): Json {
  const id = schema.meta()?.['id'];
  if (typeof id !== 'string') throw new Error('a body or an answer of the API needs a schema with an id');
  return { $ref: `#/components/schemas/${id}` };
}

/** All schemas that have a name. Those that only answers use leave room for fields to come. */
function namedSchemas(bodies: readonly z.ZodType[]): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { io: 'input', uri: id => `#/components/schemas/${id}` });
  const sent = new Set<string>();
  const follow = (schema: unknown): void => {
    for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (sent.has(name)) continue;
      sent.add(name);
      follow(schemas[name]);
    }
  };
  follow(bodies.map(reference));
  const names = Object.keys(schemas).sort();
  return Object.fromEntries(names.map(name => [name, tidy(schemas[name], !sent.has(name))]));
}

function jsonSchema(schema: z.ZodType): Json {
  return tidy(z.toJSONSchema(schema, { io: 'input' }), false) as Json;
}

/** Without Zod's own names, and without the long patterns that only repeat a format. */
function tidy(schema: unknown, open: boolean): unknown {
  if (Array.isArray(schema)) return schema.map(item => tidy(item, open));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $schema: _schema, $id: _id, pattern, additionalProperties, ...rest } = schema as Json;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, tidy(value, open)])),
    ...(pattern !== undefined && rest['format'] === undefined && { pattern }),
    ...(additionalProperties !== undefined &&
      !(open && additionalProperties === false) && { additionalProperties: tidy(additionalProperties, open) }),
  };
}
