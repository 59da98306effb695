/** What a run is given. */
export interface Run {
  /** Aborted when the process stops: end early, the next run goes on. */
  readonly signal: AbortSignal;
  /**
   * One thing of many could not be done: it becomes a job of its own, tried again later, and in the end a dead letter.
   * @param item names the thing for `retry`; letters, digits and `-`
   */
  readonly failed: (item: string, error: unknown) => void;
}

/**
 * Work that is found in the tables, again and again. At most one run of a name is under way over all replicas, as long as
 * nothing crashes; a run that a crash cut off is simply made again, so every step must be harmless when repeated.
 */
export interface RecurringJob {
  /** Also the name operators see; lower case letters and `-`. */
  readonly name: string;
  readonly everyMs: number;
  /** Does everything there is to do now. What it throws is logged, counted, tried again, and in the end a dead letter. */
  run(run: Run): Promise<void>;
  /** Does the one thing that `run` had reported as failed. */
  retry?(item: string): Promise<void>;
}
