/** A batch that was written, just before its answers go out. Moments are on `performance.now()`'s clock. */
export interface BatchObservation {
  readonly calls: number;
  /** Since when the call waited that waited longest, or longer; null where row locks were waited for, not the lane. */
  readonly queuedSince: number | null;
  readonly beganAt: number;
  /** When all that the decisions rest on was there. */
  readonly loadedAt: number;
  readonly sentAt: number;
  readonly writtenAt: number;
  /** Accounts that another replica had written meanwhile: they are decided again. */
  readonly conflicts: number;
  /** What `origin` answered when the calls were submitted, each once. */
  origins(): ReadonlySet<object>;
}

/** Told of every batch once; of no command, except where it came from. */
export interface BatchObserver {
  /** Whose call is being submitted, to be found again in its batch; called only where it is there. */
  readonly origin?: () => object | null;
  written(batch: BatchObservation): void;
}
