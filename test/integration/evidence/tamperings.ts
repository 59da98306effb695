import type { Pool } from 'pg';
import type { FindingKind } from '../../../src/evidence/audit/finding.js';
import type { SeededRandom } from '../../../tools/client/seeded-random.js';

/** What was done, and what an audit has to say of it. */
export interface Done {
  readonly words: string;
  /** `account number:seq` of each entry that is no longer what, or where, it was; or was not there. */
  readonly entries: readonly string[];
  /** Any of these is a right name for it. */
  readonly kinds: readonly FindingKind[];
}

export interface Tampering {
  readonly name: string;
  /** Done with the triggers off. */
  apply(pool: Pool, random: SeededRandom): Promise<Done>;
}

interface Entry {
  readonly account_no: string;
  readonly seq: string;
  readonly position: string;
}

const nameOf = ({ account_no, seq }: Pick<Entry, 'account_no' | 'seq'>): string => `${account_no}:${seq}`;
const at = ({ account_no, seq }: Entry): string => `account_no = ${account_no} AND seq = ${seq}`;

async function entriesWhere(pool: Pool, condition = 'true'): Promise<Entry[]> {
  const sql = `SELECT account_no, seq, position FROM entries WHERE ${condition} ORDER BY account_no, seq`;
  return (await pool.query<Entry>(sql)).rows;
}

/** An entry in the middle of its account. */
async function middle(pool: Pool, random: SeededRandom): Promise<Entry> {
  return random.pick(await entriesWhere(pool, 'seq > 2 AND seq < 30'));
}

async function from(pool: Pool, { account_no, seq }: Entry): Promise<string[]> {
  return (await entriesWhere(pool, `account_no = ${account_no} AND seq >= ${seq}`)).map(nameOf);
}

/** Each makes a value that is not the one before. */
const CHANGES: readonly string[] = [
  'amount = amount + 1',
  'amount = amount * 2, available = coalesce(available, 0) * 2, held = held * 2, spent = spent * 2, granted = granted * 2',
  'granted = coalesce(granted, 0) + 1',
  'available = coalesce(available, 0) - 1',
  'held = CASE WHEN held IS NULL THEN 0 ELSE NULL END',
  'spent = coalesce(spent, 0) + 5',
  'expired = coalesce(expired, 0) + 5',
  'revoked = coalesce(revoked, 0) + 5',
  'debt = coalesce(debt, 0) + 5',
  `lots = coalesce(lots, '{}') || 1::bigint`,
  `lots = CASE WHEN lots IS NULL THEN '{}' ELSE ('[0:' || cardinality(lots) - 1 || ']=' || lots::text)::bigint[] END`,
  'reservation = coalesce(reservation, 0) + 1',
  'closes = NOT closes',
  'target = coalesce(target, 0) + 1',
  `unit = coalesce(unit, '') || 's'`,
  `type = CASE type WHEN 'grant' THEN 'refund' ELSE 'grant' END`,
  `member = coalesce(member, '') || 'x'`,
  `reason = coalesce(reason, '') || ' '`,
  `metadata = coalesce(metadata, '{}') || '{"x": "y"}'`,
  `details = coalesce(details, '{}') || '{"x": 1.0}'`,
  `effective_at = effective_at + interval '1 microsecond'`,
  `recorded_at = recorded_at - interval '1 day'`,
];

async function changeField(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool));
  const change = random.pick(CHANGES);
  await pool.query(`UPDATE entries SET ${change} WHERE ${at(entry)}`);
  return { words: `${change} of ${nameOf(entry)}`, entries: [nameOf(entry)], kinds: ['changed'] };
}

async function changeJsonNumber(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool, `details #> '{terms,grace_ms}' IS NOT NULL`));
  await pool.query(`UPDATE entries SET details = jsonb_set(details, '{terms,grace_ms}', '5000.0') WHERE ${at(entry)}`);
  return { words: `5000 became 5000.0 in ${nameOf(entry)}`, entries: [nameOf(entry)], kinds: ['changed'] };
}

async function remove(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = await middle(pool, random);
  await pool.query(`DELETE FROM entries WHERE ${at(entry)}`);
  return { words: `removed ${nameOf(entry)}`, entries: [nameOf(entry)], kinds: ['missing'] };
}

async function cutOff(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool, 'seq > 20'));
  const entries = await from(pool, entry);
  await pool.query(`DELETE FROM entries WHERE account_no = ${entry.account_no} AND seq >= ${entry.seq}`);
  return { words: `cut off at ${nameOf(entry)}`, entries, kinds: ['cut-off'] };
}

async function removeAccount(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool, 'seq = 1'));
  const entries = await from(pool, entry);
  for (const table of ['entries', 'accounts', 'account_names']) {
    await pool.query(`DELETE FROM ${table} WHERE account_no = ${entry.account_no}`);
  }
  return { words: `removed account ${entry.account_no}`, entries, kinds: ['cut-off'] };
}

