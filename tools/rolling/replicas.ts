import { findLastingPort } from '../lasting-port.js';
import { LedgerClient } from '../client/ledger-client.js';
import { startService, type RunningService } from '../../test/support/service.js';

const API_KEY = 'crd_live_rolling_restarts_only';
const CONNECTIONS = 64;
const LAST_WORDS_CHARACTERS = 1_500;

/** Processes of the real service on one database, each on an address that stays its own. */
export class Replicas {
  /** Stops that did not end with 0, and exits that nobody asked for. */
  readonly badExits: string[] = [];
  readonly clients: readonly LedgerClient[];
  #longestStopMs = 0;

  private constructor(
    private readonly databaseUrl: string,
    private readonly services: RunningService[],
  ) {
    this.clients = services.map(({ url }) => new LedgerClient(url, API_KEY, CONNECTIONS));
    for (const service of services) this.#watch(service);
  }

  static async start(databaseUrl: string, count: number): Promise<Replicas> {
    const starting = Array.from({ length: count }, async () => start(databaseUrl, await findLastingPort()));
    return new Replicas(databaseUrl, await Promise.all(starting));
  }

  get longestStopMs(): number {
    return this.#longestStopMs;
  }

  /** SIGTERM, and the next life of it on the same port; returns when that one listens. */
  async restart(index: number): Promise<void> {
    const port = Number(new URL(this.services[index]!.url).port);
    await this.#stopOne(index);
    this.services[index] = await start(this.databaseUrl, port);
    this.#watch(this.services[index]);
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.services.map((_, index) => this.#stopOne(index)));
  }

  readonly #stopping = new WeakSet<RunningService>();

  async #stopOne(index: number): Promise<void> {
    const service = this.services[index]!;
    this.#stopping.add(service);
    const startedAt = performance.now();
    const code = await service.stop();
    this.#longestStopMs = Math.max(this.#longestStopMs, performance.now() - startedAt);
    if (code !== 0) this.badExits.push(`a stop ended with ${code}, it said last: ${lastWords(service)}`);
  }

  #watch(service: RunningService): void {
    void service.exited.then(code => {
      if (!this.#stopping.has(service)) this.badExits.push(`it ended by itself with ${code}: ${lastWords(service)}`);
    });
  }
}

function start(databaseUrl: string, port: number): Promise<RunningService> {
  const env = { API_KEY, PORT: String(port), LOG_LEVEL: 'warn', SHUTDOWN_DELAY_SECONDS: '1' };
  return startService({ databaseUrl, env });
}

function lastWords(service: RunningService): string {
  return service.output().slice(-LAST_WORDS_CHARACTERS);
}
