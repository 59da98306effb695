import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { Api } from './api.js';

describe('documentation and health', () => {
  let api: Api;

  beforeAll(async () => {
    api = await Api.start();
  });

  afterAll(() => api.stop());

  test('/openapi.json is the document that is checked in', async () => {
    const answer = await api.send('GET', '/openapi.json', { as: null });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(JSON.parse(await readFile('openapi.json', 'utf8')));
  });

  test('/docs shows it with scripts of our own, and may load nothing from anywhere else', async () => {
    const moved = await api.send('GET', '/docs', { as: null });
    expect([301, 302]).toContain(moved.status);
    const page = await api.send('GET', moved.headers.location!, { as: null });
    expect(page.status).toBe(200);
    expect(page.text).toContain('/openapi.json');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!);
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) {
      expect(source).not.toMatch(/^(https?:)?\/\//);
      const asset = await api.send('GET', new URL(source, 'http://x/docs/').pathname, { as: null });
      expect(asset.status).toBe(200);
      expect(asset.headers['content-type']).toContain('javascript');
    }
  });

  test('nothing else is there without a key', async () => {
    for (const path of ['/docs/nothing', '/docs/../v1/accounts', '/openapi.yaml', '/metrics', '/.env']) {
      expect([401, 404]).toContain((await api.send('GET', path, { as: null })).status);
    }
  });

  test('livez and readyz answer without a key', async () => {
    for (const path of ['/livez', '/readyz']) {
      expect(await api.get(path, { as: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
    }
  });

  test("every answer has a Request-Id; a caller's own is kept where it is harmless", async () => {
    expect((await api.get('/livez', { headers: { 'request-id': 'mine-1' } })).headers['request-id']).toBe('mine-1');
    const strange = (await api.get('/livez', { headers: { 'request-id': 'a b<script>' } })).headers['request-id'];
    expect(strange).toMatch(/^req_[A-Za-z0-9_-]+$/);
    const [first, second] = [await api.get('/livez'), await api.get('/livez')];
    expect(first.headers['request-id']).not.toBe(second.headers['request-id']);
  });

  test('answers are not kept by anybody on the way', async () => {
    const { headers } = await api.get('/v1/accounts');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
});
