import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { generatedSources } from './api.js';

const SOURCES = 'clients/typescript/src';

describe('the sources that follow from openapi.json', () => {
  test('are what it says; `npm run openapi` writes all of them', async () => {
    const sources = Object.entries(await generatedSources(await openApi()));
    expect(sources).toHaveLength(2);
    for (const [file, source] of sources) expect(await readFile(`${SOURCES}/${file}`, 'utf8')).toBe(source);
  });

  test('have a method for every call', async () => {
    const document = await openApi();
    const { 'api.generated.ts': source } = await generatedSources(document);
    const ids = Object.values(document.paths).flatMap(verbs => Object.values(verbs).map(call => call.operationId));
    expect(ids.length).toBeGreaterThanOrEqual(27);
    for (const id of ids) expect(source).toMatch(new RegExp(`^  ${id}\\(`, 'm'));
  });
});

async function openApi() {
  const text = await readFile('openapi.json', 'utf8');
  return JSON.parse(text) as { paths: Record<string, Record<string, { operationId: string }>> };
}
