import { createHash, createHmac } from 'node:crypto';
import type { EvidenceLog } from '../../src/evidence/log/evidence-log.js';
import { leafHash, rootOf } from '../../src/evidence/merkle.js';
import type { TestDatabase } from './database.js';

/** One range in a transaction of its own, as a follower does. */
export async function follow(
  { appPool }: TestDatabase,
  log: EvidenceLog,
  [after, upTo]: readonly [number, number],
): Promise<void> {
  const client = await appPool.connect();
  try {
    await client.query('BEGIN');
    await log.fold(client, { after, upTo });
    await client.query('COMMIT');
  } finally {
    client.release(true);
  }
}

export async function lastPosition({ ownerPool }: TestDatabase): Promise<number> {
  const { rows } = await ownerPool.query<{ last: string }>('SELECT max(position) AS last FROM entries');
  return Number(rows[0]!.last);
}

/** The leaves that the log has. */
export async function storedLeaves({ ownerPool }: TestDatabase): Promise<Buffer[]> {
  const { rows } = await ownerPool.query<{ leaves: Buffer }>('SELECT leaves FROM log_tiles ORDER BY tile');
  const bytes = Buffer.concat(rows.map(({ leaves }) => leaves));
  return Array.from({ length: bytes.length / 57 }, (_, i) => bytes.subarray(i * 57, (i + 1) * 57));
}

/** What an attacker does who knows the format and has the salts: another log, from the entries as they are now. */
export async function remakeLog(database: TestDatabase): Promise<void> {
  const { ownerPool } = database;
  const before = await storedLeaves(database);
  const salts = new Map((await storedSalts(ownerPool)).map((salt, i) => [keyOf(before[i]!), salt]));
  const leaves = await recomputedLeaves(database, salts);
  await ownerPool.query('TRUNCATE log_tiles, log_nodes');
  for (let tile = 0; tile * TILE < leaves.length; tile++) {
    const own = leaves.slice(tile * TILE, (tile + 1) * TILE);
    const saltsOfTile = own.map(leaf => Buffer.from(salts.get(keyOf(leaf)) ?? NO_SALT, 'hex'));
    await ownerPool.query('INSERT INTO log_tiles (tile, first_position, leaves, salts) VALUES ($1, $2, $3, $4)', [
      tile,
      own[0]!.readBigUInt64BE(17),
      Buffer.concat(own),
      Buffer.concat(saltsOfTile),
    ]);
    if (own.length < TILE) continue;
    const root = rootOf(own.map(leafHash));
    await ownerPool.query('INSERT INTO log_nodes (level, index, hash) VALUES (1, $1, $2)', [tile, root]);
  }
}

const TILE = 256;
const FORMAT = 2;
const NO_SALT = '0'.repeat(32);

/** Account number and seq of a leaf. */
function keyOf(leaf: Buffer): string {
  return leaf.toString('hex', 1, 17);
}

type Row = Readonly<Record<string, string | null>>;

/**
 * The leaves that docs/evidence.md says there should be, worked out from the tables by other code than the service's: one
 * query for everything, a general canonical JSON, one hash after the other.
 */
export async function recomputedLeaves(
  database: TestDatabase,
  salts?: ReadonlyMap<string, string>,
  startOf?: (accountNo: Buffer) => string,
): Promise<Buffer[]> {
  const { ownerPool } = database;
  const secret = await chainSecret(ownerPool);
  const begin = startOf ?? (accountNo => createHmac('sha256', secret).update(accountNo).digest('hex'));
  const leaves = salts === undefined ? await storedLeaves(database) : [];
  const stored = (await storedSalts(ownerPool)).map((salt, i) => [keyOf(leaves[i] ?? Buffer.alloc(17)), salt] as const);
  const saltOf = salts ?? new Map(stored);
  const client = await ownerPool.connect();
  await client.query(`SET DateStyle = 'ISO'; SET TimeZone = 'UTC'`);
  const { rows } = await client.query<Row>(
    `SELECT e.account_no::text, n.mode, n.id AS account, e.seq::text, e.position::text, type, unit, amount::text,
       granted::text, available::text, held::text, spent::text, expired::text, revoked::text, debt::text, lots::text,
       reservation::text, substr(closes::text, 1, 1) AS closes, target::text, member, effective_at::text,
       recorded_at::text, reason, metadata::text, encode(x.texts, 'hex') AS erased,
       CASE WHEN details #> '{settings,metadata}' IS NULL THEN details
         ELSE jsonb_set(details, '{settings,metadata}', '{}') END::text AS details,
       (details #> '{settings,metadata}')::text AS settings_metadata
     FROM entries e LEFT JOIN account_names n USING (account_no) LEFT JOIN erased_texts x USING (account_no, seq)
     ORDER BY e.position, e.account_no, e.seq`,
  );
  client.release(true);
  const heads = new Map<string, string>();
  return rows.map(row => {
    const { reason = null, metadata = null, settings_metadata = null, erased = null, ...columns } = row;
    const head = Buffer.alloc(25, FORMAT);
    const [no, seq, position] = [columns['account_no']!, columns['seq']!, columns['position']!];
    [no, seq, position].forEach((number, i) => head.writeBigInt64BE(BigInt(number), 1 + 8 * i));
    const salt = saltOf.get(keyOf(head)) ?? NO_SALT;
    const written = { reason, metadata, settings_metadata, salt, format: 'credits-ledger/texts/1' };
    const none = reason === null && metadata === null && settings_metadata === null;
    const texts = erased ?? (none ? null : sha256(canonicalJson(written)).toString('hex'));
    const previous = heads.get(no) ?? begin(head.subarray(1, 9));
    const hash = sha256(canonicalJson({ ...columns, texts, previous, format: `credits-ledger/entry/${FORMAT}` }));
    heads.set(no, hash.toString('hex'));
    return Buffer.concat([head, hash]);
  });
}

async function chainSecret(pool: TestDatabase['ownerPool']): Promise<Buffer> {
  const { rows } = await pool.query<{ value: Buffer }>(`SELECT value FROM secrets WHERE name = 'chains'`);
  return rows[0]!.value;
}

async function storedSalts(pool: TestDatabase['ownerPool']): Promise<string[]> {
  const { rows } = await pool.query<{ leaves: Buffer; salts: Buffer | null }>(
    'SELECT leaves, salts FROM log_tiles ORDER BY tile',
  );
  return rows.flatMap(({ leaves, salts }) => {
    const count = leaves.length / 57;
    const bytes = salts ?? Buffer.alloc(count * 16);
    return Array.from({ length: count }, (_, i) => bytes.toString('hex', i * 16, i * 16 + 16));
  });
}

/** RFC 8785 for an object of strings; what is null is left out. */
function canonicalJson(members: Row): string {
  const present = Object.entries(members).filter(([, value]) => value !== null);
  return JSON.stringify(Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1))));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
