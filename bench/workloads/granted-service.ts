import { formatAmount } from '../../src/shared/amount.js';
import { accountIds, type Arena } from '../arena.js';
import { GRANTS } from '../contestant.js';
import { Service } from '../service.js';

const SCALE = 6;

/** The real service on a database of its own, every account granted what the benchmark spends; started when first asked for. */
export class GrantedService {
  private service: Service | undefined;

  constructor(private readonly arena: Arena) {}

  async started(): Promise<Service> {
    if (this.service === undefined) {
      this.service = await Service.start(await this.arena.server.createDatabase('bench_service'));
      const grants = GRANTS.map(({ amount, category, priority }) => ({
        amount: formatAmount(amount, SCALE),
        category,
        priority,
      }));
      await this.service.grant(accountIds(), grants);
    }
    return this.service;
  }

  async stop(): Promise<void> {
    await this.service?.stop();
  }
}
