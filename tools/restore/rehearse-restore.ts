import { chmod, copyFile, mkdir, rm, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { clusterDirOf } from '../../src/database/embedded/cluster-files.js';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { verifyLedger } from '../../src/replay/verify/verify-ledger.js';
import { createDataDir } from '../../test/support/data-dir.js';
import { startService, type RunningService } from '../../test/support/service.js';
import { LedgerClient } from '../client/ledger-client.js';
import { ownAs, takeBaseBackup } from './base-backup.js';
import { Writers } from './writers.js';

export interface RestoreOptions {
  readonly clients: number;
  /** How long clients write at least before the base backup, between it and the moment, and after the moment. */
  readonly phaseMs: number;
}

export interface RestoreResult {
  /** The moment restored to, by PostgreSQL's clock. */
  readonly moment: string;
  readonly entriesBefore: number;
  readonly entriesLost: number;
  readonly restoredInMs: number;
  /** What is wrong, in words. */
  readonly problems: readonly string[];
}

const DATABASE = 'ledger';
const ARCHIVE_TIMEOUT_MS = 120_000;
const FEWEST_IN_PHASE = 30;
const LONGEST_PHASE_MS = 120_000;
const POLL_MS = 50;
const ALL_ENTRIES = `SELECT account_no || '/' || seq AS name, e::text AS row FROM entries e ORDER BY account_no, seq`;
const logger = pino({ level: 'silent' });

/**
 * The disaster, rehearsed: a base backup and the archive of the log are taken from a ledger under load; the server and its
 * disk are lost; the ledger is restored to a moment in between, on another data directory, verified, and served again.
 */
export async function rehearseRestore(options: RestoreOptions): Promise<RestoreResult> {
  const primary = await createDataDir();
  const spare = await createDataDir();
  const vault = await createDataDir();
  try {
    const lost = await runUntilLost(options, primary.path, vault.path);
    const startedAt = performance.now();
    const server = await restore(primary.path, vault.path, spare.path, lost.moment);
    try {
      const restoredInMs = performance.now() - startedAt;
      return await compare(lost, server.url(DATABASE), restoredInMs);
    } finally {
      await server.stop();
    }
  } finally {
    for (const folder of [primary, spare, vault]) await folder.remove();
  }
}

interface Lost {
  readonly moment: string;
  readonly rows: ReadonlyMap<string, string>;
  readonly acknowledgedBefore: ReadonlySet<string>;
  readonly sentAfter: ReadonlySet<string>;
  readonly keyBefore: string;
  readonly answerBefore: string;
  readonly apiKey: string;
}

async function runUntilLost({ clients, phaseMs }: RestoreOptions, dataDir: string, vault: string): Promise<Lost> {
  const archive = join(vault, 'archive');
  await mkdir(archive);
  await chmod(archive, 0o777);
  const server = await EmbeddedPostgres.start({
    dataDir,
    logger,
    settings: { archive_mode: 'on', archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/%f` },
  });
  await query(server.url(), `CREATE DATABASE ${DATABASE}`);
  const url = server.url(DATABASE);
  const service = await startService({ databaseUrl: url, env: { LOG_LEVEL: 'warn' } });
  const writers = new Writers(new LedgerClient(service.url, service.apiKey, clients), clients);
  try {
    writers.start();
    await write(writers, phaseMs);
    await takeBaseBackup(url, clusterDirOf(dataDir), join(vault, 'base'));
    await write(writers, phaseMs);
    const acknowledgedBefore = new Set(writers.acknowledged);
    const [clock] = await query<{ moment: string }>(url, 'SELECT clock_timestamp()::text AS moment');
    writers.startPhase();
    await write(writers, phaseMs);
    await writers.stop();
    const rows = await query<{ name: string; row: string }>(url, ALL_ENTRIES);
    await archiveAll(url);
    return {
      moment: clock!.moment,
      rows: new Map(rows.map(({ name, row }) => [name, row])),
      acknowledgedBefore,
      sentAfter: writers.sentInPhase,
      ...writers.first!,
      apiKey: service.apiKey,
    };
  } finally {
    await service.kill9();
    await server.stop();
    // The disk is gone; the password was in the vault of whoever runs it.
    await rename(join(dataDir, 'postgres-password'), join(vault, 'postgres-password'));
    await rm(clusterDirOf(dataDir), { recursive: true, force: true });
  }
}

/** For so long, and for longer where that was too short for anything worth losing. */
async function write(writers: Writers, phaseMs: number): Promise<void> {
  const enough = writers.acknowledged.size + FEWEST_IN_PHASE;
  await sleep(phaseMs);
  const deadline = Date.now() + LONGEST_PHASE_MS;
  while (writers.acknowledged.size < enough && Date.now() < deadline) await sleep(POLL_MS);
}

async function archiveAll(url: string): Promise<void> {
  const [{ file } = { file: '' }] = await query<{ file: string }>(
    url,
    `SELECT pg_walfile_name(pg_current_wal_lsn()) AS file, pg_switch_wal()`,
  );
  for (const deadline = Date.now() + ARCHIVE_TIMEOUT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const [archived] = await query<{ last: string | null }>(
      url,
      'SELECT last_archived_wal AS last FROM pg_stat_archiver',
    );
    if ((archived?.last ?? '') >= file) return;
  }
  throw new Error(`the log was not archived within ${ARCHIVE_TIMEOUT_MS / 1000} s`);
}

/** The base backup, told to replay the archive up to the moment and to serve then. */
async function restore(lostDir: string, vault: string, dataDir: string, moment: string): Promise<EmbeddedPostgres> {
  if (lostDir === dataDir) throw new Error('a restore needs a directory of its own');
  const cluster = clusterDirOf(dataDir);
  await rename(join(vault, 'base'), cluster);
  await copyFile(join(vault, 'postgres-password'), join(dataDir, 'postgres-password'));
  await writeFile(join(cluster, 'recovery.signal'), '');
  await ownAs(join(cluster, 'PG_VERSION'), join(cluster, 'recovery.signal'));
  return EmbeddedPostgres.start({
    dataDir,
    logger,
    settings: {
      restore_command: `cp ${join(vault, 'archive')}/%f %p`,
      recovery_target_time: moment,
      recovery_target_action: 'promote',
    },
  });
}

async function compare(lost: Lost, url: string, restoredInMs: number): Promise<RestoreResult> {
  const restored = await query<{ name: string; row: string }>(url, ALL_ENTRIES);
  const names = new Set(restored.map(({ name }) => name));
  const missing = [...lost.acknowledgedBefore].filter(name => !names.has(name));
  const tooLate = [...lost.sentAfter].filter(name => names.has(name));
  const other = restored.filter(({ name, row }) => lost.rows.get(name) !== row);
  const whole = { accountNo: null, mode: null, until: null, threads: 1 };
  const verified = await verifyLedger({ ownerUrl: url, ...whole });
  const problems = [
    ...missing.map(name => `${name} was acknowledged before the moment, and is not there`),
    ...tooLate.map(name => `${name} was sent after the moment, and is there`),
    ...other.map(({ name }) => `${name} is not what it was`),
    ...verified.differences.map(difference => JSON.stringify(difference)),
    ...(await serveAgain(lost, url)),
  ];
  const entriesLost = lost.rows.size - restored.length;
  return { moment: lost.moment, entriesBefore: restored.length, entriesLost, restoredInMs, problems };
}

/** The old key opens it, an old request gets its old answer, a new one goes on where the ledger ends. */
async function serveAgain({ apiKey, keyBefore, answerBefore }: Lost, url: string): Promise<string[]> {
  const service: RunningService = await startService({ databaseUrl: url, env: { LOG_LEVEL: 'warn', API_KEY: apiKey } });
  const writers = new Writers(new LedgerClient(service.url, apiKey, 1), 1);
  try {
    const again = await writers.charge(keyBefore);
    const fresh = await writers.charge('after the restore');
    return [
      ...(again.body.toString() === answerBefore && again.replayed
        ? []
        : ['an old request does not get its old answer']),
      ...(fresh.status === 201 ? [] : [`a new request gets ${fresh.status}`]),
    ];
  } finally {
    await service.stop();
  }
}

async function query<Row extends object>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
