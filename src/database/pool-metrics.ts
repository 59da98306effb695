import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { Gauge, Registry } from 'prom-client';

/** The shared connections of this process: when `waiting` is not 0 for long, they are too few, or PostgreSQL is slow. */
@Injectable()
export class PoolMetrics {
  constructor(pool: Pool, registry: Registry) {
    const connections = new Gauge({
      name: 'credits_database_connections',
      help: 'Shared connections to PostgreSQL that are idle or busy, and requests waiting for one.',
      labelNames: ['state'],
      registers: [],
      collect() {
        this.set({ state: 'idle' }, pool.idleCount);
        this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
        this.set({ state: 'waiting' }, pool.waitingCount);
      },
    });
    registry.registerMetric(connections);
  }
}