/** What comes after gets the numbers before. */
async function removeAndClose(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = await middle(pool, random);
  const entries = await from(pool, entry);
  await pool.query(`DELETE FROM entries WHERE ${at(entry)}`);
  await shift(pool, entry, -1);
  return {
    words: `removed ${nameOf(entry)} and closed the gap`,
    entries,
    kinds: ['missing', 'moved', 'swapped', 'cut-off', 'changed'],
  };
}

const COPY = `type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots, reservation, closes, target,
  reason, member, metadata, details, effective_at, recorded_at`;

async function insertAtEnd(pool: Pool, random: SeededRandom): Promise<Done> {
  const model = random.pick(await entriesWhere(pool, 'seq < 20'));
  const { rows } = await pool.query<{ seq: string }>(
    `INSERT INTO entries (account_no, seq, position, ${COPY})
     SELECT account_no, (SELECT max(seq) + 1 FROM entries WHERE account_no = ${model.account_no}), position, ${COPY}
     FROM entries WHERE ${at(model)} RETURNING seq`,
  );
  const name = nameOf({ ...model, seq: rows[0]!.seq });
  return { words: `inserted ${name}`, entries: [name], kinds: ['inserted'] };
}

async function insertInTheMiddle(pool: Pool, random: SeededRandom): Promise<Done> {
  const model = await middle(pool, random);
  const last = (await entriesWhere(pool, `account_no = ${model.account_no}`)).length;
  const entries = [...(await from(pool, model)), `${model.account_no}:${last + 1}`];
  await shift(pool, model, 1);
  await pool.query(
    `INSERT INTO entries (account_no, seq, position, ${COPY})
     SELECT account_no, ${model.seq}, position, ${COPY.replace('amount', 'amount + 1')} FROM entries
     WHERE account_no = ${model.account_no} AND seq = ${Number(model.seq) + 1}`,
  );
  return {
    words: `inserted before ${nameOf(model)}`,
    entries,
    kinds: ['inserted', 'moved', 'swapped', 'changed', 'missing'],
  };
}

async function shift(pool: Pool, { account_no, seq }: Entry, by: 1 | -1): Promise<void> {
  await pool.query(`UPDATE entries SET seq = -(seq + ${by}) WHERE account_no = ${account_no} AND seq >= ${seq}`);
  await pool.query(`UPDATE entries SET seq = -seq WHERE seq < 0`);
}

async function swapNumbers(pool: Pool, random: SeededRandom): Promise<Done> {
  const one = await middle(pool, random);
  const other = random.pick(await entriesWhere(pool, `account_no = ${one.account_no} AND seq <> ${one.seq}`));
  return swap(pool, one, other, 'swapped the numbers of');
}

async function swapAccounts(pool: Pool, random: SeededRandom): Promise<Done> {
  const one = await middle(pool, random);
  const other = random.pick(await entriesWhere(pool, `account_no <> ${one.account_no}`));
  return swap(pool, one, other, 'swapped between accounts');
}

async function swap(pool: Pool, one: Entry, other: Entry, words: string): Promise<Done> {
  await pool.query(`UPDATE entries SET seq = -1 WHERE ${at(one)}`);
  await pool.query(`UPDATE entries SET account_no = ${one.account_no}, seq = ${one.seq} WHERE ${at(other)}`);
  await pool.query(`UPDATE entries SET account_no = ${other.account_no}, seq = ${other.seq} WHERE seq = -1`);
  const entries = [nameOf(one), nameOf(other)];
  return { words: `${words} ${entries.join(' and ')}`, entries, kinds: ['swapped', 'changed', 'moved'] };
}

async function moveToAnotherAccount(pool: Pool, random: SeededRandom): Promise<Done> {
  const one = await middle(pool, random);
  const [other] = await entriesWhere(pool, `account_no <> ${one.account_no} AND seq = 1`);
  const seq = (await entriesWhere(pool, `account_no = ${other!.account_no}`)).length + 1;
  await pool.query(`UPDATE entries SET account_no = ${other!.account_no}, seq = ${seq} WHERE ${at(one)}`);
  const now = nameOf({ account_no: other!.account_no, seq: String(seq) });
  // A log that is made anew has no salt where the entry was: with texts, nobody can tell then that it is the same.
  const [written] = await entriesWhere(
    pool,
    `account_no = ${other!.account_no} AND seq = ${seq} AND (reason IS NOT NULL OR metadata IS NOT NULL)`,
  );
  const kinds = written === undefined ? (['moved', 'inserted'] as const) : (['moved', 'inserted', 'missing'] as const);
  return { words: `${nameOf(one)} became ${now}`, entries: [nameOf(one), now], kinds };
}

