import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LEAN_SCHEMA, LEAN_SEED } from '../../bench/competitors/lean-schema.js';
import { Lean } from '../../bench/competitors/lean.js';
import { SAME_STATE_SCHEMA } from '../../bench/competitors/same-state-schema.js';
import { seedSameState } from '../../bench/competitors/same-state-seed.js';
import { SameState } from '../../bench/competitors/same-state.js';
import { GRANTS, type Contestant } from '../../bench/contestant.js';
import { Ours } from '../../bench/ours.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const AVAILABLE = 500n;
const CONNECTIONS = 8;
const fingerprint = Buffer.alloc(16, 1);
const grants = GRANTS.map(grant => ({ ...grant, amount: AVAILABLE / 2n }));

interface Answer {
  account: string;
  seq: number;
  balances: { credits: Record<string, string> };
  reservation: { id: string; status: string };
}

const parse = (answer: Buffer): Answer => JSON.parse(answer.toString()) as Answer;

/** A comparison is worth what the compared does: a competitor that oversells or forgets would be quick, and no ledger. */
describe.each(['lean', 'same-state'] as const)('the competitor %s of the benchmark', name => {
  let database: TestDatabase;
  let contestant: Contestant;

  beforeAll(async () => {
    database = await createTestDatabase({ template: 'empty' });
    const accounts = ['crowded', 'repeated', 'ended', 'shown'];
    const client = await database.ownerPool.connect();
    if (name === 'lean') {
      await client.query(LEAN_SCHEMA);
      await client.query(LEAN_SEED, [accounts, AVAILABLE]);
    } else {
      await client.query(SAME_STATE_SCHEMA);
      await seedSameState(client, accounts, grants);
    }
    client.release();
    const Competitor = name === 'lean' ? Lean : SameState;
    contestant = new Competitor(database.url, CONNECTIONS);
  });

  afterAll(async () => {
    await contestant.close();
    await database.close();
  });

  test('gives six of twenty simultaneous reservations of 75 on 500', async () => {
    const asked = Array.from({ length: 20 }, (_, n) =>
      contestant.reserve('crowded', 75n, { key: `c-${n}`, fingerprint }),
    );
    const settled = await Promise.allSettled(asked);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    const refusals = settled.flatMap(result =>
      result.status === 'rejected' ? [(result.reason as Error).message] : [],
    );
    expect(new Set(refusals)).toEqual(new Set(['insufficient_credits']));
  });

  test('lets one key take effect once and answers the same bytes, also when it comes eight times at once', async () => {
    const once = { key: 'same', fingerprint };
    const answers = await Promise.all(Array.from({ length: 8 }, () => contestant.reserve('repeated', 10n, once)));
    for (const answer of answers) expect(answer.equals(answers[0]!)).toBe(true);
    const next = parse(await contestant.reserve('repeated', 10n, { key: 'other', fingerprint }));
    expect(next.seq).toBe(parse(answers[0]!).seq + 1);
    await expect(contestant.reserve('repeated', 10n, { ...once, fingerprint: Buffer.alloc(16, 2) })).rejects.toThrow(
      'idempotency_key_reused',
    );
  });

  test('ends a reservation once and returns what was not spent', async () => {
    const { reservation } = parse(await contestant.reserve('ended', 100n, { key: 'r', fingerprint }));
    const commits = Array.from({ length: 4 }, (_, n) =>
      contestant.commit(reservation.id, 40n, { key: `c-${n}`, fingerprint }),
    );
    const settled = await Promise.allSettled(commits);
    const accepted = settled.flatMap(result => (result.status === 'fulfilled' ? [parse(result.value)] : []));
    expect(accepted).toHaveLength(1);
    expect(accepted[0]!.reservation.status).toBe('closed');
    expect(accepted[0]!.balances.credits).toMatchObject({ available: '0.00046', held: '0', spent: '0.00004' });
  });

  test('answers what ours answers', async () => {
    const ledger = await createTestDatabase();
    const ours = await Ours.open(ledger.url, 1);
    await ours.grant(['shown']);
    const expected = await shapesOf(ours);
    const answered = await shapesOf(contestant);
    await ours.close();
    await ledger.close();
    // The lean way has no lots to name.
    const nameable = (path: string): boolean => name !== 'lean' || !path.includes('.lots.');
    for (const [index, paths] of expected.entries()) {
      expect(answered[index]).toEqual(expect.arrayContaining(paths.filter(nameable)));
    }
  });
});

/** Which members the answers to a reserve and to its commit have. */
async function shapesOf(contestant: Contestant): Promise<string[][]> {
  const reserved = parse(await contestant.reserve('shown', 10n, { key: 'shape-r', fingerprint }));
  const committed = parse(await contestant.commit(reserved.reservation.id, 4n, { key: 'shape-c', fingerprint }));
  return [membersOf(reserved), membersOf(committed)];
}

function membersOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) => membersOf(member, `${path}.${name}`));
}
