import { APP_ROLE, createAppPool } from '../database/connections.js';
import { DeadLetters } from '../workers/dead-letters.js';
import { JobQueue } from '../workers/job-queue.js';
import { JobRuns } from '../workers/job-runs.js';
import { storeOf } from '../workers/queue-connections.js';
import { JOB_SESSION } from '../workers/job-session.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';

const PAGE_LIMIT = 100;
const USAGE = `jobs list | jobs retry ID | jobs retry --all
    list: when each recurring job ran last and how it went, then the jobs that failed as often as they may be tried;
    exit code 1 where there are any. retry: tries such a job, or all of them, again at once. Their work is in the
    tables: what a job was about is also found without it.`;

export const JOBS: OpsCommand = {
  name: 'jobs',
  usage: USAGE,
  options: { all: { type: 'boolean' } },
  check({ flags, positionals }) {
    const [action, id, ...more] = positionals;
    const listing = action === 'list' && id === undefined && !flags.has('all');
    const retrying = action === 'retry' && (id !== undefined) !== flags.has('all');
    if ((!listing && !retrying) || more.length > 0) throw new Misuse(`jobs takes one of these.\nUsage: ${USAGE}`);
  },
  run,
};

async function run({ config, ownerUrl, logger, positionals }: Call): Promise<boolean> {
  const login = { url: ownerUrl, role: APP_ROLE };
  const pool = createAppPool({ login, logger, applicationName: 'credits-ledger ops', settings: JOB_SESSION });
  const log = {
    debug: (text: string) => logger.debug(text),
    log: (text: string) => logger.info(text),
    warn: (text: string) => logger.warn(text),
  };
  const queue = new JobQueue(storeOf(config.redisUrl, pool), log);
  try {
    const letters = new DeadLetters(queue);
    const [action, id] = positionals;
    if (action === 'list') return await list(letters, new JobRuns(pool));
    const ids = id === undefined ? await idsOf(letters) : [id];
    for (const each of ids) {
      await letters.retry(each);
      console.log(`${each} is tried again`);
    }
    if (ids.length === 0) console.log('no job has failed for good');
    return true;
  } finally {
    await queue.stop();
    await pool.end();
  }
}

async function list(letters: DeadLetters, runs: JobRuns): Promise<boolean> {
  for (const { name, startedAt, failures, lastError } of await runs.last()) {
    const went = failures === 0 ? 'well' : `failed ${failures} times in a row: ${lastError}`;
    console.log(`${name.padEnd(24)} last run ${startedAt.toISOString()}, ${went}`);
  }
  let found = 0;
  for await (const { id, attempts, failedAt, error } of all(letters)) {
    console.log(`DEAD ${id}: ${attempts} attempts, the last ${failedAt.toISOString()}: ${error}`);
    found++;
  }
  console.log(found === 0 ? 'no job has failed for good' : `${found} jobs have failed for good`);
  return found === 0;
}

/** Before the first is retried: retrying moves those behind it up. */
async function idsOf(letters: DeadLetters): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of all(letters)) ids.push(id);
  return ids;
}

async function* all(letters: DeadLetters) {
  for (let skip = 0; ; skip += PAGE_LIMIT) {
    const page = await letters.list(skip, PAGE_LIMIT);
    yield* page;
    if (page.length < PAGE_LIMIT) return;
  }
}
