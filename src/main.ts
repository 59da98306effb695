import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { ConfigError, loadConfig, type Config } from './config.js';
import { AppClients } from './database/database.module.js';
import { EmbeddedPostgresError } from './database/embedded/embedded-postgres-error.js';
import { openDatabase, type Database } from './database/open-database.js';
import { UnusableDatabaseError } from './database/unusable-database-error.js';
import { Readiness } from './health/readiness.js';
import { createLogger } from './logger.js';
import { CannotListenError, GrpcServer } from './transport/grpc/grpc-server.js';

/** No platform waits longer than 30 s. */
const SHUTDOWN_DEADLINE_MS = 29_000;
/** After a signal. Longer than any command may take: who still waits, waits for a database that does not answer. */
const DATABASE_DEADLINE_MS = 11_000;
/** For requests that came at the last moment, and for hearing what became of them. */
const LAST_ANSWERS_MS = 3_000;
/** `npm start` passes on a Ctrl-C that the terminal has already delivered: twice at once is still once. */
const SECOND_SIGNAL_AFTER_MS = 500;

/** The service from nothing to listening, and back. */
class Service {
  private app: NestFastifyApplication | undefined;
  private database: Database | undefined;
  /** A stop during the start waits for it: half a start cannot be undone. */
  private starting: Promise<void> | undefined;
  private stoppingSince: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
  ) {}

  /** Lets go of what it had taken when it fails. */
  async run(): Promise<void> {
    this.starting = this.start();
    try {
      await this.starting;
    } catch (error) {
      await this.app?.close();
      await this.database?.close();
      throw error;
    }
  }

  private async start(): Promise<void> {
    const { config, logger } = this;
    this.database = await openDatabase(config, logger, () => void this.stop(1));
    this.app = await createApp({ config, logger, database: this.database });
    await this.app.listen(config.port, config.host);
    const url = await this.app.getUrl();
    const grpc =
      config.role === 'worker' ? '' : ` and, over gRPC, at ${new URL(url).hostname}:${await this.listenGrpc()}`;
    // For people and for scripts that wait for it; the log may be silent.
    console.log(`credits-ledger is ready at ${url}${grpc}`);
  }

  private listenGrpc(): Promise<number> {
    return this.app!.get(GrpcServer, { strict: false }).listen(this.config.host, this.config.grpcPort);
  }

  /** In-flight requests are answered, then modules close, then the database. A second signal does not wait. */
  onSignal(): void {
    if (this.stoppingSince === undefined) void this.stop(0);
    else if (Date.now() - this.stoppingSince > SECOND_SIGNAL_AFTER_MS) this.giveUp('stopped at once, on request');
  }

  giveUp(reason: string): never {
    this.logger.fatal(reason);
    this.database?.abandon();
    process.exit(1);
  }

  /** Requests in flight are answered, and so are those that come while load balancers notice. */
  private async closeServers(): Promise<void> {
    const { app, config } = this;
    if (app === undefined) return;
    app.get(Readiness, { strict: false }).stop();
    const delayMs = config.shutdownDelaySeconds * 1000;
    const databaseDeadlineMs = Math.max(DATABASE_DEADLINE_MS, delayMs + LAST_ANSWERS_MS);
    setTimeout(() => app.get(AppClients).hangUp(), databaseDeadlineMs).unref();
    setTimeout(() => app.getHttpServer().closeAllConnections(), databaseDeadlineMs + LAST_ANSWERS_MS).unref();
    await sleep(delayMs);
    await app.close();
  }

  private async stop(exitCode: number): Promise<void> {
    if (this.stoppingSince !== undefined) return;
    this.stoppingSince = Date.now();
    this.logger.info('stopping');
    setTimeout(() => this.giveUp(`not stopped after ${SHUTDOWN_DEADLINE_MS / 1000} s`), SHUTDOWN_DEADLINE_MS).unref();
    try {
      await this.starting;
      await this.closeServers();
      await this.database?.close();
    } catch (error) {
      this.giveUp(`could not stop cleanly: ${String(error)}`);
    }
    this.logger.info('stopped');
    process.exit(exitCode);
  }
}

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = createLogger(config.logLevel);
  const service = new Service(config, logger);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => service.onSignal());
  process.on('uncaughtException', error => service.giveUp(error.stack ?? String(error)));
  await service.run();
}

try {
  await main();
} catch (error) {
  // These say what is wrong and what to do; a stack trace would only hide it.
  const known = [ConfigError, EmbeddedPostgresError, UnusableDatabaseError, CannotListenError].some(
    type => error instanceof type,
  );
  const inWords = known ? (error as Error).message : portProblem(error as NodeJS.ErrnoException);
  console.error(inWords === undefined ? error : `credits-ledger does not start: ${inWords}`);
  process.exit(1);
}

function portProblem({ syscall, code }: NodeJS.ErrnoException): string | undefined {
  if (syscall !== 'listen') return undefined;
  if (code === 'EADDRINUSE') return 'PORT is taken by another process. Choose another, or 0 for any free one.';
  return `it cannot listen on HOST and PORT (${code}).`;
}
