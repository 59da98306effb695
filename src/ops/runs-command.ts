import { Client } from 'pg';
import type { Run } from '../runs/run.js';
import { StoredRuns } from '../runs/stored-runs.js';
import { countFrom } from './arguments.js';
import type { OpsCommand } from './command.js';
import { Misuse } from './misuse.js';

const DEFAULT_SHOWN = 20;
const MOST_SHOWN = 1_000;

export const RUNS: OpsCommand = {
  name: 'runs',
  leavesNoRecord: true,
  usage: `runs [RUN] [--show N]
    Who used which of these commands and of the ops calls, on what and why, newest first (${DEFAULT_SHOWN} of them); or all there is
    to know about one.`,
  options: { show: { type: 'string' } },
  check({ values, positionals }) {
    countFrom('show', values['show']);
    if (positionals.length > 1) throw new Misuse('Name one run, or none for a list.');
  },
  async run({ ownerUrl, values, positionals }) {
    const client = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger replay' });
    client.on('error', () => {});
    await client.connect();
    try {
      const runs = new StoredRuns(client);
      const [id] = positionals;
      if (id === undefined) {
        const shown = Math.min(countFrom('show', values['show']) ?? DEFAULT_SHOWN, MOST_SHOWN);
        for (const run of await runs.list(null, Infinity, shown)) console.log(inALine(run));
        return true;
      }
      const run = await runs.find(id, null);
      if (run === undefined) throw new Misuse(`There is no run ${JSON.stringify(id)}.`);
      console.log(JSON.stringify(run, null, 2));
      return true;
    } finally {
      await client.end();
    }
  },
};

function inALine({ id, requestedAt, actor, action, arguments: asked, reason, state }: Run): string {
  const why = reason === null ? '' : `  "${reason}"`;
  return `${requestedAt.toISOString()}  ${id}  ${state}  ${actor}  ${action} ${JSON.stringify(asked)}${why}`;
}
