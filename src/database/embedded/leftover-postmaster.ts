import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isAlive, isPostmasterOf, processesInside, readPostmasterPid } from './postmaster-pid.js';

const FAST_STOP_MS = 10_000;
const IMMEDIATE_STOP_MS = 10_000;
const POLL_MS = 20;

/**
 * Clears the way for a start in a cluster whose last service was killed: its postmaster, which lives in a process group
 * of its own, is stopped properly; a pid file that is left then is removed, after the last process that still works
 * inside the cluster is gone. Only call it while holding the data directory's lock.
 */
export async function stopLeftoverPostmaster(clusterDir: string, logger: Logger): Promise<void> {
  const left = await readPostmasterPid(clusterDir);
  if (!left) return;
  if (await isPostmasterOf(left.pid, clusterDir)) {
    logger.warn({ pid: left.pid }, 'stopping the PostgreSQL that a killed service left running');
    await stopPostmaster(left.pid);
  }
  await waitUntilEmpty(clusterDir);
  // PostgreSQL would believe a file that names somebody else's process, or one that is dead and not yet taken note of.
  if ((await readPostmasterPid(clusterDir)) === undefined) return;
  await rm(join(clusterDir, 'postmaster.pid'), { force: true });
  logger.warn({ pid: left.pid }, 'removed a stale postmaster.pid');
}

/** Fast (sessions are ended, a checkpoint is written), then immediate (crash recovery at the next start). */
export async function stopPostmaster(pid: number): Promise<void> {
  if (await signalAndWait(pid, 'SIGINT', FAST_STOP_MS)) return;
  if (await signalAndWait(pid, 'SIGQUIT', IMMEDIATE_STOP_MS)) return;
  throw new EmbeddedPostgresError(`PostgreSQL (pid ${pid}) does not stop. End it by hand, then start again.`);
}

async function signalAndWait(pid: number, signal: NodeJS.Signals, timeoutMs: number): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
    throw new EmbeddedPostgresError(
      `PostgreSQL (pid ${pid}) runs as another user and cannot be stopped from here. Start as that user or as root.`,
      { cause: error },
    );
  }
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
    if (!isAlive(pid)) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/** Backends notice the death of their postmaster by themselves, but not at once. */
async function waitUntilEmpty(clusterDir: string): Promise<void> {
  for (const deadline = Date.now() + IMMEDIATE_STOP_MS; Date.now() < deadline;) {
    if ((await processesInside(clusterDir)).length === 0) return;
    await sleep(POLL_MS);
  }
  const pids = (await processesInside(clusterDir)).join(', ');
  throw new EmbeddedPostgresError(`Processes still work in ${clusterDir} (pid ${pids}). End them, then start again.`);
}
