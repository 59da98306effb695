import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { createCheckpoint } from '../../projections/checkpoints.js';
import { refoldUsage } from '../../usage/usage-projection.js';
import { AS_PRINTED, hasTexts, PRINT_EXACTLY, PRINTED_COLUMNS, textsHash, type PrintedEntry } from '../entry-hash.js';
import { EvidenceLog } from '../log/evidence-log.js';
import { SALT_BYTES } from '../log/tiles.js';

/** Entries read and erased at once. */
const ENTRIES_PER_PAGE = 1_000;

/** Followers leave projections alone that are locked; one that is at work is waited for. */
const KEEP_FOLLOWERS_OUT = `SELECT projection, shadow FROM projection_checkpoints ORDER BY projection, shadow FOR UPDATE`;
/** Whoever appends waits, and then finds another revision. */
const LOCK_ACCOUNT = `SELECT FROM accounts WHERE account_no = $1 FOR UPDATE`;

/** What Stripe told of whoever bought for the account. */
const SHORTEN_EVENTS = `SELECT shorten_stripe_events_of(mode, id) FROM account_names WHERE account_no = $1`;

const ENTRIES = `
SELECT ${PRINTED_COLUMNS}
FROM entries e LEFT JOIN account_names n USING (account_no)
WHERE e.account_no = $1 AND e.seq > $2 AND ($3::bigint IS NULL OR e.seq = $3)
 AND NOT EXISTS (SELECT FROM erased_texts t WHERE t.account_no = e.account_no AND t.seq = e.seq)
ORDER BY e.seq LIMIT ${ENTRIES_PER_PAGE}`;

/** The salts of those that are in the log; a leaf begins with its format, account number, seq and position. */
const SALTS = `
SELECT k.seq, substring(t.salts FROM (position(k.leaf IN t.leaves) - 2) / 57 * 16 + 1 FOR 16) AS salt
FROM (SELECT e.seq, e.position, int8send(e.account_no) || int8send(e.seq) || int8send(e.position) AS leaf
     FROM entries e WHERE e.account_no = $1 AND e.seq = ANY ($2::bigint[]) OFFSET 0) k,
    LATERAL (SELECT leaves, salts FROM log_tiles WHERE first_position <= k.position ORDER BY first_position DESC LIMIT 1) t
WHERE position(k.leaf IN t.leaves) > 0 AND t.salts IS NOT NULL`;

/** A projection is being rebuilt beside the one in use, from texts that are to go. */
export class RebuildUnderWay extends Error {
  override readonly name = 'RebuildUnderWay';
}

/**
 * Removes reasons and metadata of an account, or of one entry of it, wherever they are: entries, the account's row, holds,
 * stored answers, usage; of an account also what Stripe's events say of its buyers. What stays is the salted hash that the log has of them, without its salt. One transaction; the
 * service may go on. Erased before the log has the entry, the log takes the hash from here.
 * @param seq null for the whole account
 * @returns how many entries had texts
 * @throws RebuildUnderWay
 */
export async function eraseTexts(owner: Client, accountNo: number, seq: number | null): Promise<number> {
  await createCheckpoint(owner, new EvidenceLog());
  await owner.query('BEGIN');
  try {
    await owner.query(PRINT_EXACTLY);
    const { rows } = await owner.query<{ projection: string; shadow: boolean }>(KEEP_FOLLOWERS_OUT);
    const rebuilt = rows.find(({ shadow }) => shadow);
    if (rebuilt !== undefined)
      throw new RebuildUnderWay(`${rebuilt.projection} is being rebuilt: wait until it is done`);
    await owner.query(LOCK_ACCOUNT, [accountNo]);
    if (seq === null) await owner.query(SHORTEN_EVENTS, [accountNo]);
    const erased = await eraseEntries(owner, accountNo, seq);
    if (erased.length > 0) {
      await owner.query('SELECT erase_text_copies($1, $2, $3)', [accountNo, erased, seq === null]);
      await refoldUsage(owner, accountNo);
    }
    await owner.query('COMMIT');
    return erased.length;
  } catch (error) {
    await owner.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function eraseEntries(owner: Client, accountNo: number, seq: number | null): Promise<string[]> {
  const erased: string[] = [];
  for (let after = '0'; ;) {
    const query = { text: ENTRIES, values: [accountNo, after, seq], types: AS_PRINTED };
    const { rows } = await owner.query<PrintedEntry>(query);
    if (rows.length === 0) return erased;
    after = rows.at(-1)!.seq;
    const written = rows.filter(hasTexts);
    const seqs = written.map(entry => entry.seq);
    const salts = await saltsOf(owner, accountNo, seqs);
    const hashes = written.map(entry => {
      return Buffer.from(textsHash(entry, salts.get(entry.seq) ?? randomBytes(SALT_BYTES)), 'hex');
    });
    await owner.query('SELECT erase_entry_texts($1, $2, $3)', [accountNo, seqs, hashes]);
    erased.push(...seqs);
  }
}

async function saltsOf(owner: Client, accountNo: number, seqs: readonly string[]): Promise<Map<string, Buffer>> {
  const { rows } = await owner.query<{ seq: string; salt: Buffer }>(SALTS, [accountNo, seqs]);
  return new Map(rows.map(({ seq, salt }) => [seq, salt]));
}
