import type { Pool } from 'pg';
import { FollowProjection } from '../../projections/follow-projection.js';
import type { FollowerLog } from '../../projections/follower.js';
import { LentUsage } from './lent-usage.js';

/** Puts down what is to be reported of the entries that are there. */
export class FollowLentUsage extends FollowProjection {
  constructor(pool: Pool, log: FollowerLog) {
    super('follow-lent-usage', new LentUsage(), pool, log);
  }
}
