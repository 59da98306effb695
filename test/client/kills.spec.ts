import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreditsLedger, LedgerError, type UnrecordedSpend } from '../../clients/typescript/src/index.js';
import { findLastingPort } from '../../tools/lasting-port.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';

const KILLS = 3;
const WORKERS = 12;
const PATIENCE_MS = 120_000;

/** Work that takes a moment, under a key of its own, done again until it is done: what a job queue does. */
class Jobs {
  readonly used: string[] = [];
  readonly unrecorded: UnrecordedSpend[] = [];
  interrupted = 0;
  stopping = false;

  constructor(
    private readonly ledger: CreditsLedger,
    private readonly account: string,
  ) {}

  async work(worker: number): Promise<void> {
    for (let job = 0; !this.stopping; job++) await this.do(`job-${worker}-${job}`);
  }

  private async do(idempotencyKey: string): Promise<void> {
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline;) {
      try {
        const options = { amount: '3', idempotencyKey, ttl_seconds: 900 };
        const { unrecorded } = await this.ledger.withReservation(this.account, options, async ({ use }) => {
          await sleep(Math.random() * 40);
          use('1.5');
        });
        this.used.push(idempotencyKey);
        if (unrecorded !== null) this.unrecorded.push(unrecorded);
        return;
      } catch (error) {
        if (!(error instanceof LedgerError && error.mayHaveTakenEffect)) throw error;
        this.interrupted++;
      }
    }
    throw new Error(`${idempotencyKey} was never done`);
  }
}

describe('jobs of the client', () => {
  let database: TestDatabase;
  let service: RunningService;
  let port: string;

  beforeAll(async () => {
    [database, port] = [await createTestDatabase(), String(await findLastingPort())];
    service = await startService({ databaseUrl: database.url, env: { PORT: port } });
  });

  afterAll(async () => {
    await service.stop();
    await database.close();
  });

  test(
    'are each paid once, whenever the service is killed',
    async () => {
      const fixed = { PORT: port, API_KEY: service.apiKey };
      let retries = 0;
      const watch = { onUnrecorded: () => {}, onRetry: () => void retries++ };
      const ledger = new CreditsLedger({ url: service.url, apiKey: service.apiKey, ...watch });
      const account = 'jobs';
      await ledger.grant(account, { amount: '1000000' });

      const jobs = new Jobs(ledger, account);
      const workers = Promise.all(Array.from({ length: WORKERS }, (_, worker) => jobs.work(worker)));
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(200 + Math.random() * 300);
        await service.kill9();
        service = await startService({ databaseUrl: database.url, env: fixed });
      }
      jobs.stopping = true;
      await workers;
      for (const spend of jobs.unrecorded) await ledger.record(spend, {}, { deadlineMs: PATIENCE_MS });

      expect(retries + jobs.interrupted).toBeGreaterThan(0);
      const { balances } = await ledger.getBalance(account);
      expect(balances['credits']).toMatchObject({ held: '0', spent: String(1.5 * jobs.used.length) });
      let paid = 0;
      for await (const { status, lines } of ledger.listReservations(account, { limit: 100 })) {
        if (status === 'closed' && lines[0]!.committed === '1.5') paid++;
      }
      expect(paid).toBe(jobs.used.length);
    },
    PATIENCE_MS * 5,
  );
});
