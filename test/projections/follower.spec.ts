import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createAppPool } from '../../src/database/connections.js';
import { pino } from 'pino';
import { createCheckpoint } from '../../src/projections/checkpoints.js';
import { Follower, type Step } from '../../src/projections/follower.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { openEngine, type Engine } from '../support/engine.js';
import { Teller } from '../support/teller.js';
import { CopiedEntries, faultsOf } from './copied-entries.js';

const silent = pino({ level: 'silent' });

describe('a follower', () => {
  let database: TestDatabase;
  let engine: Engine;
  let teller: Teller;
  let copy: CopiedEntries;
  let errors: string[];
  let follower: Follower;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database, { lanes: 3 });
    teller = new Teller(engine);
  });

  beforeEach(async () => {
    await database.ownerPool.query('DROP TABLE IF EXISTS copied_entries; DELETE FROM projection_checkpoints');
    copy = new CopiedEntries();
    await copy.prepare(database);
    errors = [];
    follower = openFollower();
    await createCheckpoint(database.appPool, copy);
  });

  afterAll(async () => {
    await engine.writePath.drain();
    await database.close();
  });

  function openFollower(): Follower {
    return new Follower(database.appPool, { error: message => void errors.push(message) });
  }

  async function catchUp(by = follower): Promise<Step> {
    for (;;) {
      const step = await by.step(copy);
      if (step !== 'folded') return step;
    }
  }

  async function work(caller: number, turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      const account = `account-${(caller * 7 + turn) % 11}`;
      await teller.grant(account, 5);
      const { reservation } = await teller.reserve(account, 2);
      await teller.commit(reservation!.id, 1);
    }
  }

  async function checkpoint(): Promise<Record<string, unknown>> {
    return (await database.ownerPool.query('SELECT * FROM projection_checkpoints')).rows[0];
  }

  test('sees every entry once, each account in order, whatever several writers and followers do at once', async () => {
    const second = openEngine(database, { lanes: 2 });
    const others = new Teller(await second);
    const writing = { over: false };
    const followers = [follower, openFollower(), openFollower()].map(async each => {
      while (!writing.over) await each.step(copy);
    });
    await Promise.all([
      ...Array.from({ length: 12 }, (_, caller) => work(caller, 15)),
      ...Array.from({ length: 30 }, (_, i) => others.grant(`account-${i % 11}`, 1)),
    ]);
    writing.over = true;
    await Promise.all(followers);
    expect(await catchUp()).toBe('up-to-date');
    expect(await faultsOf(database)).toEqual([]);
    await (await second).writePath.drain();
  });

  test('skips no entry of a transaction that is held open while later ones commit', async () => {
    const late = new Client(database.url);
    await late.connect();
    await late.query('BEGIN');
    await late.query(`INSERT INTO entries (account_no, seq, type, amount, closes, effective_at, recorded_at)
      VALUES (999999, 1, 'freeze', 0, false, now(), now())`);
    await work(1, 3);
    await catchUp();
    await late.query('COMMIT');
    await late.end();
    await catchUp();
    expect(await faultsOf(database)).toEqual([]);
  });

  test.each(['before', 'after'])('killed %s it wrote, it has done nothing, and another goes on', async when => {
    await work(2, 3);
    const pool = createAppPool({ login: database.appLogin, logger: silent, maxConnections: 2 });
    const doomed = new Follower(pool, { error: message => void errors.push(message) });
    let kills = 0;
    copy.beforeFold = async (range, client) => {
      if (kills++ > 0) return;
      if (when === 'after') {
        await client.query('INSERT INTO copied_entries (position, account_no, seq) VALUES ($1, 0, 0)', [range.upTo]);
      }
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      await database.ownerPool.query('SELECT pg_terminate_backend($1, 60000)', [rows[0].pid]);
    };
    await expect(doomed.step(copy)).rejects.toThrow();
    expect(await checkpoint()).toMatchObject({ position: '0', failure: null });
    expect(await catchUp()).toBe('up-to-date');
    expect(await faultsOf(database)).toEqual([]);
    await pool.end();
  });

  test('leaves a projection to whoever works on it', async () => {
    await work(3, 1);
    let inside: Step | undefined;
    copy.beforeFold = async () => {
      copy.beforeFold = () => {};
      inside = await openFollower().step(copy);
    };
    expect(await follower.step(copy)).toBe('folded');
    expect(inside).toBe('elsewhere');
  });

  test('stops before the entry that cannot be folded, says which, and takes it when it can', async () => {
    await work(4, 4);
    const { rows } = await database.ownerPool.query('SELECT position FROM entries ORDER BY position OFFSET 7 LIMIT 1');
    const poison = Number(rows[0].position);
    copy.beforeFold = ({ after, upTo }) => {
      if (after < poison && poison <= upTo) throw new Error('unheard of');
    };
    expect(await catchUp()).toBe('failed');
    expect(await checkpoint()).toMatchObject({
      position: String(poison - 1),
      failed_position: String(poison),
      failure: 'Error: unheard of',
    });
    expect(errors).toEqual([expect.stringContaining(`at position ${poison}: Error: unheard of`)]);
    copy.beforeFold = () => {};
    expect(await follower.step(copy)).toBe('failed');
    await database.ownerPool.query(`UPDATE projection_checkpoints SET failed_at = failed_at - interval '61 seconds'`);
    expect(await catchUp()).toBe('up-to-date');
    expect(await checkpoint()).toMatchObject({ failure: null, failed_at: null, failed_position: null });
    expect(await faultsOf(database)).toEqual([]);
  });

  test('does not blame an entry for what the server does', async () => {
    await work(5, 1);
    copy.beforeFold = async (_, client) => void (await client.query(`DO $$ BEGIN RAISE SQLSTATE '53100'; END $$`));
    await expect(follower.step(copy)).rejects.toThrow();
    expect(await checkpoint()).toMatchObject({ position: '0', failure: null });
  });

  test('does not touch tables that another version of the code has made', async () => {
    await work(6, 1);
    copy = new CopiedEntries(2);
    expect(await follower.step(copy)).toBe('other-version');
    expect(await checkpoint()).toMatchObject({ position: '0', version: 1 });
  });
});
