import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { cardDefinition } from '../../src/rates/card-definition.js';
import { compileCard, definitionErrors } from '../../src/rates/compile-card.js';
import { givenEvent } from '../../src/rates/given-event.js';
import { priceEvent } from '../../src/rates/price-event.js';
import { Api } from '../contract/api.js';

const run = promisify(execFile);

describe('docs/rate-cards.md', () => {
  let api: Api;
  let folder: string;

  beforeAll(async () => {
    api = await Api.start();
    folder = await mkdtemp(join(tmpdir(), 'credits-ledger-docs-'));
  });

  afterAll(async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  });

  test('has examples that work as pasted, one after the other, with the results it tells', async () => {
    const text = await readFile('docs/rate-cards.md', 'utf8');
    const env = { ...process.env, CREDITS: `${api.url}/v1`, API_KEY: api.apiKey };
    const told: string[] = [];
    for (const [, block = ''] of text.matchAll(/```sh\n([\s\S]*?)```/g)) {
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { env, cwd: folder });
      expect(stdout).not.toContain('"status":4');
      told.push(stdout);
    }
    const [card, spent, images, simulated] = told;
    expect(card).toContain('"version":1,"status":"published"');
    expect(spent).toContain('"reserved":"0.0415"');
    expect(spent).toContain('"committed":"0.0095","released":"0.032"');
    expect(images).toContain('"amount":"1.11"');
    expect(simulated).toContain('"total":{"events":1,"actual":{"credits":"0.0095"},"candidate":{"credits":"0.0144"}}');
    expect(simulated).toContain('"unpriced":{"events":1');
  });
});

test('the starter card is a card in which every price is reached, and says of when it is', async () => {
  const file = await readFile('examples/rate-cards/llm-tokens.yaml', 'utf8');
  const definition = cardDefinition.parse(parse(file).rate_cards.default);
  expect(definitionErrors(definition, 'default')).toEqual([]);
  expect(definition.description).toMatch(/as of \d{4}-\d{2}-\d{2}/);
  const card = compileCard('default', 1, definition);
  const event = givenEvent('llm_tokens', { input: '1000000', output: '100000' }, { model: 'gpt-5.4-mini-2026-03-17' });
  expect(priceEvent(card, event, () => 6)).toEqual({ ok: true, lines: [{ unit: 'credits', amount: 1_200_000n }] });
});
