import type { Arena } from '../arena.js';
import type { Load } from '../callers.js';
import type { CompetitorName, OursName } from '../contestant.js';
import type { ContestantHandle } from '../contestant-handle.js';
import type { WorkloadName } from '../options.js';
import type { Result } from '../result.js';
import { interleave } from '../rounds.js';
import { rateOf, ratioOf, spreadOf, type Measurement } from '../statistics.js';
import { targetOf } from '../targets.js';

const THROUGHPUT_CALLERS = 256;
const LATENCY_CALLERS = 64;
/** Ours, and those it is compared with. */
const CONTESTS = {
  ours: ['same-state', 'lean'],
  'ours-on-plans': ['same-state-on-plans', 'lean-on-plans'],
} as const satisfies Record<OursName, readonly CompetitorName[]>;

/** How many reserve and commit commands a second, called in the contestant's own process. */
export async function throughput(
  arena: Arena,
  workload: WorkloadName,
  accounts: Load['accounts'],
  circumstances = '',
  contestant: OursName = 'ours',
): Promise<Result> {
  const { settings, rounds } = await measure(
    arena,
    accounts,
    THROUGHPUT_CALLERS,
    'perSecond',
    circumstances,
    contestant,
  );
  const ours = rounds.get(contestant)!.map(rateOf);
  const onPlans = contestant === 'ours' ? '' : ', on a plan with two limits, priced by a rate card';
  return {
    title: `in process, ${THROUGHPUT_CALLERS} callers, ${describeAccounts(accounts)}${onPlans}${circumstances}`,
    figures: [...rounds].map(([name, measured]) => ({
      contestant: name,
      setting: settings.get(name)!,
      value: spreadOf(measured.map(rateOf)),
      unit: 'commands/s',
      notes: notesOf(measured),
    })),
    ratios: CONTESTS[contestant].map(name => ({
      label: `÷ ${name}`,
      value: ratioOf(ours, rounds.get(name)!.map(rateOf)),
      target: targetOf(workload, name),
    })),
  };
}

/** How long the slowest hundredth waits, with fewer callers. */
export async function latency(arena: Arena, workload: WorkloadName, accounts: Load['accounts']): Promise<Result> {
  const { settings, rounds } = await measure(arena, accounts, LATENCY_CALLERS, 'p99Ms');
  const p99 = (name: string): number[] => rounds.get(name)!.map(({ p99Ms }) => p99Ms);
  return {
    title: `p99, ${LATENCY_CALLERS} callers, ${describeAccounts(accounts)}`,
    figures: [...rounds].map(([contestant, measured]) => ({
      contestant,
      setting: settings.get(contestant)!,
      value: spreadOf(p99(contestant)),
      unit: 'ms',
      notes: notesOf(measured),
    })),
    ratios: CONTESTS.ours.map(name => ({
      label: `÷ ${name}`,
      value: ratioOf(p99('ours'), p99(name)),
      target: targetOf(workload, name),
    })),
  };
}

async function measure(
  arena: Arena,
  accounts: Load['accounts'],
  callers: number,
  by: 'perSecond' | 'p99Ms',
  circumstances = '',
  contestant: OursName = 'ours',
): Promise<{ settings: Map<string, string>; rounds: Map<string, Measurement[]> }> {
  const ours = await arena.warm(contestant, accounts);
  const settings = new Map<string, string>([[contestant, 'one lane']]);
  const handles: ContestantHandle[] = [ours];
  for (const name of CONTESTS[contestant]) {
    const { handle, connections } = await arena.atItsBest(name, accounts, by, circumstances);
    handles.push(handle);
    settings.set(name, `pool of ${connections}`);
  }
  const load = { callers, accounts, seconds: arena.options.slotSeconds };
  const slots = handles.map(handle => ({ name: handle.name, run: () => handle.run(load) }));
  return { settings, rounds: await interleave(slots, arena.options.rounds) };
}

export function describeAccounts(accounts: Load['accounts']): string {
  return accounts === 'hot' ? 'one hot account' : '10,000 accounts';
}

function notesOf(measured: readonly Measurement[]): string {
  const median = (values: number[]): number => spreadOf(values).median;
  const rate = Math.round(median(measured.map(rateOf))).toLocaleString('en-US');
  const p50 = median(measured.map(({ p50Ms }) => p50Ms)).toFixed(1);
  const p99 = median(measured.map(({ p99Ms }) => p99Ms)).toFixed(1);
  const node = median(measured.map(({ nodeMicrosPerCommand }) => nodeMicrosPerCommand)).toFixed(0);
  return `${rate}/s, p50 ${p50} ms, p99 ${p99} ms, ${node} µs of Node per command`;
}
