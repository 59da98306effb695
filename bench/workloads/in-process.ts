import type { Arena } from '../arena.js';
import type { Load } from '../callers.js';
import type { ContestantHandle } from '../contestant-handle.js';
import type { WorkloadName } from '../options.js';
import type { Result } from '../result.js';
import { interleave } from '../rounds.js';
import { rateOf, ratioOf, spreadOf, type Measurement } from '../statistics.js';
import { targetOf } from '../targets.js';

const THROUGHPUT_CALLERS = 256;
const LATENCY_CALLERS = 64;
const COMPETITORS = ['same-state', 'lean'] as const;

/** How many reserve and commit commands a second, called in the contestant's own process. */
export async function throughput(
  arena: Arena,
  workload: WorkloadName,
  accounts: Load['accounts'],
  circumstances = '',
): Promise<Result> {
  const { settings, rounds } = await measure(arena, accounts, THROUGHPUT_CALLERS, 'perSecond', circumstances);
  const ours = rounds.get('ours')!.map(rateOf);
  return {
    title: `in process, ${THROUGHPUT_CALLERS} callers, ${describeAccounts(accounts)}${circumstances}`,
    figures: [...rounds].map(([contestant, measured]) => ({
      contestant,
      setting: settings.get(contestant)!,
      value: spreadOf(measured.map(rateOf)),
      unit: 'commands/s',
      notes: notesOf(measured),
    })),
    ratios: COMPETITORS.map(name => ({
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
    ratios: COMPETITORS.map(name => ({
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
): Promise<{ settings: Map<string, string>; rounds: Map<string, Measurement[]> }> {
  const ours = await arena.contestant('ours');
  const settings = new Map([['ours', 'one lane']]);
  const handles: ContestantHandle[] = [ours];
  for (const name of COMPETITORS) {
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
