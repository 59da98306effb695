import { z } from 'zod';
import type { ErrorCode } from '../../../shared/ledger-error.js';
import { problem } from '../../answers.js';
import { ERROR_TABLE } from '../../error-table.js';
import { accountId, unitName } from '../../requests/fields.js';
import type { HttpCall } from '../call.js';
import type { RoutedCall } from './calls-of.js';

/** Of the API, not of the package: what is under /v1 only ever grows. */
const API_VERSION = '1.0.0';

const TAGS: Readonly<Record<string, string>> = {
  accounts: 'Holders of credits: what they have, what they were given, what became of it.',
  reservations: 'Credits held for work in flight: hold, then commit or release.',
  batch: 'Many commands in one request.',
  units: 'What is counted.',
  keys: 'Who may call.',
  health: 'For whoever runs the service.',
};

const ALWAYS: readonly ErrorCode[] = ['unauthenticated', 'scope_missing', 'invalid_request', 'rate_limited', 'busy'];
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
  id: z.string().meta({ description: 'As an answer gave it.' }),
};

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    "The caller's own name for this request. The same request with the same key gets the first answer again.",
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
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
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: '`crd_live_…` or `crd_test_…`' } },
      schemas: namedSchemas(),
    },
  };
}

function operation(path: string, call: HttpCall): Json {
  return {
    operationId: call.id,
    tags: [call.tag],
    summary: call.summary,
    ...(call.description !== undefined && { description: call.description }),
    security: call.scope === null ? [] : [{ apiKey: [call.scope] }],
    ...parameters(path, call),
    ...(call.body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: reference(call.body) } } },
    }),
    responses: responses(path, call),
  };
}

function parameters(path: string, call: HttpCall): Json {
  const found: Json[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(PATH_PARAMETERS[name]!),
  }));
  if (call.keyed) found.push(IDEMPOTENCY_KEY);
  const query = call.query === undefined ? {} : (jsonSchema(call.query)['properties'] as Record<string, Json>);
  for (const [name, schema] of Object.entries(query)) found.push({ name, in: 'query', required: false, schema });
  return found.length === 0 ? {} : { parameters: found };
}

function responses(path: string, call: HttpCall): Json {
  const always = call.scope === null ? (['busy'] as const) : ALWAYS;
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
  const replayed = {
    description: '`true` where this is the first answer again.',
    schema: { type: 'string', enum: ['true'] },
  };
  return {
    description: 'Done.',
    headers: { 'Request-Id': requestId(), ...(call.keyed && { 'Idempotency-Replayed': replayed }) },
    content: { 'application/json': { schema: reference(call.answer) } },
  };
}

function refusal(codes: readonly ErrorCode[]): Json {
  const seconds = { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } };
  const retry = codes.some(code => ERROR_TABLE[code].retryAfterSeconds !== undefined);
  return {
    description: `code: ${codes.map(code => `\`${code}\``).join(', ')}`,
    headers: { 'Request-Id': requestId(), ...(retry && { 'Retry-After': seconds }) },
    content: { 'application/problem+json': { schema: reference(problem) } },
  };
}

function requestId(): Json {
  return { description: 'Names this request, in the log too.', schema: { type: 'string' } };
}

function reference(schema: z.ZodType): Json {
  const id = schema.meta()?.['id'];
  if (typeof id !== 'string') throw new Error('a body or an answer of the API needs a schema with an id');
  return { $ref: `#/components/schemas/${id}` };
}

function namedSchemas(): Json {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { io: 'input', uri: id => `#/components/schemas/${id}` });
  const names = Object.keys(schemas).sort();
  return Object.fromEntries(names.map(name => [name, withoutIds(schemas[name]!)]));
}

function jsonSchema(schema: z.ZodType): Json {
  return withoutIds(z.toJSONSchema(schema, { io: 'input' }));
}

function withoutIds(schema: object): Json {
  const { $schema: _schema, $id: _id, id: _name, ...rest } = schema as Json;
  return rest;
}
