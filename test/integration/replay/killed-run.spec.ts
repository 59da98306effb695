import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verifyLedger } from '../../../src/replay/verify/verify-ledger.js';
import { MixedLoad } from '../../../tools/client/mixed-load.js';
import { ReplicatedService } from '../../concurrency/replicated-service.js';
import { eventually } from '../../support/data-dir.js';
import { openEngine } from '../../support/engine.js';
import { startService, type RunningService } from '../../support/service.js';
import { Teller } from '../../support/teller.js';

const DAMAGED = 40;
const TEST_TIMEOUT_MS = 600_000;
const WAIT_MS = 120_000;
const REASON = 'a row was edited by hand';

/**
 * A rebuild gets as far as this account and waits there, for as long as the gate is closed: for the lock of a row it
 * would wait for seconds only, and then go on without it. A session whose client was killed ends there.
 */
const CLOSE_GATE = `
CREATE TABLE gate AS SELECT true AS closed;
CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WHILE EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.02); END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW WHEN (NEW.id = 'idle-${DAMAGED / 2}')
  EXECUTE FUNCTION wait_at_gate();
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET client_connection_check_interval = 100', current_database());
END $$`;

/** JSON as a test reads it. */
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

/** Replicas that answer callers, under load; whoever works on runs comes and goes. */
describe('a rebuild of damaged accounts, killed half way', () => {
  let service: ReplicatedService;
  let load: MixedLoad;
  const workers: RunningService[] = [];

  beforeEach(async () => {
    service = await ReplicatedService.start(2, 'api');
    load = new MixedLoad(service.caller, {
      prefix: 'load',
      clients: 3,
      spreadAccounts: 10,
      hotShare: 0.3,
      seed: 5,
      longestPatienceMs: 4_000,
    });
    await load.fund();
    load.start();
    const engine = await openEngine(service.database);
    const teller = new Teller(engine);
    for (let i = 0; i < DAMAGED; i++) await teller.grant(`idle-${i}`, 10);
    await engine.writePath.drain();
    const { ownerPool } = service.database;
    await ownerPool.query(`UPDATE accounts SET frozen = true, metadata = '{"a": "b"}' WHERE id LIKE 'idle-%'`);
    await ownerPool.query(CLOSE_GATE);
  }, TEST_TIMEOUT_MS);

  afterEach(async () => {
    await load.stop();
    await openGate();
    await Promise.all(workers.splice(0).map(worker => worker.stop()));
    await service.stop();
  });

  const send = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Json> => {
    const answer = await fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${service.apiKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const find = (id: string): Promise<Json> => send('GET', `/v1/ops/runs/${id}`);
  const rebuiltSoFar = async (id: string): Promise<number> => (await find(id)).result?.accounts_rebuilt ?? 0;

  async function startWorker(): Promise<RunningService> {
    const env = { API_KEY: service.apiKey, ROLE: 'worker', LOG_LEVEL: 'warn' };
    const worker = await startService({ databaseUrl: service.database.url, env });
    workers.push(worker);
    return worker;
  }

  async function openGate(): Promise<void> {
    await service.database.ownerPool.query('DELETE FROM gate');
  }

  async function isHalfWay(id: string): Promise<void> {
    await eventually(async () => (await rebuiltSoFar(id)) === DAMAGED / 2, WAIT_MS);
  }

  async function allIsWell(): Promise<void> {
    await eventually(() => service.history.size > 50, WAIT_MS);
    await load.stop();
    expect(await service.settleAndCompare()).toBe('');
    const options = { ownerUrl: service.database.url, accountNo: null, mode: null, until: null, threads: 1 };
    expect((await verifyLedger(options)).differences).toEqual([]);
    expect(await send('GET', '/v1/accounts/idle-0')).toMatchObject({ frozen: false, metadata: {} });
  }

  it(
    'with its worker goes on in the next one, and counts every account once; nobody is answered wrongly',
    async () => {
      const asked = await send('POST', '/v1/ops/rebuild', { dry_run: false, reason: REASON });
      expect(asked).toMatchObject({ state: 'queued', notice: expect.stringContaining('ROLE all or worker') });
      const killed = await startWorker();
      await isHalfWay(asked.id);
      await killed.kill9();
      await openGate();
      expect(await find(asked.id)).toMatchObject({ state: 'running', result: { accounts_rebuilt: DAMAGED / 2 } });

      await startWorker();
      await eventually(async () => (await find(asked.id)).state === 'done', WAIT_MS);
      const { result } = await find(asked.id);
      expect(result).toMatchObject({ accounts_that_differ: DAMAGED, accounts_rebuilt: DAMAGED, accounts_left: 0 });
      await allIsWell();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'is cancelled where it is, and goes on where it was',
    async () => {
      await startWorker();
      const { id } = await send('POST', '/v1/ops/rebuild', { dry_run: false, reason: REASON });
      await isHalfWay(id);
      expect(await send('POST', `/v1/ops/runs/${id}/cancel`, { reason: REASON })).toMatchObject({ state: 'running' });
      await openGate();
      await eventually(async () => (await find(id)).state === 'cancelled', WAIT_MS);
      expect(await rebuiltSoFar(id)).toBeLessThan(DAMAGED);
      await send('POST', `/v1/ops/runs/${id}/resume`, { reason: REASON });
      await eventually(async () => (await find(id)).state === 'done', WAIT_MS);
      expect(await rebuiltSoFar(id)).toBe(DAMAGED);
      await allIsWell();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'with its command line goes on from the command line, or where Ctrl-C left it',
    async () => {
      const first = ops('rebuild', '--reason', REASON);
      await eventually(async () => (await listed()) !== undefined, WAIT_MS);
      const { id } = (await listed())!;
      await eventually(async () => (await listed())!.rebuilt === DAMAGED / 2, WAIT_MS);
      first.child.kill('SIGKILL');
      await first.ended;
      expect(await listed()).toMatchObject({ state: 'running', rebuilt: DAMAGED / 2 });
      await eventually(async () => (await sessionsOfRuns()) === 0, WAIT_MS);

      const second = ops('resume', id);
      await eventually(async () => (await waitAtTheGate()) === 1, WAIT_MS);
      second.child.kill('SIGINT');
      await openGate();
      expect(await second.ended).toMatchObject({ code: 2, err: expect.stringContaining(`resume ${id}`) });
      expect(await listed()).toMatchObject({ state: 'cancelled' });

      expect(await ops('resume', id).ended).toMatchObject({ code: 0, out: expect.stringContaining('0 left') });
      expect(await listed()).toMatchObject({ state: 'done', rebuilt: DAMAGED });
      expect(await ops('resume', id).ended).toMatchObject({ code: 2, err: expect.stringContaining('is done') });
      const shown = await ops('runs').ended;
      expect(shown.out).toMatch(new RegExp(`${id}  done  \\S+@\\S+  rebuild .*"${REASON}"`));
      await allIsWell();
    },
    TEST_TIMEOUT_MS,
  );

  async function listed(): Promise<{ id: string; state: string; rebuilt: number } | undefined> {
    const { rows } = await service.database.ownerPool.query(
      `SELECT id, state, (result ->> 'accounts_rebuilt')::int AS rebuilt FROM ops_runs WHERE action = 'rebuild'`,
    );
    return rows[0];
  }

  async function waitAtTheGate(): Promise<number> {
    const { rows } = await service.database.ownerPool.query(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity
       WHERE application_name = 'credits-ledger rebuild' AND wait_event = 'PgSleep' AND datname = current_database()`,
    );
    return rows[0].waiting;
  }

  /** Whatever they do just now. */
  async function sessionsOfRuns(): Promise<number> {
    const { rowCount } = await service.database.ownerPool.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'credits-ledger rebuild' AND datname = current_database()`,
    );
    return rowCount!;
  }

  interface Ended {
    readonly code: number | null;
    readonly out: string;
    readonly err: string;
  }

  function ops(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const tool = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: service.database.url };
    const child = spawn(process.execPath, [tool, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', data => (out += String(data)));
    child.stderr.on('data', data => (err += String(data)));
    return { child, ended: once(child, 'close').then(([code]) => ({ code, out, err })) };
  }
});
