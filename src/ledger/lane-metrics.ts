import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BatchObservation, BatchObserver } from './batch-observer.js';

const BATCH_SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the lanes of this process do, in numbers; some ten microseconds a batch. */
export class LaneMetrics implements BatchObserver {
  private readonly batchCalls: Histogram;
  private readonly waits: Histogram;
  private readonly writes: Histogram;
  private readonly conflicts: Counter;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.batchCalls = new Histogram({
      name: 'credits_batch_commands',
      help: 'Commands and current reads that one batch decided and wrote together.',
      buckets: BATCH_SIZES,
      registers,
    });
    this.waits = new Histogram({
      name: 'credits_lane_wait_seconds',
      help: 'How long the command of a batch that came first had waited for its lane.',
      buckets: SECONDS,
      registers,
    });
    this.writes = new Histogram({
      name: 'credits_batch_commit_seconds',
      help: 'From sending the statement of a batch, maybe behind another one, to hearing that it is durable.',
      buckets: SECONDS,
      registers,
    });
    this.conflicts = new Counter({
      name: 'credits_batch_conflicts_total',
      help: 'Accounts decided again, because another replica had written them meanwhile.',
      registers,
    });
  }

  /** @param waiting commands that wait for a lane now */
  watchQueue(waiting: () => number): void {
    const depth = new Gauge({
      name: 'credits_lane_queue_commands',
      help: 'Commands and current reads that wait for a lane.',
      registers: [],
      collect() {
        this.set(waiting());
      },
    });
    this.registry.registerMetric(depth);
  }

  written({ calls, queuedSince, beganAt, sentAt, writtenAt, conflicts }: BatchObservation): void {
    this.batchCalls.observe(calls);
    if (queuedSince !== null) this.waits.observe(Math.max(0, beganAt - queuedSince) / 1000);
    this.writes.observe((writtenAt - sentAt) / 1000);
    if (conflicts > 0) this.conflicts.inc(conflicts);
  }
}
