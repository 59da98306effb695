import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface LatencySummary {
  readonly operation: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const NANOSECONDS_PER_MS = 1e6;

/** How long answers took, per operation, in histograms whose size does not grow with the number of requests. */
export class Latencies {
  readonly #byOperation = new Map<string, RecordableHistogram>();

  record(operation: string, milliseconds: number): void {
    let histogram = this.#byOperation.get(operation);
    if (histogram === undefined) this.#byOperation.set(operation, (histogram = createHistogram({ figures: 3 })));
    histogram.record(Math.max(1, Math.round(milliseconds * NANOSECONDS_PER_MS)));
  }

  summary(): LatencySummary[] {
    return [...this.#byOperation].map(([operation, histogram]) => ({
      operation,
      count: histogram.count,
      p50Ms: histogram.percentile(50) / NANOSECONDS_PER_MS,
      p95Ms: histogram.percentile(95) / NANOSECONDS_PER_MS,
      p99Ms: histogram.percentile(99) / NANOSECONDS_PER_MS,
      maxMs: histogram.max / NANOSECONDS_PER_MS,
    }));
  }
}
