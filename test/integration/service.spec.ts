import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { processesInside, readPostmasterPid } from '../../src/database/embedded/postmaster-pid.js';
import { createDataDir, embeddedDatabaseUrl, eventually } from '../support/data-dir.js';
import { createTestDatabase } from '../support/database.js';
import { startService, type RunningService, type ServiceOptions } from '../support/service.js';

describe('the service', () => {
  let running: RunningService[] = [];

  async function start(options: ServiceOptions): Promise<RunningService> {
    const service = await startService(options);
    running.push(service);
    return service;
  }

  afterEach(async () => {
    await Promise.all(running.map(service => service.stop()));
    running = [];
  });

  describe('on its embedded PostgreSQL', () => {
    let dataDir: Awaited<ReturnType<typeof createDataDir>>;
    const inDataDir = () => ({ env: { DATA_DIR: dataDir.path } });
    const cluster = () => join(dataDir.path, 'postgres');

    beforeEach(async () => {
      dataDir = await createDataDir();
    });

    afterEach(async () => {
      await Promise.all(running.map(service => service.stop()));
      await dataDir.remove();
    });

    async function ask(sql: string): Promise<unknown[]> {
      const client = new Client({ connectionString: await embeddedDatabaseUrl(dataDir.path) });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query(sql)).rows;
      } finally {
        await client.end();
      }
    }

    test('keeps what was committed through kill -9, and takes its data directory back', async () => {
      const first = await start(inDataDir());
      await ask('CREATE TABLE kept AS SELECT 7 AS n');
      await first.kill9();
      expect((await processesInside(cluster())).length).toBeGreaterThan(0);

      const second = await start(inDataDir());
      expect(second.output()).toContain('a killed service left running');
      expect(await ask('SELECT n FROM kept')).toEqual([{ n: 7 }]);
    });

    test('stops on SIGTERM with exit code 0 and leaves no process', async () => {
      const service = await start(inDataDir());
      expect(await service.stop()).toBe(0);
      expect(await processesInside(cluster())).toEqual([]);
      expect(await readPostmasterPid(cluster())).toBeUndefined();
    });

    test('goes on when PostgreSQL is killed under it', async () => {
      const service = await start(inDataDir());
      const killed = (await readPostmasterPid(cluster()))!.pid;
      process.kill(killed, 'SIGKILL');
      await eventually(async () => {
        const postmaster = await readPostmasterPid(cluster());
        return postmaster?.ready === true && postmaster.pid !== killed;
      });
      expect(await ask('SELECT 1 AS n')).toEqual([{ n: 1 }]);
      expect(await service.stop()).toBe(0);
    });

    test('refuses a data directory that another service uses', async () => {
      const first = await start(inDataDir());
      await expect(startService(inDataDir())).rejects.toMatchObject({
        exitCode: 1,
        // A machine that is too busy for an answer within seconds does not learn the pid.
        output: expect.stringMatching(`in use by another credits-ledger \\(pid (${first.pid}|unknown)\\)`),
      });
      expect(await ask('SELECT 1 AS n')).toEqual([{ n: 1 }]);
    });

    test('leaves no PostgreSQL behind when its own port is taken', async () => {
      const squatter = createServer();
      await new Promise<void>(resolve => squatter.listen(0, '127.0.0.1', resolve));
      const { port } = squatter.address() as { port: number };
      await expect(startService({ env: { DATA_DIR: dataDir.path, PORT: String(port) } })).rejects.toMatchObject({
        exitCode: 1,
        output: expect.stringContaining('PORT is taken'),
      });
      expect(await processesInside(cluster())).toEqual([]);
      squatter.close();
    });

    test('refuses synchronous_commit off unless a test allows it, and then says so loudly', async () => {
      const unsafe = { DATA_DIR: dataDir.path, EMBEDDED_POSTGRES_SETTINGS: 'synchronous_commit=off' };
      await expect(startService({ env: unsafe })).rejects.toMatchObject({
        exitCode: 1,
        output: expect.stringContaining('synchronous_commit off'),
      });
      const allowed = await start({ env: { ...unsafe, ALLOW_UNSAFE_DURABILITY: 'true' } });
      expect(allowed.output()).toContain('UNSAFE');
    });
  });

  describe('on a PostgreSQL of its operator', () => {
    test('boots several replicas at once on an empty database', async () => {
      const database = await createTestDatabase({ template: 'empty' });
      await Promise.all(Array.from({ length: 3 }, () => start({ databaseUrl: database.url })));
      await Promise.all(running.map(async service => expect(await service.stop()).toBe(0)));
      await database.close();
    });

    test('says what is wrong with a database it cannot open, without its password', async () => {
      const database = await createTestDatabase();
      const wrong = new URL(database.url);
      wrong.password = 'not-the-password';
      const failure = await startService({ databaseUrl: wrong.href }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ exitCode: 1, output: expect.stringContaining('password authentication failed') });
      expect(String(failure)).not.toContain('not-the-password');
      await database.close();
    });
  });

  test('names the variable that is wrong', async () => {
    await expect(startService({ env: { PORT: 'http' } })).rejects.toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('PORT must be a port number'),
    });
  });
});
