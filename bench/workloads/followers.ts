import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { UnitTotalsProjection } from '../../src/balances/unit-totals-projection.js';
import { auditLedger } from '../../src/evidence/audit/audit-ledger.js';
import { openCheckpoint } from '../../src/evidence/checkpoint.js';
import { CheckpointFile } from '../../src/evidence/file/checkpoint-file.js';
import { exportCheckpoint } from '../../src/evidence/file/export-checkpoint.js';
import { EvidenceLog } from '../../src/evidence/log/evidence-log.js';
import { signLog } from '../../src/evidence/log/sign-log.js';
import { loadSigningKey } from '../../src/evidence/signing-key.js';
import { createCheckpoint } from '../../src/projections/checkpoints.js';
import { Follower } from '../../src/projections/follower.js';
import type { Projection } from '../../src/projections/projection.js';
import { rebuildProjection } from '../../src/projections/rebuild-projection.js';
import { UsageProjection } from '../../src/usage/usage-projection.js';
import type { Figure, Result } from '../result.js';
import { interleave } from '../rounds.js';
import { spreadOf } from '../statistics.js';
import { targetOf } from '../targets.js';
import type { GrownLedger } from './growth.js';

/** As an operator would choose: what is asked for is looked up for every commit. */
const USAGE_PROPERTIES = ['model', 'feature'];

/** The log can not be made anew in a ledger that lives; here nobody keeps its checkpoints. */
const FORGET_THE_LOG = `
TRUNCATE log_tiles, log_nodes;
UPDATE projection_checkpoints SET position = 0 WHERE projection = 'evidence'`;

/**
 * Every projection that follows the entries, rebuilt from the first entry to the last, compared with the one in use and put
 * in its place; the log of all entries, which follows them in the same way; and an audit, which finds nothing.
 */
export async function followers(grown: GrownLedger): Promise<Result> {
  const { server, options } = grown.arena;
  const ownerUrl = server.url(await grown.database());
  const pool = new Pool({ connectionString: ownerUrl, max: 2 });
  try {
    const { rows } = await pool.query<{ entries: number }>('SELECT count(*)::float8 AS entries FROM entries');
    const { entries } = rows[0]!;
    const projections = [new UsageProjection(USAGE_PROPERTIES), new UnitTotalsProjection()];
    for (const projection of projections) await follow(pool, projection);
    const slots = projections.map(projection => ({
      name: `rebuild of ${projection.name}`,
      run: () => seconds(() => rebuild(ownerUrl, projection)),
    }));
    const rounds = await interleave(slots, options.rounds);
    // Once: each takes as long as all of the others.
    rounds.set('the log, once', [await logAnew(ownerUrl, pool)]);
    rounds.set('audit against a file of leaves, once', [await auditAll(ownerUrl, pool)]);
    const figures = [...rounds].map(([setting, each]): Figure => ({
      contestant: 'ours',
      setting,
      value: spreadOf(each.map(took => entries / took)),
      unit: 'entries/s',
      notes: `${entries.toLocaleString('en-US')} entries`,
    }));
    return {
      title: 'followers: every entry folded into projections, and hashed into the log',
      figures,
      ratios: figures.slice(0, projections.length).map(({ setting, value }) => ({
        label: `entries/s, ${setting}`,
        value,
        target: targetOf('followers', 'itself'),
      })),
    };
  } finally {
    await pool.end();
  }
}

async function follow(pool: Pool, projection: Projection): Promise<void> {
  await createCheckpoint(pool, projection);
  const follower = new Follower(pool, { error: message => console.error(message) });
  while ((await follower.step(projection)) === 'folded');
}

/** @throws Error where it found differences: then there is nothing to be fast about */
async function rebuild(ownerUrl: string, projection: Projection): Promise<void> {
  const { differences } = await rebuildProjection({ ownerUrl, projection });
  if (differences?.count !== 0)
    throw new Error(`the rebuilt ${projection.name} differs: ${JSON.stringify(differences)}`);
}

async function logAnew(ownerUrl: string, pool: Pool): Promise<number> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(FORGET_THE_LOG).finally(() => owner.end());
  return seconds(() => follow(pool, new EvidenceLog()));
}

/** @throws Error where it found anything: nobody has touched the ledger */
async function auditAll(ownerUrl: string, pool: Pool): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'credits-ledger-bench-'));
  const client = await pool.connect();
  try {
    const key = await loadSigningKey(pool, undefined);
    const note = (await signLog(pool, key))!;
    const { size } = openCheckpoint(note, key.publicKey);
    await exportCheckpoint(client, join(folder, 'leaves'), { note, size, detail: 'leaves' });
    const file = await CheckpointFile.open(join(folder, 'leaves'), key.publicKey);
    const report = await auditLedger({ ownerUrl, file, earlier: [] }).finally(() => file.close());
    if (report.findings.length > 0 || report.signed !== size) throw new Error(`false alarm: ${JSON.stringify(report)}`);
    return report.milliseconds / 1000;
  } finally {
    client.release();
    await rm(folder, { recursive: true });
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
