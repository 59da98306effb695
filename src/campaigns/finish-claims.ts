import { LedgerError } from '../shared/ledger-error.js';
import type { WritePath } from '../ledger/write-path.js';
import type { UnitRegistry } from '../units/unit-registry.js';
import type { RecurringJob, Run } from '../workers/recurring-job.js';
import type { Claims, LeftClaim } from './claims.js';
import { factOf, grantOf, isGranted, isRefused } from './grant-of-claim.js';

/** Claims taken up at once. */
const PAGE_LIMIT = 50;

/**
 * Grants what was claimed and not granted, because a process died in between or nobody knew what became of the grant. The
 * fact of the grant makes it harmless where it was made after all.
 */
export class FinishClaims implements RecurringJob {
  readonly name = 'finish-claims';
  readonly everyMs = 10_000;

  constructor(
    private readonly claims: Claims,
    private readonly writePath: Pick<WritePath, 'execute'>,
    private readonly units: Pick<UnitRegistry, 'find' | 'putToUse'>,
  ) {}

  async run({ signal }: Run): Promise<void> {
    while (!signal.aborted) {
      const left = await this.claims.leaseLeft(PAGE_LIMIT);
      const outcomes = await Promise.allSettled(left.map(claim => this.finish(claim)));
      const failed = outcomes.find(outcome => outcome.status === 'rejected');
      // Their leases end, and the next run finds them again.
      if (failed !== undefined) throw new Error(`claims could not be granted: ${String(failed.reason)}`);
      if (left.length < PAGE_LIMIT) return;
    }
  }

  private async finish(claim: LeftClaim): Promise<void> {
    const { no, mode, account, campaign, terms } = claim;
    await this.units.putToUse(await this.units.find(terms.unit));
    try {
      const command = grantOf(campaign, terms);
      await this.writePath.execute({ target: { mode, account }, command, once: null, fact: factOf(campaign) });
      await this.claims.granted(no);
    } catch (error) {
      if (isGranted(error)) return this.claims.granted(no);
      if (isRefused(error)) return this.claims.giveUp(claim);
      if (error instanceof LedgerError && error.code === 'busy') return;
      throw error;
    }
  }
}
