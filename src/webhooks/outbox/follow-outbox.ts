import type { Pool } from 'pg';
import { FollowProjection } from '../../projections/follow-projection.js';
import type { FollowerLog } from '../../projections/follower.js';
import type { Outbox } from './outbox.js';

/** Fills the outbox up to the entries that are there. */
export class FollowOutbox extends FollowProjection {
  constructor(pool: Pool, outbox: Outbox, log: FollowerLog) {
    super('follow-outbox', outbox, pool, log);
  }
}
