import type { CompetitorName } from './contestant.js';
import type { WorkloadName } from './options.js';

/** What the project promises for a ratio. For `higher`, the floor is the least allowed; for `lower`, the most. */
export interface Target {
  readonly floor: number;
  readonly aim: number;
  readonly better: 'higher' | 'lower';
}

type Against = CompetitorName | 'itself';

const TARGETS: Record<WorkloadName, Partial<Record<Against, Target>>> = {
  'in-process-spread': { 'same-state': higher(5, 9), lean: higher(3, 5) },
  'in-process-hot': { 'same-state': higher(14, 22), lean: higher(8, 12) },
  'plans-spread': { 'same-state-on-plans': higher(5, 9), 'lean-on-plans': higher(3, 5) },
  'plans-hot': { 'same-state-on-plans': higher(14, 22), 'lean-on-plans': higher(8, 12) },
  'latency-spread': { 'same-state': lower(0.35, 0.2), lean: lower(0.45, 0.35) },
  'latency-hot': { 'same-state': lower(0.35, 0.2), lean: lower(0.45, 0.35) },
  'http-spread': { 'same-state': higher(4, 6), lean: higher(2.5, 3.5) },
  'http-hot': { 'same-state': higher(7, 10), lean: higher(5, 7) },
  'grpc-spread': { lean: higher(8, 12) },
  'grpc-hot': { lean: higher(15, 25) },
  'fsync-hot': { 'same-state': higher(25, 40), lean: higher(18, 28) },
  growth: { itself: lower(1.25, 1.1) },
  replay: { itself: higher(100_000, 300_000) },
  followers: { itself: higher(100_000, 200_000) },
  evidence: { itself: higher(0.85, 0.95) },
};

export function targetOf(workload: WorkloadName, against: Against): Target {
  const target = TARGETS[workload][against];
  if (target === undefined) throw new Error(`no target for ${workload} against ${against}`);
  return target;
}

export type Verdict = 'aim reached' | 'ok' | 'below floor';

export function judge(value: number, { floor, aim, better }: Target): Verdict {
  const reaches = (bound: number): boolean => (better === 'higher' ? value >= bound : value <= bound);
  if (reaches(aim)) return 'aim reached';
  return reaches(floor) ? 'ok' : 'below floor';
}

function higher(floor: number, aim: number): Target {
  return { floor, aim, better: 'higher' };
}

function lower(floor: number, aim: number): Target {
  return { floor, aim, better: 'lower' };
}
