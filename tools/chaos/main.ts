import { parseArgs } from 'node:util';
import { withCompiledService } from '../client/compiled-service.js';
import { startProgress } from '../client/progress.js';
import { Misuse, positiveInteger, runTool } from '../client/run-tool.js';
import { PUNCTUAL_MS } from './quiet-holds.js';
import { describeChaos, isProven, lossesOf } from './report.js';
import { runChaos, type ChaosOptions } from './run-chaos.js';
import { hasWorkers, type Victim } from './system-under-test.js';

const USAGE = `Usage: npm run chaos -- [options]

Starts the real service on a PostgreSQL of its own, applies load, kills with kill -9 at random moments, and compares what
clients were told with what the ledger holds.

  --kills N                             how often (default 50)
  --target service|postgres|both        whom (default both)
  --target worker|redis                 a worker, two of which run beside the service; or the Redis of their jobs, which
                                        is also flushed and frozen. No hold that nobody touches may outlive its end by 5 s
  --clients N                           callers at once (default 16)
  --seed N                              which moments and which operations (default 1)
  --unsafe                              the control: PostgreSQL with synchronous_commit=off must lose what it acknowledged

Exits 0 when nothing was lost; with --unsafe, 0 when a loss was noticed. Else 1; 2 when the run could not be made.`;

function readOptions(): ChaosOptions {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      target: { type: 'string', default: 'both' },
      clients: { type: 'string', default: '16' },
      seed: { type: 'string', default: '1' },
      unsafe: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (!isVictim(values.target))
    throw new Misuse(`--target must be service, postgres, both, worker or redis, not ${values.target}`);
  if (values.unsafe && hasWorkers(values.target)) throw new Misuse('--unsafe is a control of service and postgres.');
  return {
    kills: positiveInteger('kills', values.kills),
    target: values.target,
    clients: positiveInteger('clients', values.clients),
    seed: positiveInteger('seed', values.seed),
    unsafe: values.unsafe,
    punctualWithinMs: PUNCTUAL_MS,
  };
}

function isVictim(text: string): text is Victim {
  return ['service', 'postgres', 'both', 'worker', 'redis'].includes(text);
}

/** @returns whether the run shows what it should show. */
async function main(options: ChaosOptions): Promise<boolean> {
  const bar = startProgress('kills', options.kills);
  try {
    const result = await runChaos({ ...options, onKill: () => bar.advance() });
    bar.stop();
    console.log(describeChaos(options, result));
    return options.unsafe ? lossesOf(result) > 0 : isProven(options, result);
  } finally {
    bar.stop();
  }
}

await runTool(() => {
  const options = readOptions();
  return withCompiledService(() => main(options));
});
