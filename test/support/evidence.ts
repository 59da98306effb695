import { createHash } from 'node:crypto';
import type { EvidenceLog } from '../../src/evidence/log/evidence-log.js';
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

type Row = Readonly<Record<string, string | null>>;

/**
 * The leaves that docs/evidence.md says there should be, worked out from the tables by other code than the service's: one
 * query for everything, a general canonical JSON, one hash after the other.
 */
export async function recomputedLeaves({ ownerPool }: TestDatabase): Promise<Buffer[]> {
  const salts = await storedSalts(ownerPool);
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
     FROM entries e JOIN account_names n USING (account_no) LEFT JOIN erased_texts x USING (account_no, seq)
     ORDER BY e.position`,
  );
  client.release(true);
  const heads = new Map<string, string>();
  return rows.map((row, index) => {
    const { reason = null, metadata = null, settings_metadata = null, erased = null, ...columns } = row;
    const written = { reason, metadata, settings_metadata, salt: salts[index]!, format: 'credits-ledger/texts/1' };
    const none = reason === null && metadata === null && settings_metadata === null;
    const texts = erased ?? (none ? null : sha256(canonicalJson(written)).toString('hex'));
    const no = columns['account_no']!;
    const previous = heads.get(no) ?? '0'.repeat(64);
    const hash = sha256(canonicalJson({ ...columns, texts, previous, format: 'credits-ledger/entry/1' }));
    heads.set(no, hash.toString('hex'));
    const head = Buffer.alloc(25, 1);
    [no, columns['seq']!, columns['position']!].forEach((number, i) =>
      head.writeBigUInt64BE(BigInt(number), 1 + 8 * i),
    );
    return Buffer.concat([head, hash]);
  });
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
