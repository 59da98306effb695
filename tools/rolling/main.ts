import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { pino } from 'pino';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { createDataDir } from '../../test/support/data-dir.js';
import { withCompiledService } from '../client/compiled-service.js';
import { startProgress } from '../client/progress.js';
import { positiveInteger, runTool } from '../client/run-tool.js';
import { describeRolling, isProven } from './report.js';
import { runRolling, type RollingOptions } from './run-rolling.js';

const USAGE = `Usage: npm run rolling -- [options]

Starts replicas of the real service on one PostgreSQL of its own, applies load through whichever of them is there, stops
and starts one after another, and compares what clients were told with what the ledger holds.

  --rounds N      how often each replica is restarted (default 10)
  --replicas N    how many (default 3)
  --clients N     callers at once (default 16)
  --seed N        which operations (default 1)

Exits 0 when every answer was right and everything acknowledged is there, else 1; 2 when the run could not be made.`;

const DATABASE = 'rolling';

function readOptions(): Omit<RollingOptions, 'databaseUrl'> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '10' },
      replicas: { type: 'string', default: '3' },
      clients: { type: 'string', default: '16' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  return {
    rounds: positiveInteger('rounds', values.rounds),
    replicas: positiveInteger('replicas', values.replicas),
    clients: positiveInteger('clients', values.clients),
    seed: positiveInteger('seed', values.seed),
  };
}

async function main(options: Omit<RollingOptions, 'databaseUrl'>): Promise<boolean> {
  const dataDir = await createDataDir();
  const server = await EmbeddedPostgres.start({ dataDir: dataDir.path, logger: pino({ level: 'silent' }) });
  const bar = startProgress('restarts', options.rounds * options.replicas);
  try {
    await createDatabase(server.url());
    const run = { ...options, databaseUrl: server.url(DATABASE), onRestart: () => bar.advance() };
    const result = await runRolling(run);
    bar.stop();
    console.log(describeRolling(run, result));
    return isProven(result);
  } finally {
    bar.stop();
    await server.stop();
    await dataDir.remove();
  }
}

async function createDatabase(adminUrl: string): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  admin.on('error', () => {});
  await admin.connect();
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
}

await runTool(() => {
  const options = readOptions();
  return withCompiledService(() => main(options));
});
