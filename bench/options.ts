import { parseArgs } from 'node:util';

export const WORKLOADS = [
  'in-process-spread',
  'in-process-hot',
  'plans-spread',
  'plans-hot',
  'latency-spread',
  'latency-hot',
  'http-spread',
  'http-hot',
  'grpc-spread',
  'grpc-hot',
  'fsync-hot',
  'growth',
  'replay',
  'followers',
  'evidence',
] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

export interface Options {
  readonly workloads: readonly WorkloadName[];
  readonly rounds: number;
  /** Of one contestant in one round. */
  readonly slotSeconds: number;
  /** Pool sizes tried for each competitor, and for how long each. */
  readonly poolSizes: readonly number[];
  readonly sweepSeconds: number;
  /** How many entries the grown ledger has. */
  readonly entries: number;
  readonly write: boolean;
  readonly check: boolean;
}

export const USAGE = `npm run bench -- [options]
  --quick            shorter slots, fewer pool sizes: about three minutes
  --only NAMES       comma-separated, beginnings will do: ${WORKLOADS.join(', ')}
  --rounds N         interleaved rounds per workload, at least 5 (default 5)
  --seconds S        how long each contestant runs in a round (default 5, quick 0.8)
  --entries N        size of the grown ledger, for growth, replay and followers (default 1000000, quick 300000; the long form: 10000000)
  --write            write docs/benchmarks.md and docs/benchmarks.svg
  --check            exit with 1 when a floor is missed`;

const FEWEST_ROUNDS = 5;

/** @throws Error saying which option is wrong */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      entries: { type: 'string' },
      write: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    workloads: chosen(values.only),
    rounds: atLeast('rounds', values.rounds, FEWEST_ROUNDS, FEWEST_ROUNDS),
    slotSeconds: atLeast('seconds', values.seconds, 0.2, values.quick ? 0.8 : 5),
    poolSizes: values.quick ? [2, 4, 8, 16] : [1, 2, 4, 8, 16, 32, 64],
    sweepSeconds: values.quick ? 0.4 : 0.8,
    entries: atLeast('entries', values.entries, 10_000, values.quick ? 300_000 : 1_000_000),
    write: values.write,
    check: values.check,
  };
}

function chosen(only: string | undefined): readonly WorkloadName[] {
  if (only === undefined) return WORKLOADS;
  const wanted = only.split(',');
  const unknown = wanted.filter(name => !WORKLOADS.some(workload => workload.startsWith(name)));
  if (unknown.length > 0) throw new Error(`--only: no workload begins with ${unknown.join(', ')}`);
  return WORKLOADS.filter(workload => wanted.some(name => workload.startsWith(name)));
}

function atLeast(name: string, text: string | undefined, least: number, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value >= least)) throw new Error(`--${name} must be a number of at least ${least}`);
  return value;
}
