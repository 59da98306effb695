import type { Spread } from './statistics.js';
import type { Target } from './targets.js';

/** One contestant's line under a workload. */
export interface Figure {
  readonly contestant: string;
  /** What it ran with, where that was chosen: "pool of 8". */
  readonly setting: string;
  readonly value: Spread;
  readonly unit: 'commands/s' | 'ms' | 'entries/s' | 'µs/command';
  /** Worth knowing beside it: other percentiles, processor time. */
  readonly notes: string;
}

/** One promise of the project, measured. */
export interface Ratio {
  readonly label: string;
  readonly value: Spread;
  readonly target: Target;
}

export interface Result {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly ratios: readonly Ratio[];
}
