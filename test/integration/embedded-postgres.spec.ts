import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from '../../src/database/embedded/embedded-postgres.js';
import { isAlive, processesInside, readPostmasterPid } from '../../src/database/embedded/postmaster-pid.js';
import { createDataDir, eventually } from '../support/data-dir.js';

const logger = pino({ level: 'silent' });

describe('embedded PostgreSQL', () => {
  let dataDir: Awaited<ReturnType<typeof createDataDir>>;
  let server: EmbeddedPostgres | undefined;

  beforeEach(async () => {
    dataDir = await createDataDir();
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await dataDir.remove();
  });

  async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    server = await EmbeddedPostgres.start({ dataDir: dataDir.path, logger, ...options });
    return server;
  }

  async function ask<T>(sql: string): Promise<T[]> {
    const client = new Client({ connectionString: server!.url() });
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows.map(([value]) => value as T);
    } finally {
      await client.end();
    }
  }

  test('is durable, local and up to date', async () => {
    await start();
    expect(
      await ask(`SELECT name || '=' || setting FROM pg_settings WHERE name IN
        ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'data_checksums') ORDER BY name`),
    ).toEqual([
      'data_checksums=on',
      'fsync=on',
      'full_page_writes=on',
      'listen_addresses=127.0.0.1',
      'synchronous_commit=on',
    ]);
    expect(Number((await ask<string>('SHOW server_version_num'))[0])).toBeGreaterThanOrEqual(160_000);
  });

  test('keeps its password to its owner', async () => {
    await start();
    expect((await stat(join(dataDir.path, 'postgres-password'))).mode & 0o777).toBe(0o600);
    const stranger = new Client({ connectionString: server!.url().replace(/:[^:@/]+@/, ':guess@') });
    await expect(stranger.connect()).rejects.toThrow('password authentication failed');
  });

  test('takes settings of the caller over its own', async () => {
    await start({ settings: { synchronous_commit: 'off', commit_delay: '1000' } });
    expect(await ask('SHOW synchronous_commit')).toEqual(['off']);
    expect(await ask('SHOW commit_delay')).toEqual(['1000']);
  });

  test('refuses a second start on the same data directory and leaves the first alone', async () => {
    await start();
    const second = EmbeddedPostgres.start({ dataDir: dataDir.path, logger });
    await expect(second).rejects.toThrow(`in use by another credits-ledger (pid ${process.pid})`);
    expect(await ask('SELECT 1')).toEqual([1]);
  });

  test('lets exactly one of ten simultaneous starts have the data directory', async () => {
    const starts = await Promise.allSettled(
      Array.from({ length: 10 }, () => EmbeddedPostgres.start({ dataDir: dataDir.path, logger })),
    );
    const started = starts.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
    expect(started).toHaveLength(1);
    server = started[0];
    expect(await ask('SELECT 1')).toEqual([1]);
  });

  test('leaves no process and no lock after a stop, and starts again with its rows', async () => {
    const first = await start();
    await ask('CREATE TABLE kept AS SELECT 7 AS n');
    const pid = first.pid!;
    const cluster = join(dataDir.path, 'postgres');
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await processesInside(cluster)).toEqual([]);
    expect(await readPostmasterPid(cluster)).toBeUndefined();

    await start();
    expect(await ask('SELECT n FROM kept')).toEqual([7]);
  });

  test('comes back with every committed row after kill -9 of PostgreSQL, on the same URL', async () => {
    const running = await start();
    const pool = new Pool({ connectionString: running.url(), max: 2 });
    pool.on('error', () => {});
    await pool.query('CREATE TABLE kept (n int)');
    for (let n = 1; n <= 3; n++) {
      await pool.query('INSERT INTO kept VALUES ($1)', [n]);
      const killed = running.pid!;
      process.kill(killed, 'SIGKILL');
      await eventually(async () => {
        const { rows } = await pool.query('SELECT count(*)::int AS n FROM kept').catch(() => ({ rows: [] }));
        return running.pid !== killed && rows[0]?.n === n;
      });
    }
    await pool.end();
  });

  test('stops for good even while it is being restarted', async () => {
    const running = await start();
    const killed = running.pid!;
    process.kill(killed, 'SIGKILL');
    // Not `running.pid`: on a machine that stood still for a moment that is the next one already.
    await eventually(() => !isAlive(killed));
    await running.stop();
    await new Promise(resolve => setTimeout(resolve, 500));
    expect(await processesInside(join(dataDir.path, 'postgres'))).toEqual([]);
  });

  test('does not believe a pid file that names somebody else', async () => {
    const first = await start();
    const cluster = join(dataDir.path, 'postgres');
    const pidFile = await readFile(join(cluster, 'postmaster.pid'), 'utf8');
    await first.stop();
    await writeFile(join(cluster, 'postmaster.pid'), pidFile.replace(/^\d+/, String(process.pid)));
    await start();
    expect(await ask('SELECT 1')).toEqual([1]);
  });

  test('does not believe a pid file that names a process that is dead and not yet taken note of', async () => {
    const first = await start();
    const cluster = join(dataDir.path, 'postgres');
    const pidFile = await readFile(join(cluster, 'postmaster.pid'), 'utf8');
    await first.stop();
    // The shell becomes a program that never asks what became of the child it had.
    // As PostgreSQL's own user, or PostgreSQL would see that the process is not one of its.
    const { uid, gid } = await stat(cluster);
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'ignore'],
      ...(process.getuid!() === 0 && { uid, gid }),
    });
    try {
      const [zombie] = (await once(parent.stdout, 'data')) as [Buffer];
      await eventually(async () => !isAlive(Number(zombie.toString())));
      await writeFile(join(cluster, 'postmaster.pid'), pidFile.replace(/^\d+/, zombie.toString().trim()));
      await start();
      expect(await ask('SELECT 1')).toEqual([1]);
    } finally {
      parent.kill();
    }
  });

  test('does not take a half-made cluster for a whole one', async () => {
    await mkdir(join(dataDir.path, 'postgres.unfinished'));
    await writeFile(join(dataDir.path, 'postgres.unfinished', 'PG_VERSION'), '18\n');
    await start();
    expect(await ask('SELECT 1')).toEqual([1]);
  });

  test('refuses a folder that is not a cluster, and one of another major version', async () => {
    const cluster = join(dataDir.path, 'postgres');
    await mkdir(cluster);
    await writeFile(join(dataDir.path, 'postgres-password'), 'secret\n');
    await expect(start()).rejects.toThrow('is not a PostgreSQL cluster');
    await writeFile(join(cluster, 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow('was made by PostgreSQL 15');
  });

  test('says so when the password of a cluster is gone', async () => {
    await (await start()).stop();
    await rm(join(dataDir.path, 'postgres-password'));
    await expect(start()).rejects.toThrow('postgres-password is missing');
  });

  test('says so when the cluster it points to is gone', async () => {
    await writeFile(join(dataDir.path, 'postgres-password'), 'secret\n');
    await symlink(join(dataDir.path, 'moved-away'), join(dataDir.path, 'postgres'));
    await expect(start()).rejects.toThrow('points to a folder that is gone');
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('puts its files where its user can enter when the data directory is closed to it', async () => {
    await chmod(dataDir.path, 0o700);
    await start();
    const home = await realpath(join(dataDir.path, 'postgres'));
    expect(home).toMatch(/^\/var\/lib\/credits-ledger\//);
    expect(await ask('SELECT 1')).toEqual([1]);
    await server!.stop();
    await start();
    expect(await ask('SELECT 1')).toEqual([1]);
    await server!.stop();
    await rm(dirname(home), { recursive: true });
  });

  test('repeats what PostgreSQL said when it does not start', async () => {
    await expect(start({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers/);
  });
});
