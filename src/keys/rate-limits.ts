import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';

const ADMIT = `SELECT admit_requests($1, $2, $3) AS admitted`;

interface Waiting {
  readonly resolve: (admitted: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Beyond so many waiting requests of one key the answer is no, unasked. */
const MOST_WAITING_PER_KEY = 10_000;

/**
 * Counts the requests of keys that have a limit, exactly over all replicas, because PostgreSQL counts. Requests of one
 * key that arrive while one count is in flight share the next. Keys without a limit never come here.
 */
@Injectable()
export class RateLimits {
  private readonly waitingByKey = new Map<string, Waiting[]>();

  constructor(private readonly pool: Pool) {}

  /** True where the request is within the limit; it then counts. Rejects when the database cannot be asked. */
  admit(keyId: string, perSecond: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const waiting = this.waitingByKey.get(keyId) ?? [];
      if (waiting.length >= MOST_WAITING_PER_KEY) return resolve(false);
      waiting.push({ resolve, reject });
      if (this.waitingByKey.has(keyId)) return;
      this.waitingByKey.set(keyId, waiting);
      void this.ask(keyId, perSecond);
    });
  }

  /** The key's place in the map says that it is being asked about. */
  private async ask(keyId: string, perSecond: number): Promise<void> {
    for (;;) {
      await nextTurnOfTheLoop();
      const asking = this.waitingByKey.get(keyId)!;
      if (asking.length === 0) break;
      this.waitingByKey.set(keyId, []);
      try {
        const values = [keyId, asking.length, perSecond];
        const { rows } = await this.pool.query<{ admitted: number }>({ name: 'admit-requests', text: ADMIT, values });
        asking.forEach(({ resolve }, index) => resolve(index < rows[0]!.admitted));
      } catch (error) {
        for (const { reject } of asking) reject(error);
      }
    }
    this.waitingByKey.delete(keyId);
  }
}
