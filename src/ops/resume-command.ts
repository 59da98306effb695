import type { Client } from 'pg';
import { claim } from '../runs/claim.js';
import { openRunConnection, performRun } from '../runs/perform-run.js';
import { REPLAY_ACTIONS, type Run } from '../runs/run.js';
import { StoredRuns } from '../runs/stored-runs.js';
import type { OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { watchRun } from './watch-run.js';

export const RESUME: OpsCommand = {
  name: 'resume',
  usage: `resume RUN
    Goes on with a rebuild or a verify that was killed, cancelled or failed, where it was.`,
  options: {},
  check(call) {
    if (call.positionals.length !== 1) throw new Misuse('Name one run: runs lists them.');
  },
  async run(call) {
    const id = call.positionals[0]!;
    const owner = await openRunConnection(call.ownerUrl);
    try {
      const run = await takeUp(owner, id);
      return await watchRun(run, watch => performRun(owner, call.ownerUrl, run, watch));
    } finally {
      await owner.end();
    }
  },
};

/** In one transaction, so that no worker takes it first. @throws Misuse */
async function takeUp(owner: Client, id: string): Promise<Run> {
  const runs = new StoredRuns(owner);
  await owner.query('BEGIN');
  const asked = await runs.find(id, null);
  const isReplay = REPLAY_ACTIONS.some(action => action === asked?.action);
  if (asked !== undefined && asked.state !== 'recorded' && !isReplay) {
    throw new Misuse(`${id} is a ${asked.action}, which only workers go on with: POST /v1/ops/runs/${id}/resume.`);
  }
  await runs.resume(id, null);
  const found = await runs.find(id, null);
  const run = found === undefined ? null : await claim(owner, found.no);
  await owner.query('COMMIT');
  if (run !== null) return run;
  if (found === undefined) throw new Misuse(`There is no run ${JSON.stringify(id)}.`);
  if (found.state === 'running') throw new Misuse(`${id} is being worked on.`);
  throw new Misuse(`${id} is ${found.state}: there is nothing to go on with.`);
}
