import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const run = promisify(execFile);

describe('ops rate-cards', () => {
  let database: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'credits-ledger-rates-'));
  });

  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  async function ops(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const ops = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { ...process.env, DATABASE_URL: database.url };
    return run(process.execPath, [ops, 'rate-cards', ...args], { env }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
    );
  }

  const card = (rate: string): string =>
    `rate_cards:\n  default:\n    rounding: up\n    meters:\n      images:\n        charges:\n          - unit: credits\n            prices: [{ rate: ${rate} }]\n`;
  const fileOf = async (text: string): Promise<string> => {
    const path = join(folder, 'cards.yaml');
    await writeFile(path, text);
    return path;
  };

  test('shows what a file would change, applies it, and then it changes nothing', async () => {
    const path = await fileOf(card(`'1'`));
    expect(await ops('diff', path)).toMatchObject({ code: 1, out: 'default: new\n' });
    const applied = await ops('apply', path, '--yes', '--reason', 'first prices');
    expect(applied).toMatchObject({ code: 0, out: 'default: new\ndefault: version 1 is in effect\n' });
    expect(await ops('diff', path)).toMatchObject({ code: 0, out: 'default: as it is\n' });
    expect((await ops('apply', path, '--yes', '--reason', 'again')).out).toBe('default: as it is\n');
    const { rows } = await database.ownerPool.query(`SELECT action, reason FROM ops_runs WHERE reason = 'again'`);
    expect(rows).toEqual([{ action: 'rate-cards', reason: 'again' }]);
    const exported = await ops('export', 'default');
    expect((await ops('diff', await fileOf(exported.out))).code).toBe(0);
  });

  test('names each price that changes, and drafts it where that is asked for', async () => {
    const path = await fileOf(card('2'));
    const { code, out } = await ops('diff', path);
    expect(code).toBe(1);
    expect(out).toBe('default: changes\n  meters.images.charges[0].prices[0].rate: 1 → 2\n');
    expect((await ops('apply', path, '--draft', '--yes', '--reason', 'an idea')).out).toContain('version 2 is a draft');
    expect((await ops('diff', path)).code).toBe(1);
  });

  test('refuses what is no card, in words, and applies nothing of it', async () => {
    const wrong = await ops('apply', await fileOf(card(`'-1'`)), '--yes', '--reason', 'wrong');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('rate_cards.default.meters.images.charges[0].prices[0].rate');
    expect((await ops('apply', join(folder, 'nothing.yaml'), '--yes', '--reason', 'x')).err).toContain(
      'cannot be read',
    );
    expect((await ops('apply', await fileOf(card('3')), '--yes')).err).toContain('--reason');
    expect((await ops('apply', await fileOf(card('3')), '--reason', 'x')).err).toContain('--yes');
    expect((await ops('export', 'nobody')).err).toContain('No version');
    expect((await ops('frobnicate')).code).toBe(2);
    const { rows } = await database.ownerPool.query('SELECT count(*)::int AS versions FROM rate_card_versions');
    expect(rows).toEqual([{ versions: 2 }]);
  });
});
