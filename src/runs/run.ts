import type { Mode } from '../keys/api-key.js';

export const RUN_STATES = ['recorded', 'queued', 'running', 'done', 'failed', 'cancelled'] as const;
/** `recorded`: over with its call. The others: a run that takes long, from its request to its end. */
export type RunState = (typeof RUN_STATES)[number];

/** Runs that fold entries. */
export const REPLAY_ACTIONS = ['verify', 'rebuild'] as const;
export type ReplayAction = (typeof REPLAY_ACTIONS)[number];

/** What such a run was asked to do, as it stands on record. */
export interface ReplayArguments {
  /** Only tell what would be rebuilt. Always true of a verify. */
  readonly dry_run: boolean;
  /** One account only, by the caller's own id. */
  readonly account?: string;
  /** RFC 3339; the entries that had taken effect by then. At most one of the three. */
  readonly until?: string;
  readonly until_position?: number;
  /** Needs an account. */
  readonly until_seq?: number;
  /** Also rebuild accounts whose rows tell of more entries than there are. */
  readonly trust_entries?: boolean;
}

/** One thing that was not what the entries say, as it goes over the wire. */
export interface FoundDifference {
  readonly mode: string | null;
  readonly account: string | null;
  readonly account_no: number | null;
  readonly place: string;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
  /** Why the account was left as it is; null where it was, or in a dry run would be, rebuilt. */
  readonly left: string | null;
}

/** What came of a replay so far; counts count everything. */
export interface ReplayResult {
  readonly accounts: number;
  readonly entries: number;
  readonly accounts_that_differ: number;
  readonly differences: number;
  readonly accounts_rebuilt: number;
  /** Accounts that differ and could not be rebuilt. */
  readonly accounts_left: number;
  readonly first_differences: readonly FoundDifference[];
  /** Why it failed. */
  readonly error?: string;
}

/** How far a run came, and where the next worker goes on. */
export interface RunProgress {
  /** Entries folded, those of a range that is not finished included. */
  readonly entries: number;
  /** As the account rows said when it began. */
  readonly entries_expected: number;
  /** All accounts with a lower number are done. */
  readonly next_account_no: number;
  /** Workers that began and did not come any further. */
  readonly attempts: number;
}

/** A row of `ops_runs`. */
export interface RecordedRun<Progress, Result> {
  readonly no: number;
  readonly id: string;
  readonly actor: string;
  readonly mode: Mode | null;
  readonly action: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  readonly requestedAt: Date;
  readonly state: RunState;
  readonly cancelRequested: boolean;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly progress: Progress | null;
  readonly result: Result | null;
}

/** One that folds entries. */
export type Run = RecordedRun<RunProgress, ReplayResult>;

export const RUN_COLUMNS = `
  no, id, actor, mode, action, arguments, reason, requested_at AS "requestedAt", state,
  cancel_requested AS "cancelRequested", started_at AS "startedAt", finished_at AS "finishedAt", progress, result`;
