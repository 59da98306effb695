import type { RecurringJob, Run } from '../workers/recurring-job.js';
import type { StoredClocks } from './stored-clocks.js';
import type { TestClocks } from './test-clocks.js';

/** A call that moves a clock makes a step of its way in less. */
const LEFT_FOR_MS = 5_000;
const PAGE_LIMIT = 20;

/** Goes on with clocks whose call ended, or whose process died, before they were where they were to be. */
export class AdvanceClocks implements RecurringJob {
  readonly name = 'advance-clocks';
  readonly everyMs = 1_000;

  constructor(
    private readonly clocks: StoredClocks,
    private readonly testClocks: Pick<TestClocks, 'goOn'>,
  ) {}

  async run({ signal }: Run): Promise<void> {
    const failures: unknown[] = [];
    for (const id of await this.clocks.takeUp(LEFT_FOR_MS, PAGE_LIMIT)) {
      await this.testClocks.goOn(id, () => !signal.aborted).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} test clocks could not be moved: ${String(failures[0])}`);
  }
}
