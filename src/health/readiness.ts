import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';

/** Gives up long before whoever asks does. */
const PING = { text: 'SELECT 1', query_timeout: 2_000 };

/** Whether requests should come here: the database answers, and this process is not about to stop. */
@Injectable()
export class Readiness {
  #stopping = false;

  constructor(private readonly pool: Pool) {}

  get stopping(): boolean {
    return this.#stopping;
  }

  /** For good: whoever sends requests here should send them elsewhere. */
  stop(): void {
    this.#stopping = true;
  }

  async isReady(): Promise<boolean> {
    if (this.#stopping) return false;
    try {
      await this.pool.query(PING);
      return true;
    } catch {
      return false;
    }
  }
}
