import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { ERROR_TABLE } from '../../error-table.js';
import { CONTROLLERS } from '../controllers.js';
import { callsOf } from './calls-of.js';
import { openApiDocument } from './document.js';
import { webhookEventSchema } from './webhook-event-schema.js';

describe('openapi.json', () => {
  const calls = callsOf(CONTROLLERS);

  test('is what the schemas and controllers say; `npm run openapi` writes it', async () => {
    const checkedIn = JSON.parse(await readFile('openapi.json', 'utf8')) as unknown;
    expect(checkedIn).toEqual(JSON.parse(JSON.stringify(openApiDocument(calls))));
  });

  test('has beside it the schema of what endpoints are sent, as it is checked in', async () => {
    const checkedIn = JSON.parse(await readFile('docs/webhook-events.schema.json', 'utf8')) as unknown;
    expect(checkedIn).toEqual(JSON.parse(JSON.stringify(webhookEventSchema())));
  });

  test('names every call once', () => {
    const ids = calls.map(({ call }) => call.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(27);
  });

  test('shows an example of every body, and each is a body that would be taken', () => {
    for (const { call } of calls) {
      if (call.body === undefined) continue;
      const examples = (call.body.meta()?.['examples'] ?? []) as unknown[];
      expect([call.id, examples.length > 0]).toEqual([call.id, true]);
      for (const example of examples)
        expect([call.id, call.body.safeParse(example).error]).toEqual([call.id, undefined]);
    }
  });

  test('tells no refusal apart that the error table does not', () => {
    for (const { call } of calls)
      for (const code of call.refusals ?? []) expect(ERROR_TABLE[code].http).toBeLessThan(500);
  });
});
