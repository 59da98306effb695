import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PostmasterLog } from './postmaster-log.js';

test('the log of PostgreSQL is cut when it is too large, and one predecessor is kept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'credits-ledger-log-'));
  const path = join(folder, 'postgres.log');
  await writeFile(path, `${'x'.repeat(9 * 1024 * 1024)}\nlast words\n`);

  const log = await PostmasterLog.open(folder);
  expect((await stat(path)).size).toBe(0);
  expect((await readFile(`${path}.1`, 'utf8')).trimEnd()).toMatch(/last words$/);

  await log.close();
  await rm(folder, { recursive: true });
});
