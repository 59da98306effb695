import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import type { Caller } from '../keys/authenticator.js';
import { LedgerError } from '../shared/ledger-error.js';
import { recordUse } from './record-use.js';
import type { ReplayAction, ReplayArguments, Run } from './run.js';
import { MOST_UNFINISHED_RUNS, StoredRuns } from './stored-runs.js';
import { WorkOnRuns } from './work-on-runs.js';

const OPAQUE_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Longer than a job that is alive is ever late. */
const SOMEBODY_WORKED_WITHIN_SECONDS = 15;

/** The directory first: where the name itself is what is damaged, the account's row still tells it. */
const FIND_ACCOUNT = `
SELECT coalesce((SELECT account_no FROM account_names WHERE mode = $1 AND id = $2),
                (SELECT account_no FROM accounts WHERE mode = $1 AND id = $2 LIMIT 1)) AS no`;
const SOMEBODY_WORKS = `
SELECT EXISTS (SELECT FROM job_runs WHERE name = $1 AND started_at > now() - $2 * interval '1 second') AS works`;

/** Runs as the holder of a key sees them: those of its own mode. */
@Injectable()
export class Runs {
  private readonly stored: StoredRuns;

  constructor(private readonly pool: Pool) {
    this.stored = new StoredRuns(pool);
  }

  /**
   * Puts it on record, and has a worker take it up.
   * @throws LedgerError not_found where there is no such account
   * @throws LedgerError too_many_runs
   */
  async request(caller: Caller, action: ReplayAction, asked: ReplayArguments, reason: string): Promise<Run> {
    const { account } = asked;
    if (account !== undefined) await this.mustExist(caller, account);
    return this.queue(caller, action, asked, reason);
  }

  /**
   * The same for other actions that take long; whoever works on those takes it up.
   * @throws LedgerError too_many_runs
   */
  async queue({ keyId: actor, mode }: Caller, action: string, asked: object, reason: string): Promise<Run> {
    const run = await this.stored.request({ actor, mode, action, arguments: { ...asked }, reason });
    if (run !== undefined) return run;
    throw new LedgerError('too_many_runs', `${MOST_UNFINISHED_RUNS} runs are unfinished: cancel some, or wait`);
  }

  /** For calls that are over at once. */
  async record({ keyId: actor, mode }: Caller, action: string, asked: object, reason: string | null): Promise<void> {
    await recordUse(this.pool, { actor, mode, action, arguments: { ...asked }, reason });
  }

  /** Newest first. */
  list({ mode }: Caller, beforeNo: number, limit: number): Promise<Run[]> {
    return this.stored.list(mode, beforeNo, limit);
  }

  /** @throws LedgerError run_not_found */
  async get({ mode }: Caller, id: string): Promise<Run> {
    // What is no id at all may be no text of PostgreSQL's either.
    const run = OPAQUE_ID.test(id) ? await this.stored.find(id, mode) : undefined;
    if (run === undefined) throw new LedgerError('run_not_found', 'there is no such run');
    return run;
  }

  /**
   * Ends it where it is; what it has rebuilt stays rebuilt. Cancelling again changes nothing.
   * @throws LedgerError run_not_found, run_over
   */
  async cancel(caller: Caller, id: string, reason: string): Promise<Run> {
    const { state } = await this.get(caller, id);
    if (!['queued', 'running', 'cancelled'].includes(state)) throw over(state, 'to cancel');
    await this.record(caller, 'cancel', { run: id }, reason);
    return (await this.stored.cancel(id, caller.mode)) ?? this.get(caller, id);
  }

  /**
   * Has a worker go on with one that failed or was cancelled. One under way goes on by itself, and is left as it is.
   * @throws LedgerError run_not_found, run_over
   */
  async resume(caller: Caller, id: string, reason: string): Promise<Run> {
    const { state } = await this.get(caller, id);
    if (state === 'done' || state === 'recorded') throw over(state, 'to go on with');
    await this.record(caller, 'resume', { run: id }, reason);
    return (await this.stored.resume(id, caller.mode)) ?? this.get(caller, id);
  }

  /** Whether any process is there that takes up runs. */
  async somebodyWorks(): Promise<boolean> {
    const values = [WorkOnRuns.jobName, SOMEBODY_WORKED_WITHIN_SECONDS];
    return (await this.pool.query<{ works: boolean }>(SOMEBODY_WORKS, values)).rows[0]!.works;
  }

  private async mustExist({ mode }: Caller, account: string): Promise<void> {
    const { rows } = await this.pool.query<{ no: string | null }>(FIND_ACCOUNT, [mode, account]);
    if (rows[0]!.no === null) throw new LedgerError('not_found', 'there is no such account');
  }
}

function over(state: string, what: string): LedgerError {
  return new LedgerError('run_over', `the run is ${state}: there is nothing ${what}`);
}
