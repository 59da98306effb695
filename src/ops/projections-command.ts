import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import type { TableComparison } from '../projections/compare-tables.js';
import { everyProjection } from '../projections/every-projection.js';
import { ProjectionInUse } from '../projections/one-at-a-time.js';
import { readOpenWriters, readProjectionStatus, type ProjectionStatus } from '../projections/projection-status.js';
import type { Projection } from '../projections/projection.js';
import { rebuildProjection, RebuildFailed } from '../projections/rebuild-projection.js';
import { NotComparable, verifyProjection } from '../projections/verify-projection.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { progressBar } from './progress-bar.js';

const USAGE = `projections list
    How far each projection that follows the entries is behind them, in entries and seconds, and what keeps it.
projections rebuild NAME
    Folds it anew beside the one in use, from the first entry, while the service goes on; tells how the two differ; puts
    the new one in the place of the old one. Killed in between it has changed nothing, and the next call goes on.
    This is also how USAGE_PROPERTIES and a new version of a projection come into use.
projections verify [NAME]
    Folds it (or each) anew up to where it is, and names the first rows that differ; the service goes on.`;

const ACTIONS = { list, rebuild, verify } as const;
type Action = keyof typeof ACTIONS;

export const PROJECTIONS: OpsCommand = {
  name: 'projections',
  usage: USAGE,
  options: {},
  check: ({ positionals }) => void actionFrom(positionals),
  async run(call) {
    const { action, name } = actionFrom(call.positionals);
    try {
      return await ACTIONS[action](call, name);
    } catch (error) {
      const inWords = [ProjectionInUse, RebuildFailed, NotComparable].some(type => error instanceof type);
      throw inWords ? new Misuse((error as Error).message) : error;
    }
  },
};

function actionFrom([action, name, ...more]: readonly string[]): { action: Action; name: string | undefined } {
  if (action === undefined || !Object.hasOwn(ACTIONS, action) || more.length > 0) throw new Misuse(`Usage: ${USAGE}`);
  if (action === 'list' && name !== undefined) throw new Misuse('projections list takes no name.');
  if (action === 'rebuild' && name === undefined) throw new Misuse('Name the projection: projections rebuild NAME.');
  return { action: action as Action, name };
}

/** True where each is of this version, folded as configured, and has not failed. */
async function list({ config, ownerUrl }: Call): Promise<boolean> {
  const projections = new Map(everyProjection(config).map(projection => [projection.name, projection]));
  const client = new Client({ connectionString: ownerUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    const statuses = await readProjectionStatus(client);
    for (const status of statuses) console.log(statusText(status, projections.get(status.projection)));
    const begun = new Set(statuses.map(({ projection }) => projection));
    for (const name of projections.keys())
      if (!begun.has(name)) console.log(`${name}: not begun, no worker has run yet`);
    if (statuses.some(({ entriesBehind }) => entriesBehind > 0)) await showOpenWriters(client);
    return statuses.every(status => troubleOf(status, projections.get(status.projection)) === null);
  } finally {
    await client.end();
  }
}

function statusText(status: ProjectionStatus, projection: Projection | undefined): string {
  const { entriesBehind, secondsBehind, shadow } = status;
  const name = shadow ? `${status.projection} (being rebuilt)` : status.projection;
  const lag =
    entriesBehind === 0
      ? 'up to date'
      : `${entriesBehind.toLocaleString('en')} entries behind, the oldest waits for ${secondsBehind.toFixed(1)} s`;
  const trouble = troubleOf(status, projection);
  return `${name}: position ${status.position}, ${lag}${trouble === null ? '' : `\n    ${trouble}`}`;
}

function troubleOf(status: ProjectionStatus, projection: Projection | undefined): string | null {
  const { failure, failedAt, failedPosition, version, settings } = status;
  if (failure !== null) return `stands before position ${failedPosition} since ${failedAt?.toISOString()}: ${failure}`;
  if (projection === undefined) return 'is of another version of credits-ledger';
  if (version !== projection.version) {
    return `was folded by version ${version}, this is version ${projection.version}: projections rebuild ${projection.name}`;
  }
  if (status.shadow || isDeepStrictEqual(settings, projection.settings)) return null;
  const [is, configured] = [settings, projection.settings].map(each => JSON.stringify(each));
  return `was folded with ${is}, configured is ${configured}: projections rebuild ${projection.name}`;
}

async function showOpenWriters(client: Client): Promise<void> {
  for (const { pid, application, seconds } of await readOpenWriters(client)) {
    const who =
      pid === null ? 'a prepared transaction (pg_prepared_xacts)' : `${application || 'a session'}, pid ${pid}`;
    console.log(`    ${who} is writing${seconds === null ? '' : ` since ${seconds.toFixed(1)} s`}`);
  }
}

async function rebuild({ config, ownerUrl }: Call, name: string | undefined): Promise<boolean> {
  const [projection] = namedIn(everyProjection(config), name);
  const started = performance.now();
  const { resumed, position, differences } = await withProgress(`rebuilding ${name}`, onProgress =>
    rebuildProjection({ ownerUrl, projection: projection!, onProgress }),
  );
  if (differences !== null) showDifferences(differences);
  const how =
    differences === null ? 'folded otherwise than before' : `${differences.count} rows of the old one differed`;
  const took = resumed ? 'having gone on where it had stopped' : `in ${rateText(position, started)}`;
  console.log(`${name} rebuilt up to position ${position} ${took}: ${how}`);
  return true;
}

async function verify({ config, ownerUrl }: Call, name: string | undefined): Promise<boolean> {
  let fine = true;
  for (const projection of namedIn(everyProjection(config), name)) {
    const started = performance.now();
    const { position, differences } = await withProgress(`verifying ${projection.name}`, onProgress =>
      verifyProjection({ ownerUrl, projection, onProgress }),
    );
    showDifferences(differences);
    const result = differences.count === 0 ? 'no differences' : `${differences.count} rows differ`;
    console.log(`${projection.name} up to position ${position} in ${rateText(position, started)}: ${result}`);
    fine &&= differences.count === 0;
  }
  return fine;
}

/** Folded and compared since then, in milliseconds. */
function rateText(entries: number, started: number): string {
  const seconds = (performance.now() - started) / 1000;
  return `${seconds.toFixed(1)} s (${Math.round(entries / seconds).toLocaleString('en')} entries/s)`;
}

function namedIn(projections: readonly Projection[], name: string | undefined): readonly Projection[] {
  const named = projections.filter(projection => name === undefined || projection.name === name);
  if (named.length > 0) return named;
  throw new Misuse(`There is no projection ${name}: ${projections.map(projection => projection.name).join(', ')}.`);
}

async function withProgress<T>(
  label: string,
  work: (onProgress: (done: number, all: number) => void) => Promise<T>,
): Promise<T> {
  const progress = progressBar(label);
  let [shown, started] = [0, false];
  try {
    return await work((done, all) => {
      if (!started) progress.start(all);
      started = true;
      progress.advance(done - shown);
      shown = done;
    });
  } finally {
    progress.stop();
  }
}

function showDifferences({ count, shown }: TableComparison): void {
  for (const { table, is, row } of shown) console.log(`${table}: ${is} ${row}`);
  if (count > shown.length) console.log(`… and ${count - shown.length} more`);
}
