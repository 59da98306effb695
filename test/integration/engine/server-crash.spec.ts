import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { APP_ROLE, createAppPool } from '../../../src/database/connections.js';
import { EmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.js';
import { migrate } from '../../../src/database/migrate.js';
import { auditLedger } from '../../support/audit.js';
import { createDataDir, eventually } from '../../support/data-dir.js';
import type { TestDatabase } from '../../support/database.js';
import { openEngine } from '../../support/engine.js';
import { Teller, type Told } from '../../support/teller.js';

const logger = pino({ level: 'silent' });
const CALLERS = 8;
const CRASHES = 4;
const ANSWERS_BETWEEN_CRASHES = 100;

describe('a PostgreSQL that is killed under load', () => {
  let dataDir: Awaited<ReturnType<typeof createDataDir>>;
  let server: EmbeddedPostgres;
  let database: TestDatabase;

  beforeAll(async () => {
    dataDir = await createDataDir();
    server = await EmbeddedPostgres.start({ dataDir: dataDir.path, logger });
    const admin = new Client({ connectionString: server.url() });
    await admin.connect();
    await admin.query('CREATE DATABASE crash');
    await admin.end();
    const url = server.url('crash');
    await migrate(url, logger);
    const appLogin = { url, role: APP_ROLE };
    const appPool = createAppPool({ login: appLogin, logger });
    const ownerPool = new Pool({ connectionString: url });
    ownerPool.on('error', () => {});
    const close = async () => void (await Promise.all([appPool.end(), ownerPool.end()]));
    database = { name: 'crash', url, appLogin, appPool, ownerPool, close };
  });

  afterAll(async () => {
    await database.close();
    await server.stop();
    await dataDir.remove();
  });

  test('loses nothing that was acknowledged and does nothing twice', async () => {
    const engine = await openEngine(database);
    const teller = new Teller(engine);
    const told: Told[] = [await teller.grant('a', 100_000)];
    const done = new AbortController();
    const call = async (caller: number) => {
      for (let turn = 0; !done.signal.aborted; turn++) {
        const key = `${caller}-${turn}`;
        told.push(await patiently(() => teller.charge('a', 1, {}, { key })));
        told.push(await patiently(() => teller.grant(`new-${key}`, 1, {}, { key })));
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, caller) => call(caller));
    for (let crash = 0; crash < CRASHES; crash++) {
      const before = told.length;
      await eventually(() => told.length > before + ANSWERS_BETWEEN_CRASHES);
      await new Promise(resolve => setTimeout(resolve, Math.random() * 20));
      process.kill(server.pid!, 'SIGKILL');
    }
    const before = told.length;
    await eventually(() => told.length > before + ANSWERS_BETWEEN_CRASHES);
    done.abort();
    await Promise.all(callers);

    const spent = told.filter(({ account }) => account === 'a').map(({ entries }) => entries[0]!.seq);
    expect(spent.sort((a, b) => a - b)).toEqual(Array.from({ length: spent.length }, (_, i) => i + 1));
    const { rows } = await database.ownerPool.query<{ count: string }>('SELECT count(*) FROM entries');
    expect(Number(rows[0]!.count)).toBe(told.length);
    expect(await auditLedger(database)).toEqual([]);
    await engine.writePath.drain();
  });
});

/** As a client should: the same request with the same key, until the ledger is no longer busy. */
async function patiently(call: () => Promise<Told>): Promise<Told> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if ((error as { code?: string }).code !== 'busy') throw error;
    }
  }
}
