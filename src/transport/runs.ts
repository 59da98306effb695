import { Injectable } from '@nestjs/common';
import type { Caller } from '../keys/authenticator.js';
import type { Run, RunProgress } from '../runs/run.js';
import { Runs } from '../runs/runs.js';
import { pageOf } from '../shared/page.js';
import type { ReconciliationProgress } from '../stripe/reconcile/reconcile-run.js';
import { RECONCILE_ACTION } from '../stripe/reconcile/work-on-reconciliations.js';
import { decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { Reads } from './reads.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import { endRunRequest, opsExplainQuery, rebuildRequest, replayArguments, verifyRequest } from './requests/runs.js';

/** Calls about replay as an operation, read and answered as JSON. Each is on record with its actor and its reason. */
@Injectable()
export class RunCalls {
  constructor(
    private readonly runs: Runs,
    private readonly reads: Reads,
  ) {}

  async verify(caller: Caller, body: unknown): Promise<string> {
    const request = parseRequest(verifyRequest, body, 'body');
    return this.json(await this.runs.request(caller, 'verify', replayArguments(request), request.reason));
  }

  async rebuild(caller: Caller, body: unknown): Promise<string> {
    const request = parseRequest(rebuildRequest, body, 'body');
    return this.json(await this.runs.request(caller, 'rebuild', replayArguments(request), request.reason));
  }

  async list(caller: Caller, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.runs.list(caller, decodeNumberCursor('runs', after), limit + 1);
    return pageJson(
      'runs',
      pageOf(
        found,
        limit,
        run => JSON.stringify(wireRun(run)),
        ({ no }) => no,
      ),
    );
  }

  async get(caller: Caller, id: string): Promise<string> {
    return this.json(await this.runs.get(caller, id));
  }

  async cancel(caller: Caller, id: string, body: unknown): Promise<string> {
    const { reason } = parseRequest(endRunRequest, body, 'body');
    return this.json(await this.runs.cancel(caller, id, reason));
  }

  async resume(caller: Caller, id: string, body: unknown): Promise<string> {
    const { reason } = parseRequest(endRunRequest, body, 'body');
    return this.json(await this.runs.resume(caller, id, reason));
  }

  async explain(caller: Caller, query: unknown): Promise<string> {
    const { reason } = parseRequest(opsExplainQuery, query, 'query');
    const { account, reason: _, ...range } = query as Record<string, unknown>;
    await this.runs.record(caller, 'explain', { account, ...range }, reason);
    return this.reads.explanation(caller, account, range);
  }

  async json(run: Run): Promise<string> {
    const waits = run.state === 'queued' && !(await this.runs.somebodyWorks());
    return JSON.stringify({ ...wireRun(run), ...(waits && { notice: NOBODY_WORKS }) });
  }
}

const NOBODY_WORKS =
  'no process with ROLE all or worker has been seen for a while: nothing works on this run until one is started';

function wireRun({ id, action, actor, reason, state, progress, result, ...run }: Run) {
  return {
    id,
    action,
    arguments: run.arguments,
    actor,
    reason,
    state,
    requested_at: run.requestedAt,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    progress: progress && (action === RECONCILE_ACTION ? objectsOf(progress) : entriesOf(progress)),
    result,
  };
}

function entriesOf({ entries, entries_expected }: RunProgress) {
  return { entries, entries_expected };
}

/** Before the first object is done, nothing of this is known. */
function objectsOf(progress: RunProgress) {
  const { objects = 0, objects_expected = 0 } = progress as Partial<ReconciliationProgress>;
  return { objects, objects_expected };
}
