import { createInterface } from 'node:readline/promises';
import type { Pool } from 'pg';
import { stringify } from 'yaml';
import { APP_ROLE, createAppPool } from '../database/connections.js';
import { PlanChanges } from '../plans/plan-changes.js';
import { unitsOf } from '../plans/read-definition.js';
import { StoredPlans } from '../plans/stored-plans.js';
import { UnitRegistry } from '../units/unit-registry.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { applyFile, lookAtFile } from './plans/apply-file.js';

const ALL = 1_000_000;
const USAGE = `plans diff FILE [--draft] | plans apply FILE --reason TEXT [--draft] [--yes]
  | plans export [PLAN …] | plans archive PLAN --reason TEXT
    Plans from a file of YAML or JSON (schemas/plans.schema.json). diff: what would change; exit code 1 where anything
    would. apply: shows it, asks, and publishes what changed, all of it or nothing; plans that are not in the file stay.
    export: such a file of what is sold, to standard output. archive: ends the sale of a plan; who has it keeps it.
      --draft        drafts, which nothing sells, instead of versions, which never change
      --yes          does not ask
      --reason TEXT  why; stays on record with who did it`;

export const PLANS: OpsCommand = {
  name: 'plans',
  usage: USAGE,
  options: { draft: { type: 'boolean' }, yes: { type: 'boolean' } },
  check({ positionals, values, flags }) {
    const [action, first, ...more] = positionals;
    const alone = first !== undefined && more.length === 0;
    const known = action === 'export' || (['diff', 'apply', 'archive'].includes(action ?? '') && alone);
    if (!known) throw new Misuse(`plans takes one of these.\nUsage: ${USAGE}`);
    if ((action === 'apply' || action === 'archive') && values['reason'] === undefined) {
      throw new Misuse('Say why with --reason: it goes on record.');
    }
    if (action === 'apply' && !flags.has('yes') && !process.stdin.isTTY) {
      throw new Misuse('Nobody is there to be asked: look with plans diff first, then give --yes.');
    }
  },
  run,
};

async function run({ ownerUrl, logger, positionals, flags }: Call): Promise<boolean> {
  const login = { url: ownerUrl, role: APP_ROLE };
  const pool = createAppPool({ login, logger, applicationName: 'credits-ledger ops' });
  const [action, ...of] = positionals;
  const publish = !flags.has('draft');
  try {
    switch (action) {
      case 'diff':
        return !(await lookAtFile(pool, of[0]!, publish, console.log)).changes;
      case 'apply':
        await applyFile(pool, of[0]!, { publish, say: console.log, agreed: flags.has('yes') ? always : agreed });
        return true;
      case 'archive':
        await new PlanChanges(pool).archive(of[0]!, null);
        console.log(`${of[0]} is not sold any more; who has it keeps it`);
        return true;
      default:
        return await exportPlans(pool, of);
    }
  } finally {
    await pool.end();
  }
}

async function always(): Promise<boolean> {
  return true;
}

async function agreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Apply this? (yes/no) ')).trim());
  } finally {
    terminal.close();
  }
}

async function exportPlans(pool: Pool, ids: readonly string[]): Promise<boolean> {
  const sold = (await new StoredPlans(pool).list('published', '', ALL)).filter(({ id, archivedAt }) =>
    ids.length === 0 ? archivedAt === null : ids.includes(id),
  );
  const missing = ids.find(id => !sold.some(plan => plan.id === id));
  if (missing !== undefined) throw new Misuse(`There is no published plan ${JSON.stringify(missing)}.`);
  const named = new Set(sold.flatMap(({ definition }) => unitsOf(definition!)));
  const units = (await new UnitRegistry(pool).list('', ALL)).filter(({ unit }) => named.has(unit));
  const file = {
    units: Object.fromEntries(units.map(({ unit, kind, scale }) => [unit, { kind, scale }])),
    plans: Object.fromEntries(sold.map(({ id, definition }) => [id, definition])),
  };
  process.stdout.write(stringify(file, { lineWidth: 0 }));
  return true;
}
