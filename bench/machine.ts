import { arch, cpus, release, totalmem, type } from 'node:os';
import type { BenchServer } from './server.js';

const SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'commit_delay',
  'max_connections',
];

/** What a number means nothing without. */
export async function describeMachine(server: BenchServer): Promise<readonly string[]> {
  const [cpu] = cpus();
  return server.withClient('postgres', async client => {
    const version = await client.query<{ server_version: string }>('SHOW server_version');
    const settings = await client.query<{ setting: string }>(
      `SELECT name || ' = ' || current_setting(name) AS setting FROM unnest($1::text[]) AS name`,
      [SETTINGS],
    );
    return [
      `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()} ${arch()}`,
      `Node ${process.versions.node}, PostgreSQL ${version.rows[0]!.server_version}; load, service and database share the machine`,
      settings.rows.map(({ setting }) => setting).join(', '),
      `one durable commit takes ${(await medianCommitMs(server)).toFixed(2)} ms`,
    ];
  });
}

/** Of the disk, the file system and PostgreSQL together: a row, a commit, an fsync. */
async function medianCommitMs(server: BenchServer): Promise<number> {
  return server.withClient('postgres', async client => {
    await client.query('CREATE TABLE commit_probe (n integer)');
    const tookMs: number[] = [];
    for (let n = 0; n < 101; n++) {
      const before = performance.now();
      await client.query('INSERT INTO commit_probe VALUES ($1)', [n]);
      tookMs.push(performance.now() - before);
    }
    await client.query('DROP TABLE commit_probe');
    return tookMs.sort((a, b) => a - b)[tookMs.length >> 1]!;
  });
}
