import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { auditLedger, type AuditReport } from '../../../src/evidence/audit/audit-ledger.js';
import { openCheckpoint } from '../../../src/evidence/checkpoint.js';
import { CheckpointFile, type Detail } from '../../../src/evidence/file/checkpoint-file.js';
import { exportCheckpoint } from '../../../src/evidence/file/export-checkpoint.js';
import { EvidenceLog } from '../../../src/evidence/log/evidence-log.js';
import { signLog } from '../../../src/evidence/log/sign-log.js';
import type { SigningKey } from '../../../src/evidence/signed-note.js';
import { loadSigningKey } from '../../../src/evidence/signing-key.js';
import { seededRandom } from '../../../tools/client/seeded-random.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { follow, lastPosition, remakeLog } from '../../support/evidence.js';
import { writeBusyLedger } from './busy-ledger.js';
import { LET_THE_OWNER_TAMPER, REMEMBER, TRIGGERS_OFF, TRIGGERS_ON, UNDO } from './tamper-tables.js';
import { TAMPERINGS } from './tamperings.js';

/** `npm run test:tampering` makes all of them. */
const TIMES = Number(process.env['TAMPERINGS'] ?? 45);
const SEED = Number(process.env['TAMPERING_SEED'] ?? 7);

describe('a ledger of which a checkpoint was kept elsewhere', () => {
  let database: TestDatabase;
  let folder: string;
  let key: SigningKey;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'credits-ledger-evidence-'));
    await writeBusyLedger(database);
    const log = new EvidenceLog();
    await follow(database, log, [0, await lastPosition(database)]);
    key = await loadSigningKey(database.ownerPool, undefined);
    for (const detail of ['leaves', 'tiles', 'note'] as const) await keep(detail, detail);
    await database.ownerPool.query(LET_THE_OWNER_TAMPER);
    await database.ownerPool.query(REMEMBER);
  });

  afterEach(() => database.ownerPool.query(UNDO));

  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  async function keep(name: string, detail: Detail): Promise<void> {
    const note = (await signLog(database.ownerPool, key))!;
    const { size } = openCheckpoint(note, key.publicKey);
    const client = await database.ownerPool.connect();
    await exportCheckpoint(client, join(folder, name), { note, size, detail });
    client.release();
  }

  async function audit(name: string, earlier: readonly string[] = []): Promise<AuditReport> {
    const files: CheckpointFile[] = [];
    for (const each of [name, ...earlier]) files.push(await CheckpointFile.open(join(folder, each), key.publicKey));
    try {
      return await auditLedger({ ownerUrl: database.url, file: files[0]!, earlier: files.slice(1) });
    } finally {
      for (const file of files) await file.close();
    }
  }

  const named = ({ findings }: AuditReport): string[] => {
    const entries = findings.flatMap(({ entry }) => (entry === null ? [] : [`${entry.accountNo}:${entry.seq}`]));
    return [...new Set(entries)].sort();
  };

  it.each(['leaves', 'tiles', 'note'])('raises no alarm where nothing was changed: %s', async detail => {
    expect(await audit(detail)).toMatchObject({ findings: [], more: 0, unsigned: 0, unlogged: 0 });
  });

  it.each(['UPDATE secrets SET value = sha256(value)', 'DELETE FROM secrets'])(
    'tells that no first entry fits where what they follow was changed: %s',
    async change => {
      const { ownerPool } = database;
      await ownerPool.query(`CREATE TABLE kept_secrets AS SELECT * FROM secrets WHERE name = 'chains'`);
      await ownerPool.query(`${change} WHERE name = 'chains'`);
      const report = await audit('leaves');
      await ownerPool.query(`DELETE FROM secrets WHERE name = 'chains'; INSERT INTO secrets TABLE kept_secrets;
        DROP TABLE kept_secrets`);
      expect(report.findings[0]).toMatchObject({ kind: 'log', words: expect.stringContaining('row chains') });
      expect(named(report).every(name => name.endsWith(':1'))).toBe(true);
    },
  );

  it(`names the entry of every one of ${TIMES} random tamperings by the owner, whatever was recomputed`, async () => {
    const random = seededRandom(SEED);
    for (let i = 0; i < TIMES; i++) {
      const tampering = TAMPERINGS[i % TAMPERINGS.length]!;
      await database.ownerPool.query(TRIGGERS_OFF);
      const done = await tampering.apply(database.ownerPool, random);
      const remade = random.chance(0.6);
      if (remade) {
        await remakeLog(database);
        await signLog(database.ownerPool, key);
      }
      await database.ownerPool.query(TRIGGERS_ON);
      const report = await audit('leaves');
      const what = `${i} ${tampering.name}${remade ? ', log made anew' : ''}: ${done.words}\n${JSON.stringify(report.findings, null, 1)}`;
      expect({ what, named: named(report) }).toEqual({ what, named: [...done.entries].sort() });
      const kinds = new Set(report.findings.filter(({ entry }) => entry !== null).map(({ kind }) => kind));
      expect({ what, kinds: [...kinds].filter(kind => !done.kinds.includes(kind)) }).toEqual({ what, kinds: [] });
      await database.ownerPool.query(UNDO);
    }
  }, 600_000);
});
