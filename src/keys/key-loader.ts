import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { StoredKeys, type KeyToCheck } from './stored-keys.js';

interface Waiting {
  readonly id: string;
  readonly resolve: (key: KeyToCheck | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** A backlog this long means that the database does not answer. */
const MOST_WAITING = 20_000;

/**
 * Asks PostgreSQL about every key of every request, together: requests that arrive while one look-up is in flight share
 * the next. Nothing is remembered, so a key that was revoked anywhere is refused from the next request on.
 */
@Injectable()
export class KeyLoader {
  private waiting: Waiting[] = [];
  private inFlight = false;

  constructor(private readonly keys: StoredKeys) {}

  /** The key with this id if it is in force now. Rejects when the database cannot be asked. */
  load(id: string): Promise<KeyToCheck | undefined> {
    if (this.waiting.length >= MOST_WAITING) return Promise.reject(new Error('too many requests wait for their key'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ id, resolve, reject });
      if (!this.inFlight) void this.ask();
    });
  }

  private async ask(): Promise<void> {
    this.inFlight = true;
    while (this.waiting.length > 0) {
      // Requests that were received together are asked for together.
      await nextTurnOfTheLoop();
      const asking = this.waiting;
      this.waiting = [];
      try {
        const found = await this.keys.findInForce([...new Set(asking.map(({ id }) => id))]);
        for (const { id, resolve } of asking) resolve(found.find(key => key.id === id));
      } catch (error) {
        for (const { reject } of asking) reject(error);
      }
    }
    this.inFlight = false;
  }
}
