import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';

/** Gives up long before whoever asks does. */
const PING = { text: 'SELECT 1', query_timeout: 2_000 };

/** Whether a request would find what it needs: the database answers. */
@Injectable()
export class Readiness {
  constructor(private readonly pool: Pool) {}

  async isReady(): Promise<boolean> {
    try {
      await this.pool.query(PING);
      return true;
    } catch {
      return false;
    }
  }
}
