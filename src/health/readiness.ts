import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { JobQueue } from '../workers/job-queue.js';

/** Gives up long before whoever asks does. */
const PING = { text: 'SELECT 1', query_timeout: 2_000 };

/** Whether requests should come here: the database answers, and this process is not about to stop. */
@Injectable()
export class Readiness {
  #stopping = false;
  private readonly listeners: (() => void)[] = [];

  constructor(
    private readonly pool: Pool,
    private readonly queue: JobQueue,
  ) {}

  get stopping(): boolean {
    return this.#stopping;
  }

  /** For good: whoever sends requests here should send them elsewhere. */
  stop(): void {
    this.#stopping = true;
    for (const listener of this.listeners) listener();
  }

  /** Is called at once when `stop` is. */
  onStop(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Without it requests are answered all the same, and due work is done, with less to see of it. */
  get queueAnswers(): boolean {
    return this.queue.answers;
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
