import { QUEUE_SCHEMA } from '../database/migrate-queue.js';

/** Of connections that work for jobs, BullMQ's among them. */
export const JOB_SESSION = {
  search_path: `${QUEUE_SCHEMA},public`,
  // Hints may be lost in a crash, and must not cost the ledger's commits a flush.
  synchronous_commit: 'off',
  // A machine that vanished must not keep its locks for the two hours that are the default.
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
};
