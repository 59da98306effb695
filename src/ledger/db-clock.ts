import { performance } from 'node:perf_hooks';
import type { Moment } from './domain/account.js';

/**
 * The database's clock without asking it: its last word, and the monotonic time since that word arrived. It lags by the
 * way back of that answer and is never ahead; the append compares it with the real one and refuses what is too far off.
 */
export class DbClock {
  private said: Moment = 0;
  private heardAt = 0;

  /** @param now milliseconds, as the database just said */
  heard(now: Moment): void {
    this.said = now;
    this.heardAt = performance.now();
  }

  now(): Moment {
    return this.said + Math.floor(performance.now() - this.heardAt);
  }
}
