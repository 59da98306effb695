import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Caller } from '../client/caller.js';
import { Latencies } from '../client/latencies.js';
import { LedgerClient } from '../client/ledger-client.js';
import { startProgress } from '../client/progress.js';
import { Misuse, positiveInteger, positiveNumber, runTool } from '../client/run-tool.js';
import { endHolds, settleUnknown } from '../client/settle.js';
import { ApiLedger } from '../history/api-ledger.js';
import { checkLedger } from '../history/check-ledger.js';
import { History } from '../history/history.js';
import { describeBadRows, describeResult } from './report.js';
import { fundAccounts, sendRequests, surveyTrace, type TraceOptions } from './run-trace.js';

const USAGE = `Usage: npm run trace -- [FILE.csv] [options]

Sends a trace of LLM requests (TIMESTAMP,ContextTokens,GeneratedTokens) through a running service, and compares
everything the service said with what its ledger holds. Without a file: examples/trace-sample.csv.

  --start          start a service for this run alone, on a data directory that is removed afterwards
  --url URL        the service to use otherwise (default http://localhost:3000)
  --key KEY        an API key with ledger:read and ledger:write (default: the environment variable API_KEY)
  --accounts N     accounts that share the requests, every fourth of them short of credits (default 40)
  --workers N      requests under way at once (default 16)
  --speed X        X times as fast as the trace was recorded (default: as fast as answers come)
  --limit N        only the first N requests
  --seed N         which requests are aborted, duplicated, refunded (default 1)

Exits 0 when the ledger agrees with every answer, 1 when it does not, 2 when the run could not be made.`;

const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 60_000;

interface Settings extends TraceOptions {
  readonly start: boolean;
  readonly url: string;
  readonly apiKey: string;
}

function readSettings(): Settings {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      start: { type: 'boolean', default: false },
      url: { type: 'string', default: 'http://localhost:3000' },
      key: { type: 'string', default: process.env['API_KEY'] ?? '' },
      accounts: { type: 'string', default: '40' },
      workers: { type: 'string', default: '16' },
      speed: { type: 'string', default: 'Infinity' },
      limit: { type: 'string' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  if (values.key === '' && !values.start) {
    throw new Misuse('Set API_KEY or pass --key (the service prints a key when it first boots), or use --start.');
  }
  return {
    file: positionals[0] ?? 'examples/trace-sample.csv',
    start: values.start,
    url: values.url,
    apiKey: values.key,
    runId: randomBytes(4).toString('hex'),
    accounts: positiveInteger('accounts', values.accounts),
    workers: positiveInteger('workers', values.workers),
    speed: positiveNumber('speed', values.speed),
    limit: values.limit === undefined ? Infinity : positiveInteger('limit', values.limit),
    seed: positiveInteger('seed', values.seed),
  };
}

/** @returns whether the ledger agrees with every answer. */
async function runTrace(settings: Settings): Promise<boolean> {
  const survey = await surveyTrace(settings);
  if (survey.badRowCount > 0) console.error(describeBadRows(survey));
  console.log(`${settings.file}: ${survey.requests} requests for ${settings.url}, seed ${settings.seed}`);

  const client = new LedgerClient(settings.url, settings.apiKey, settings.workers * 2);
  const history = new History();
  const latencies = new Latencies();
  const caller = new Caller(client, history, latencies, { timeoutMs: TIMEOUT_MS, patienceMs: PATIENCE_MS });
  try {
    await refuseUnusableService(client, settings.url);
    await fundAccounts(caller, settings, survey);
    const startedAt = performance.now();
    const ends = await sendRequests(caller, settings, survey);
    const sendingMs = performance.now() - startedAt;
    const settled = await settleUnknown(caller, PATIENCE_MS);
    await endHolds(caller, settings.runId, PATIENCE_MS);
    const bar = startProgress('verifying', settings.accounts);
    const onAccount = (): void => bar.advance();
    const reader = new ApiLedger(client);
    const check = await checkLedger(history, reader, { allHoldsEnded: true, onAccount }).finally(() => bar.stop());
    console.log(describeResult({ survey, ends, sendingMs, settled, history, latencies, check }));
    return check.differences.length === 0;
  } finally {
    client.close();
  }
}

/** @throws Misuse when nobody answers there, or not with that key. */
async function refuseUnusableService(client: LedgerClient, url: string): Promise<void> {
  const request = { method: 'GET', path: '/v1/accounts/nobody/balance' } as const;
  const reply = await client.send(request, TIMEOUT_MS).catch((error: Error) => {
    throw new Misuse(`No service answers at ${url} (${error.message}). Start one with npm start, or use --start.`);
  });
  if (reply.status === 200) return;
  throw new Misuse(`The service at ${url} answered ${reply.status}: ${reply.body.toString('utf8', 0, 300)}`);
}

async function runOnOwnService(settings: Settings): Promise<boolean> {
  // Only now: who brings a service along need not wait for the parts that start one.
  const { withOwnService } = await import('./own-service.js');
  return withOwnService((url, apiKey) => runTrace({ ...settings, url, apiKey }));
}

await runTool(() => {
  const settings = readSettings();
  return settings.start ? runOnOwnService(settings) : runTrace(settings);
});
