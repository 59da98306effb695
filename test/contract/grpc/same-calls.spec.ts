import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CreditsServiceDefinition } from '../../../src/transport/grpc/generated/credits/v1/credits_service.js';
import { requestShapeOf, shapeOf, type Shape } from '../../../src/transport/grpc/message-shapes.js';
import { differences, type JsonSchema } from '../../support/json-and-message.js';
import type { Json } from '../api.js';

/** What people and deployments configure, what operators do, and pages where buyers pay: HTTP alone (ADR 23, 32). */
const HTTP_ALONE =
  /^\/(livez|readyz)$|^\/v1\/(ops\/|webhook-endpoints|alert-rules|packs|accounts\/\{account\}\/(alert-rules|top-ups))/;
/** Calls of HTTP that gRPC has under another name. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  grant: 'grantCredits',
  reserve: 'reserveCredits',
  charge: 'chargeCredits',
  freeze: 'freezeAccount',
  unfreeze: 'unfreezeAccount',
  commit: 'commitReservation',
  release: 'releaseReservation',
  extend: 'extendReservation',
  revoke: 'revokeLot',
  check: 'checkReservation',
  batch: 'executeBatch',
  putMember: 'setMember',
  claim: 'claimCampaign',
};
/** By HTTP in the path or a header; what a commit, a refund or a revoke is about has an id of its kind. */
const ADDRESSES = [
  'account',
  'reservation',
  'entry',
  'lot',
  'subscription',
  'member',
  'plan',
  'card',
  'campaign',
  'clock',
  'unit',
  'id',
  'idempotency_key',
];
/** Where protobuf needs another form of what JSON has: transports.spec.ts sends these. */
const OTHER_FORMS: Readonly<Record<string, readonly string[]>> = {
  configureAccount: ['overdraft_limits', 'metadata'],
  listUsage: ['group_by'],
  executeBatch: ['commands'],
  // An answer over gRPC is a message, and nothing else.
  getStatement: ['format'],
};

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly fields: Record<string, JsonSchema>;
}

describe('every call of HTTP and of gRPC', () => {
  let operations: Operation[];
  let schemas: Record<string, JsonSchema>;

  beforeAll(async () => {
    const document: Json = JSON.parse(await readFile('openapi.json', 'utf8'));
    schemas = document.components.schemas;
    operations = Object.entries<Json>(document.paths).flatMap(([path, calls]) =>
      Object.values<Json>(calls)
        .filter(({ operationId }) => operationId !== undefined)
        .map(call => ({
          path,
          method: OTHER_NAMES[call.operationId] ?? call.operationId,
          fields: fieldsOf(call, schemas),
        })),
    );
  });

  const shared = () => operations.filter(({ path }) => !HTTP_ALONE.test(path));

  test('is one of both, but for what is configured and operated over HTTP alone', () => {
    const methods = Object.keys(CreditsServiceDefinition.methods).filter(name => name !== 'streamCommands');
    expect(
      shared()
        .map(({ method }) => method)
        .sort(),
    ).toEqual(methods.sort());
  });

  test('can be asked the same over both', () => {
    const found = shared().flatMap(({ method, fields }) => {
      const other = OTHER_FORMS[method] ?? [];
      const asked = Object.fromEntries(Object.entries(fields).filter(([name]) => !other.includes(name)));
      return differences({ properties: asked }, requestOf(method), [...ADDRESSES, ...other], schemas, method);
    });
    expect(found).toEqual([]);
  });

  test('is refused with the same details over both', () => {
    const { Shortfall: shortfall, Reservation: reservation } = schemas;
    expect(differences(shortfall!, shapeOf('credits.v1.Shortfall'), [], schemas)).toEqual([]);
    expect(differences(reservation!, shapeOf('credits.v1.Reservation'), [], schemas)).toEqual([]);
  });
});

function fieldsOf(
  { parameters = [], requestBody }: Json,
  schemas: Record<string, JsonSchema>,
): Record<string, JsonSchema> {
  const queried = parameters.filter(({ in: place }: Json) => place === 'query');
  const query = Object.fromEntries(queried.map(({ name, schema }: Json) => [name, schema]));
  const body: Json = requestBody?.content['application/json'].schema ?? {};
  const { properties = {} }: Json = body.$ref === undefined ? body : schemas[body.$ref.replace(/^.*\//, '')];
  return { ...query, ...properties };
}

/** A plan's definition is a message of its own, which its versions have too. */
function requestOf(method: string): Shape {
  const shape = requestShapeOf(method);
  const wrapped = method === 'definePlan' ? shapeOf('credits.v1.PlanDefinition').fields : [];
  return { ...shape, fields: [...shape.fields.filter(({ name }) => name !== 'definition'), ...wrapped] };
}
