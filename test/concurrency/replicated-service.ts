import { Caller } from '../../tools/client/caller.js';
import { Latencies } from '../../tools/client/latencies.js';
import { LedgerClient, type LedgerRequest, type LedgerSender, type Reply } from '../../tools/client/ledger-client.js';
import { endHolds, settleUnknown } from '../../tools/client/settle.js';
import { ApiLedger } from '../../tools/history/api-ledger.js';
import { checkLedger } from '../../tools/history/check-ledger.js';
import { checkTables } from '../../tools/history/check-tables.js';
import { describeDifferences } from '../../tools/history/difference.js';
import { History } from '../../tools/history/history.js';
import { SqlLedger } from '../../tools/history/sql-ledger.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';

const CONNECTIONS = 100;
const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 120_000;
const API_KEY = 'crd_live_concurrency_tests_only';

/** Takes every request to the next replica, also the retries of one and the same operation. */
class EachInTurn implements LedgerSender {
  #next = 0;

  constructor(private readonly clients: readonly LedgerClient[]) {}

  send(request: LedgerRequest, timeoutMs: number): Promise<Reply> {
    return this.clients[this.#next++ % this.clients.length]!.send(request, timeoutMs);
  }
}

/** One to several processes of the service on one database, and clients that remember what they were told. */
export class ReplicatedService {
  readonly history = new History();
  readonly caller: Caller;
  readonly sender: LedgerSender;

  readonly apiKey = API_KEY;

  private constructor(
    readonly database: TestDatabase,
    private readonly services: readonly RunningService[],
    private readonly clients: readonly LedgerClient[],
  ) {
    this.sender = new EachInTurn(clients);
    const patience = { timeoutMs: TIMEOUT_MS, patienceMs: PATIENCE_MS };
    this.caller = new Caller(this.sender, this.history, new Latencies(), patience);
  }

  /** @param role of each process; the default does everything */
  static async start(processes: number, role: 'all' | 'api' = 'all'): Promise<ReplicatedService> {
    const database = await createTestDatabase();
    const env = { API_KEY, LOG_LEVEL: 'warn', ROLE: role };
    const starting = Array.from({ length: processes }, () => startService({ databaseUrl: database.url, env }));
    const services = await Promise.all(starting);
    const clients = services.map(({ url }) => new LedgerClient(url, API_KEY, CONNECTIONS));
    return new ReplicatedService(database, services, clients);
  }

  /** Of one of them. */
  get url(): string {
    return this.services[0]!.url;
  }

  /**
   * Settles what is unknown, ends what is held, and compares everything with the API's answers and the tables.
   * @returns the first differences in words; nothing where there is none
   */
  async settleAndCompare(): Promise<string> {
    await settleUnknown(this.caller, PATIENCE_MS);
    await endHolds(this.caller, 'settled', PATIENCE_MS);
    const options = { allHoldsEnded: true };
    const throughApi = await checkLedger(this.history, new ApiLedger(this.sender), options);
    const { ownerPool } = this.database;
    const throughSql = await checkLedger(this.history, new SqlLedger(ownerPool), options);
    return describeDifferences([
      ...throughApi.differences,
      ...throughSql.differences,
      ...(await checkTables(ownerPool)),
    ]);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.services.map(service => service.stop()));
    await this.database.close();
  }
}
