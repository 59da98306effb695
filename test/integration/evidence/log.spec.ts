import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCheckpoint } from '../../../src/evidence/checkpoint.js';
import { EvidenceLog } from '../../../src/evidence/log/evidence-log.js';
import { findLeaf, logPath, logRoot, logSize } from '../../../src/evidence/log/log-tree.js';
import { signLog } from '../../../src/evidence/log/sign-log.js';
import { findCheckpoint } from '../../../src/evidence/log/signed-checkpoints.js';
import { leafHash, rootOf, rootOfPath } from '../../../src/evidence/merkle.js';
import { loadSigningKey } from '../../../src/evidence/signing-key.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine } from '../../support/engine.js';
import { follow, lastPosition, recomputedLeaves, storedLeaves } from '../../support/evidence.js';
import { Teller } from '../../support/teller.js';

const ACCOUNTS = 7;

/** 1,200 entries of seven accounts, every third with texts. */
async function write(database: TestDatabase): Promise<void> {
  const engine = await openEngine(database);
  const teller = new Teller(engine);
  for (let i = 0; i < ACCOUNTS; i++) await teller.grant(`account ${i}`, 1_000_000, { reason: 'müde "Grüße"' });
  const all = Array.from({ length: 397 }, async (_, i) => {
    const metadata = i % 3 === 0 ? { job: `job ${i}`, '\u0001é': '😀' } : null;
    const { reservation } = await teller.reserve(`account ${i % ACCOUNTS}`, 5, { metadata });
    await teller.commit(reservation!.id, 3);
    await teller.grant(`account ${i % ACCOUNTS}`, 1);
  });
  await Promise.all(all);
  await engine.writePath.drain();
}

describe('the log', () => {
  let database: TestDatabase;
  let last: number;

  beforeAll(async () => {
    database = await createTestDatabase();
    await write(database);
    last = await lastPosition(database);
  });

  afterAll(() => database.close());

  it('is the same however the entries were cut into ranges, and whoever went on', async () => {
    // Without texts there are no salts, and two logs of the same entries can be compared.
    await database.ownerPool.query(`ALTER TABLE entries DISABLE TRIGGER entries_only_erased`);
    await database.ownerPool.query(`CREATE TABLE kept AS SELECT account_no, seq, reason, metadata FROM entries;
      UPDATE entries SET reason = NULL, metadata = NULL`);
    await follow(database, new EvidenceLog(), [0, last]);
    const atOnce = await storedLeaves(database);
    expect(atOnce).toHaveLength(ACCOUNTS + 397 * 3);
    await database.ownerPool.query('TRUNCATE log_tiles, log_nodes');
    for (const cut of [1, 3, 4, 260, 300, 511, 512, 513, 900]) {
      const log = new EvidenceLog();
      await follow(database, log, [0, cut]);
      await follow(database, log, [cut, cut + 40]);
      await follow(database, new EvidenceLog(), [cut + 40, last]);
      expect(await storedLeaves(database)).toEqual(atOnce);
      await database.ownerPool.query('TRUNCATE log_tiles, log_nodes');
    }
    await database.ownerPool.query(`UPDATE entries e SET reason = k.reason, metadata = k.metadata FROM kept k
      WHERE e.account_no = k.account_no AND e.seq = k.seq; DROP TABLE kept;
      ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_erased`);
  });

  it('forgets what was rolled back, and what somebody else wrote since', async () => {
    const log = new EvidenceLog();
    await follow(database, log, [0, 400]);
    const client = await database.appPool.connect();
    await client.query('BEGIN');
    await log.fold(client, { after: 400, upTo: 700 });
    await client.query('ROLLBACK');
    client.release();
    await follow(database, new EvidenceLog(), [400, 700]);
    await follow(database, log, [700, last]);
    expect(await storedLeaves(database)).toEqual(await recomputedLeaves(database));
  });

  it('proves each of its leaves against the root of every size, from as much as it reads', async () => {
    const leaves = await storedLeaves(database);
    const client = await database.appPool.connect();
    expect(await logSize(client)).toBe(leaves.length);
    for (const size of [1, 2, 255, 256, 257, 512, 700, leaves.length]) {
      const root = await logRoot(client, size);
      expect(root).toEqual(rootOf(leaves.slice(0, size).map(leafHash)));
      for (const index of new Set([0, 1, 255, 256, 511, size - 1].filter(i => i < size))) {
        const path = await logPath(client, index, size);
        expect(rootOfPath(leafHash(leaves[index]!), index, size, path)).toEqual(root);
      }
    }
    const { rows } = await database.ownerPool.query<{ account_no: string; seq: string }>(
      'SELECT account_no, seq FROM entries ORDER BY position',
    );
    for (const index of [0, 5, 255, 256, 1000, leaves.length - 1]) {
      expect(await findLeaf(client, Number(rows[index]!.account_no), Number(rows[index]!.seq))).toBe(index);
    }
    expect(await findLeaf(client, 1, 99_999)).toBeNull();
    client.release();
  });

  it('is signed once for a size, with the ledger’s own key or the operator’s', async () => {
    const key = await loadSigningKey(database.appPool, undefined);
    const notes = await Promise.all(Array.from({ length: 8 }, () => signLog(database.appPool, key)));
    const [note] = notes;
    expect(openCheckpoint(note!, key.publicKey)).toMatchObject({ size: ACCOUNTS + 397 * 3 });
    expect(new Set(notes).size).toBe(1);
    expect(await findCheckpoint(database.appPool, null)).toMatchObject({ note, size: ACCOUNTS + 397 * 3 });
    const own = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
    expect((await loadSigningKey(database.appPool, own)).publicKey.name).toBe('PeterNeumann');
    expect(key.publicKey.name).toMatch(/^credits-ledger\/[0-9a-f]{16}$/);
  });

  it('holds every column that an entry has', async () => {
    const { rows } = await database.ownerPool.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'entries'`,
    );
    // Whoever adds one adds it to `PRINTED_COLUMNS` too, under a format of its own: else it could be changed unseen.
    const hashed =
      'account_no seq position type unit amount granted available held spent expired revoked debt lots reservation ' +
      'closes target reason member metadata details effective_at recorded_at';
    expect(rows.map(({ name }) => name).sort()).toEqual(hashed.split(' ').sort());
  });
});
