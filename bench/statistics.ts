/** What one contestant did in one slot of one round. */
export interface Measurement {
  readonly commands: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the contestant's own Node process, PostgreSQL not included. */
  readonly nodeMicrosPerCommand: number;
}

/** A median with the lowest and the highest of what it was taken from. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('a median needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]! };
}

/** Ratios are taken within a round, where both sides saw the same machine, and only then is the median taken. */
export function ratioOf(numerators: readonly number[], denominators: readonly number[]): Spread {
  return spreadOf(numerators.map((value, round) => value / denominators[round]!));
}

/** @param latenciesMs sorted here, in place */
export function percentile(latenciesMs: number[], percent: number): number {
  if (latenciesMs.length === 0) return Number.NaN;
  latenciesMs.sort((a, b) => a - b);
  return latenciesMs[Math.min(latenciesMs.length - 1, Math.floor((latenciesMs.length * percent) / 100))]!;
}

export function rateOf(measurement: Measurement): number {
  return measurement.commands / measurement.seconds;
}
