import { setTimeout as sleep } from 'node:timers/promises';
import {
  createPostgresBackend,
  createRedisBackend,
  Queue,
  Worker,
  type BackendFactory,
  type ConnectionOptions,
  type Job,
  type RedisOptions,
  type RedisQueueBackend,
} from 'bullmq';
import type { Pool } from 'pg';

/** Also what a worker's connections call themselves in PostgreSQL, like every other of the service. */
const QUEUE = 'credits-ledger';

/** Jobs that one process works on at once. */
const CONCURRENCY = 8;
/** A job whose worker was killed is somebody else's after at most the sum of these. */
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5_000;
/** How often a job may have been cut off by the death of its worker before it is taken for the cause. */
const MOST_STALLS = 5;
/** BullMQ's own diary, which only its dashboards read. */
const KEPT_EVENTS = 1_000;

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 2_000;
/** Longer than the 10 s for which a worker may wait for its next job in one command. */
const WORKER_COMMAND_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** Between two tries to get a job. BullMQ's default of 15 s is longer than anything here may wait. */
const RETRY_AFTER_ERROR_MS = 1_000;
const LONGEST_RECONNECT_PAUSE_MS = 2_000;

/** Where BullMQ keeps its jobs. */
export type QueueStore =
  | { readonly type: 'redis'; readonly url: string }
  /** Connections whose `search_path` begins with BullMQ's schema. */
  | { readonly type: 'postgres'; readonly pool: Pool };

/** Redis where there is one, else the database. */
export function storeOf(redisUrl: string | undefined, pool: Pool): QueueStore {
  return redisUrl === undefined ? { type: 'postgres', pool } : { type: 'redis', url: redisUrl };
}

/** Adds, lists, retries. Says at once when Redis is away instead of waiting for it. */
export function openQueue(store: QueueStore): Queue {
  const patience = { commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 1, enableOfflineQueue: false };
  const { connection, backend } = connectionTo(store, patience);
  return new Queue(QUEUE, { connection, streams: { events: { maxLen: KEPT_EVENTS } } }, backend);
}

/** Works on jobs as long as it is open; waits for a Redis that is away. */
export function openWorker(store: QueueStore, process: (job: Job) => Promise<void>): Worker {
  const { connection, backend } = connectionTo(store, {
    commandTimeout: WORKER_COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: null,
  });
  const options = {
    connection,
    concurrency: CONCURRENCY,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: MOST_STALLS,
    runRetryDelay: RETRY_AFTER_ERROR_MS,
  };
  return new Worker(QUEUE, process, options, slowToFail(backend));
}

type Backend = BackendFactory<RedisQueueBackend, ConnectionOptions>;

/**
 * The loop of a worker heeds `runRetryDelay` only where it was refused the connection; after every other failure it asks
 * again at once. A pool that has ended and a connection that could not be made fail without waiting for anything: then
 * that loop never gives way, and neither requests nor timers of this process have their turn again.
 */
function slowToFail(open: Backend): Backend {
  return (...parts) => {
    const backend = open(...parts);
    const moveToActive = backend.moveToActive.bind(backend);
    const waitForJob = backend.waitForJob.bind(backend);
    backend.moveToActive = (...args) => moveToActive(...args).catch(afterAPause);
    backend.waitForJob = (...args) => waitForJob(...args).catch(afterAPause);
    return backend;
  };
}

async function afterAPause(error: unknown): Promise<never> {
  await sleep(RETRY_AFTER_ERROR_MS, undefined, { ref: false });
  throw error;
}

/** BullMQ types its classes after Redis; on PostgreSQL they are the same ones. */
function connectionTo(store: QueueStore, patience: RedisOptions): { connection: ConnectionOptions; backend: Backend } {
  if (store.type === 'postgres') {
    return {
      connection: store.pool as unknown as ConnectionOptions,
      backend: createPostgresBackend as unknown as Backend,
    };
  }
  const connection = {
    url: store.url,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_AFTER_MS,
    retryStrategy: (attempt: number) => Math.min(attempt * 100, LONGEST_RECONNECT_PAUSE_MS),
    ...patience,
  };
  return { connection, backend: createRedisBackend };
}
