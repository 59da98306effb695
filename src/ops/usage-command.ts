import type { MeterReports, NamedReport } from '../stripe/arrears/meter-reports.js';
import { REPORT_STATES, type ReportState } from '../stripe/arrears/stored-reports.js';
import { modeFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { everyPage } from './every-page.js';
import { Misuse } from './misuse.js';
import { actor, reasonFrom } from './on-record.js';
import { openReplica } from './replica.js';

const NOT_REPORTED: readonly ReportState[] = ['refused', 'unsure'];
const USAGE = `usage list [--state STATE] [--account ID] [--mode live|test]
    What is billed later by meters of Stripe, the latest first: what could not be reported (refused, unsure) unless
    --state or --account says otherwise. Exit code 1 where there is any.
usage report REPORT... --reason WHY [--mode live|test]
    Has workers report these again: Stripe does not have them. Of one that is unsure look there first.
usage reported REPORT... --reason WHY [--mode live|test]
    Notes that Stripe has them: somebody looked.
      --mode live|test  whose usage; live unless given`;

const ACTIONS = { list, report, reported } as const;

export const USAGE_COMMAND: OpsCommand = {
  name: 'usage',
  usage: USAGE,
  options: { state: { type: 'string' }, account: { type: 'string' }, mode: { type: 'string' } },
  check({ values, positionals }) {
    modeFrom(values['mode']);
    statesFrom(values);
    const [action = '', ...ids] = positionals;
    if (!Object.hasOwn(ACTIONS, action) || (action === 'list') !== (ids.length === 0))
      throw new Misuse(`Usage: ${USAGE}`);
    if (action !== 'list' && values['reason'] === undefined)
      throw new Misuse('Say why with --reason: it goes on record.');
  },
  async run(call) {
    const [action, ...ids] = call.positionals;
    const replica = await openReplica(call.ownerUrl, call.logger, call.config.stripe);
    try {
      return await ACTIONS[action as keyof typeof ACTIONS](replica.usage, call, ids);
    } finally {
      await replica.close();
    }
  },
};

/** True where nothing that was shown is for people. */
async function list(reports: MeterReports, { values }: Call): Promise<boolean> {
  const filter = { mode: modeOf(values), states: statesFrom(values), account: values['account'] ?? null };
  let unreported = 0;
  let shown = 0;
  for await (const report of everyPage((beforeNo, limit) => reports.list({ ...filter, beforeNo }, limit))) {
    console.log(lineOf(report));
    shown++;
    if (NOT_REPORTED.includes(report.state)) unreported++;
  }
  if (shown === 0) console.log('no such usage');
  return unreported === 0;
}

function report(reports: MeterReports, call: Call, ids: readonly string[]): Promise<boolean> {
  return decide(reports, call, ids, 'report_again');
}

function reported(reports: MeterReports, call: Call, ids: readonly string[]): Promise<boolean> {
  return decide(reports, call, ids, 'is_reported');
}

async function decide(
  reports: MeterReports,
  { values }: Call,
  ids: readonly string[],
  decision: 'report_again' | 'is_reported',
): Promise<boolean> {
  const operator = { actor: actor(), mode: modeOf(values), reason: reasonFrom(values) };
  for (const { id, words } of await reports.decide(ids, decision, operator)) console.log(`${id}: ${words}`);
  return true;
}

function lineOf({ id, account, meter, quantity, state, attempts, usedAt, lastError }: NamedReport): string {
  const came = lastError ?? (state === 'reported' ? 'Stripe has it' : 'not tried yet');
  return `${usedAt.toISOString()} ${state.padEnd(8)} ${id} ${account}: ${quantity} to ${meter}: ${came} (${attempts} attempts)`;
}

function modeOf(values: Call['values']): 'live' | 'test' {
  return modeFrom(values['mode']) ?? 'live';
}

/** @throws Misuse */
function statesFrom({ state, account }: Call['values']): readonly ReportState[] | null {
  if (state === undefined) return account === undefined ? NOT_REPORTED : null;
  const known = REPORT_STATES.find(each => each === state);
  if (known !== undefined) return [known];
  throw new Misuse(`--state must be one of ${REPORT_STATES.join(', ')}, not ${JSON.stringify(state)}.`);
}
