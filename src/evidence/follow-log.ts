import type { Pool } from 'pg';
import { FollowProjection } from '../projections/follow-projection.js';
import type { FollowerLog } from '../projections/follower.js';
import { EvidenceLog } from './log/evidence-log.js';

/** Writes the log of all entries up to those that are there. */
export class FollowLog extends FollowProjection {
  constructor(pool: Pool, log: FollowerLog) {
    super('follow-log', new EvidenceLog(), pool, log);
  }
}
