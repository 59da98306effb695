import { requestAndClaim } from '../../../src/runs/claim.js';
import { openRunConnection, performRun, type RunWatch } from '../../../src/runs/perform-run.js';
import type { ReplayArguments, ReplayResult, RunState } from '../../../src/runs/run.js';
import type { TestDatabase } from '../../support/database.js';

/** A rebuild of both modes, requested and worked on here, as the command line does it. */
export async function runReplay(
  { url }: TestDatabase,
  asked: Partial<ReplayArguments> = {},
  watch: RunWatch = {},
): Promise<{ state: RunState; result: ReplayResult }> {
  const owner = await openRunConnection(url);
  try {
    const mode = asked.account === undefined ? null : 'live';
    const use = {
      actor: 'a test',
      mode,
      action: 'rebuild',
      reason: 'because',
      arguments: { dry_run: false, ...asked },
    } as const;
    return await performRun(owner, url, await requestAndClaim(owner, use), watch);
  } finally {
    await owner.end();
  }
}