async function reorder(pool: Pool, random: SeededRandom): Promise<Done> {
  const [one, other] = [random.pick(await entriesWhere(pool)), random.pick(await entriesWhere(pool))];
  await pool.query(`UPDATE entries SET position = ${other.position} WHERE ${at(one)}`);
  await pool.query(`UPDATE entries SET position = ${one.position} WHERE ${at(other)}`);
  const entries = one.position === other.position ? [] : [nameOf(one), nameOf(other)];
  return { words: `reordered ${entries.join(' and ')}`, entries, kinds: ['moved'] };
}

async function hideBehindTheCheckpoint(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool));
  await pool.query(`UPDATE entries SET position = position + 1000000 WHERE ${at(entry)}`);
  return { words: `${nameOf(entry)} stands behind the checkpoint`, entries: [nameOf(entry)], kinds: ['moved'] };
}

async function swapNames(pool: Pool, random: SeededRandom): Promise<Done> {
  const [one, other] = [
    random.pick(await entriesWhere(pool, 'seq = 1 AND account_no < 5')),
    random.pick(await entriesWhere(pool, 'seq = 1 AND account_no >= 5')),
  ];
  for (const table of ['account_names', 'accounts']) {
    await pool.query(`UPDATE ${table} SET id = 'somebody', mode = 'live' WHERE account_no = ${one.account_no}`);
    await pool.query(
      `UPDATE ${table} t SET id = b.id, mode = b.mode FROM before.${table} b
       WHERE t.account_no = ${other.account_no} AND b.account_no = ${one.account_no}`,
    );
    await pool.query(
      `UPDATE ${table} t SET id = b.id, mode = b.mode FROM before.${table} b
       WHERE t.account_no = ${one.account_no} AND b.account_no = ${other.account_no}`,
    );
  }
  const first = { seq: '1', position: '0' };
  const entries = [...(await from(pool, { ...one, ...first })), ...(await from(pool, { ...other, ...first }))];
  return { words: `swapped the names of ${one.account_no} and ${other.account_no}`, entries, kinds: ['renamed'] };
}

async function rename(pool: Pool, random: SeededRandom): Promise<Done> {
  const one = random.pick(await entriesWhere(pool, 'seq = 1'));
  const tables = random.chance(0.5) ? ['account_names', 'accounts'] : ['account_names'];
  for (const table of tables)
    await pool.query(`UPDATE ${table} SET id = 'somebody' WHERE account_no = ${one.account_no}`);
  return {
    words: `renamed ${one.account_no} in ${tables}`,
    entries: await from(pool, one),
    kinds: ['renamed', 'changed'],
  };
}

async function pretendErasure(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool, 'metadata IS NOT NULL'));
  await pool.query(`INSERT INTO erased_texts (account_no, seq, position, texts)
    VALUES (${entry.account_no}, ${entry.seq}, ${entry.position}, sha256('x'))`);
  await pool.query(`UPDATE entries SET reason = NULL, metadata = NULL WHERE ${at(entry)}`);
  return { words: `erased ${nameOf(entry)} with another hash`, entries: [nameOf(entry)], kinds: ['changed'] };
}

async function changeSalt(pool: Pool, random: SeededRandom): Promise<Done> {
  const entry = random.pick(await entriesWhere(pool, 'metadata IS NOT NULL'));
  const index = (await entriesWhere(pool, `position < ${entry.position}`)).length;
  await pool.query(`UPDATE log_tiles SET salts = overlay(salts PLACING 'xxxx'::bytea FROM ${(index % 256) * 16 + 1})
    WHERE tile = ${Math.floor(index / 256)}`);
  return { words: `changed the salt of ${nameOf(entry)}`, entries: [nameOf(entry)], kinds: ['changed'] };
}

async function everything(pool: Pool): Promise<Done> {
  const entries = (await entriesWhere(pool)).map(nameOf);
  await pool.query('TRUNCATE entries');
  return { words: 'removed everything', entries, kinds: ['cut-off'] };
}

export const TAMPERINGS: readonly Tampering[] = [
  { name: 'change a field', apply: changeField },
  { name: 'remove', apply: remove },
  { name: 'swap numbers', apply: swapNumbers },
  { name: 'insert at the end', apply: insertAtEnd },
  { name: 'change a field again', apply: changeField },
  { name: 'swap between accounts', apply: swapAccounts },
  { name: 'cut off', apply: cutOff },
  { name: 'remove and close the gap', apply: removeAndClose },
  { name: 'change a number of JSON', apply: changeJsonNumber },
  { name: 'insert in the middle', apply: insertInTheMiddle },
  { name: 'reorder', apply: reorder },
  { name: 'swap names', apply: swapNames },
  { name: 'move to another account', apply: moveToAnotherAccount },
  { name: 'pretend an erasure', apply: pretendErasure },
  { name: 'rename', apply: rename },
  { name: 'hide behind the checkpoint', apply: hideBehindTheCheckpoint },
  { name: 'remove an account', apply: removeAccount },
  { name: 'change a salt', apply: changeSalt },
  { name: 'change another field', apply: changeField },
  { name: 'remove everything', apply: everything },
];
