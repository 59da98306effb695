import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { StoredPlans, type StoredPlan } from './stored-plans.js';

const ALL = 1_000_000;

/**
 * What anybody may read. Those who ask while a read is under way share the next one, so that however many they are, they
 * keep one connection busy; and everybody sees the catalogue as it is no earlier than when they asked.
 */
@Injectable()
export class PublicPlans {
  private readonly stored: StoredPlans;
  private underWay: Promise<unknown> = Promise.resolve();
  private next: Promise<StoredPlan[]> | undefined;

  constructor(pool: Pool) {
    this.stored = new StoredPlans(pool);
  }

  /** In the order of their ids. */
  all(): Promise<StoredPlan[]> {
    return (this.next ??= this.underWay.then(() => {
      this.next = undefined;
      const read = this.stored.list('public', '', ALL);
      this.underWay = read.catch(() => {});
      return read;
    }));
  }
}
