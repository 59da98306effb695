import { Client } from 'pg';
import type { Until } from '../replay/fold/until.js';
import { LedgerSnapshot } from '../replay/ledger-snapshot.js';
import { rebuildLedger, type ReplayedAccount, type ReplayScope } from '../replay/rebuild/rebuild-ledger.js';
import { crossCheck } from '../replay/verify/cross-checks.js';
import type { Plan } from '../replay/verify/plan-ranges.js';
import { letGo } from './claim.js';
import { ReplayTally } from './replay-tally.js';
import type { ReplayArguments, ReplayResult, Run, RunProgress, RunState } from './run.js';

const CONNECT_TIMEOUT_MS = 10_000;
const SAVE_EVERY_MS = 1_000;

/**
 * Waits for the row of an account no longer than a service would. A machine that vanished must not keep its run for the
 * two hours that are the default.
 */
const SESSION_SETTINGS = `
SET TimeZone = 'UTC'; SET statement_timeout = 0; SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '60s'; SET idle_session_timeout = 0;
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`;

const SAVE = `
UPDATE ops_runs SET progress = $2, result = $3 WHERE no = $1
RETURNING cancel_requested AS "cancelRequested"`;
const FINISH = `
UPDATE ops_runs SET state = $4, progress = $2, result = $3, finished_at = clock_timestamp() WHERE no = $1`;
const FIND_ACCOUNT = `SELECT account_no FROM account_names WHERE id = $1 AND mode = $2`;

/** For whoever looks on while it is worked on. */
export interface RunWatch {
  readonly onPlan?: (plan: Plan) => void;
  readonly onProgress?: (entries: number) => void;
  readonly onAccount?: (account: ReplayedAccount) => void;
  /** Aborted to end the run as cancelled. */
  readonly signal?: AbortSignal;
}

class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** The connection a run is claimed and worked on with: it writes projections and the run's own row, nothing else. */
export async function openRunConnection(ownerUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: ownerUrl,
    application_name: 'credits-ledger rebuild',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // The query under way fails with it; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  await client.query(SESSION_SETTINGS);
  return client;
}

/**
 * Works on a claimed run until it is done, failed or cancelled, and lets go of it.
 * @throws where the connection is lost: the run stays where it was saved last, for the next worker
 */
export async function performRun(
  owner: Client,
  ownerUrl: string,
  run: Run,
  watch: RunWatch = {},
): Promise<{ state: RunState; result: ReplayResult }> {
  const ended = await new ReplayRun(owner, ownerUrl, run, watch).perform();
  await letGo(owner, run.no);
  return ended;
}

class ReplayRun {
  private readonly tally: ReplayTally;
  private next: number;
  private readonly first: number;
  private entries: number;
  private expected: number;
  private savedAt = performance.now();
  /** Why it must end, learned while something else was under way. */
  private end: Error | undefined;
  private readonly asked: ReplayArguments;

  constructor(
    private readonly owner: Client,
    private readonly ownerUrl: string,
    private readonly run: Run,
    private readonly watch: RunWatch,
  ) {
    this.asked = run.arguments as unknown as ReplayArguments;
    this.tally = new ReplayTally(run.result);
    this.first = run.progress?.next_account_no ?? 0;
    this.next = this.first;
    this.entries = this.tally.entries;
    this.expected = run.progress?.entries_expected ?? 0;
  }

  async perform(): Promise<{ state: RunState; result: ReplayResult }> {
    try {
      await this.replay();
      return await this.finish('done');
    } catch (error) {
      if (error instanceof Cancelled) return await this.finish('cancelled');
      // Where the connection is what failed, this throws too.
      return await this.finish('failed', error instanceof Error ? error.message : String(error));
    }
  }

  private async replay(): Promise<void> {
    const { asked, watch } = this;
    const scope = await this.scope();
    await rebuildLedger(this.owner, {
      ...scope,
      ownerUrl: this.ownerUrl,
      dryRun: asked.dry_run,
      trustEntries: asked.trust_entries ?? false,
      first: this.first,
      onPlan: plan => {
        this.expected ||= plan.entries;
        watch.onPlan?.(plan);
      },
      onProgress: entries => this.progress(entries),
      onAccount: account => this.account(account),
      onRange: next => this.range(next),
    });
    if (this.run.action === 'verify' && scope.until === null) await this.crossCheck(scope);
  }

  private progress(entries: number): void {
    this.entries += entries;
    this.watch.onProgress?.(entries);
    this.endIfAsked();
    if (performance.now() - this.savedAt < SAVE_EVERY_MS) return;
    // Nothing is waited for here; what goes wrong is met at the next step.
    this.save().catch((error: Error) => (this.end = error));
  }

  private async account(account: ReplayedAccount): Promise<void> {
    this.endIfAsked();
    const { dry_run: dryRun } = this.asked;
    this.tally.account(account, dryRun);
    this.next = account.folded.no + 1;
    if (account.deviations.length === 0) return;
    this.watch.onAccount?.(account);
    // In the transaction of what was written: killed at whatever moment, it is counted once.
    if (!dryRun) await this.save();
  }

  private async range(next: number): Promise<void> {
    this.next = next;
    this.endIfAsked();
    if (performance.now() - this.savedAt >= SAVE_EVERY_MS) await this.save();
  }

  private async crossCheck({ accountNo, mode }: ReplayScope): Promise<void> {
    const snapshot = await LedgerSnapshot.take(this.ownerUrl);
    try {
      for (const found of await crossCheck(snapshot.client, accountNo, mode)) this.tally.difference(found, found, null);
    } finally {
      await snapshot.close();
    }
  }

  private async scope(): Promise<ReplayScope> {
    const { mode } = this.run;
    const { account } = this.asked;
    const until = untilOf(this.asked);
    if (account === undefined) return { accountNo: null, mode, until };
    const { rows } = await this.owner.query<{ account_no: string }>(FIND_ACCOUNT, [account, mode]);
    if (rows[0] === undefined) throw new Error(`there is no ${mode} account ${JSON.stringify(account)}`);
    return { accountNo: Number(rows[0].account_no), mode, until };
  }

  private endIfAsked(): void {
    if (this.watch.signal?.aborted === true) throw new Cancelled();
    if (this.end !== undefined) throw this.end;
  }

  private async save(): Promise<void> {
    this.savedAt = performance.now();
    const { rows } = await this.owner.query<{ cancelRequested: boolean }>(SAVE, this.row());
    if (rows[0]?.cancelRequested === true) this.end = new Cancelled();
  }

  private async finish(state: RunState, error?: string): Promise<{ state: RunState; result: ReplayResult }> {
    const result = { ...this.tally.result(), ...(error !== undefined && { error }) };
    const [no, progress] = this.row();
    await this.owner.query(FINISH, [no, progress, JSON.stringify(result), state]);
    return { state, result };
  }

  private row(): [no: number, progress: string, result: string] {
    const { next, entries, expected, run } = this;
    const progress: RunProgress = {
      entries,
      entries_expected: Math.max(expected, entries),
      next_account_no: next,
      attempts: next > this.first ? 1 : (run.progress?.attempts ?? 1),
    };
    return [run.no, JSON.stringify(progress), JSON.stringify(this.tally.result())];
  }
}

function untilOf({ until, until_position, until_seq }: ReplayArguments): Until | null {
  if (until !== undefined) return { by: 'moment', at: Date.parse(until) };
  if (until_position !== undefined) return { by: 'position', position: until_position };
  return until_seq === undefined ? null : { by: 'seq', seq: until_seq };
}
