import { Injectable } from '@nestjs/common';
import { Pool, type PoolClient } from 'pg';
import { transact } from '../../database/transact.js';
import type { ScaleOf } from '../../shared/amount.js';
import { LedgerError } from '../../shared/ledger-error.js';
import { UnitRegistry } from '../../units/unit-registry.js';
import { compileCard } from '../compile-card.js';
import type { CompiledCard } from '../compiled-card.js';
import { priceEvent } from '../price-event.js';
import { amountsOf } from '../pricing.js';
import type { CardVersion } from '../stored-cards.js';
import { AccountReplay } from './account-replay.js';
import type { PastEntry, Sums } from './past-entry.js';
import { findUsedAccounts, readOpening, readPastEntries, type PastUsage, type UsedAccount } from './read-past-usage.js';
import { Simulation, type NoPrice } from './simulation.js';

const MOST_ACCOUNTS = 1_000;
const MOST_EVENTS = 50_000;
/** Entries looked through for them, from the first event of an account to its last. */
const MOST_ENTRIES = 500_000;

/** Runs a version of a card over what was used in the past. Reads only; one at a time on a replica. */
@Injectable()
export class SimulateCard {
  private running = false;

  constructor(
    private readonly pool: Pool,
    private readonly units: UnitRegistry,
  ) {}

  /** @throws LedgerError busy; invalid_request where there is more than one call may look at */
  async run(candidate: CardVersion, usage: PastUsage): Promise<ReturnType<Simulation['toJson']>> {
    if (this.running) throw new LedgerError('busy', 'another simulation is running on this replica', {}, true);
    this.running = true;
    try {
      return await this.readOnly(client => this.simulate(client, candidate, usage));
    } finally {
      this.running = false;
    }
  }

  private async simulate(client: PoolClient, { card, version, definition }: CardVersion, usage: PastUsage) {
    const accounts = await findUsedAccounts(client, usage, MOST_ACCOUNTS + 1);
    refuseTooMuch(accounts);
    await this.units.learn();
    const compiled = compileCard(card, version, definition);
    const scales = await this.scalesOf(compiled);
    const scaleOf = (unit: string): number => scales.get(unit) ?? this.units.scaleOf(unit)!;
    const simulation = new Simulation();
    for (const account of accounts) {
      const replay = new AccountReplay(await readOpening(client, account));
      for await (const entry of readPastEntries(client, account, usage)) {
        simulation.follow(account.id, replay, entry, costOf(compiled, entry, scaleOf));
      }
    }
    return simulation.toJson(scaleOf);
  }

  /** A draft may be in units that nobody uses yet. */
  private async scalesOf({ meters }: CompiledCard): Promise<ReadonlyMap<string, number>> {
    const scales = new Map<string, number>();
    for (const { charges } of meters.values()) {
      for (const { unit } of charges) if (!scales.has(unit)) scales.set(unit, (await this.units.find(unit)).scale);
    }
    return scales;
  }

  private readOnly<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return transact(this.pool, work, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  }
}

function refuseTooMuch(accounts: readonly UsedAccount[]): void {
  const events = accounts.reduce((sum, account) => sum + account.events, 0);
  const entries = accounts.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (accounts.length <= MOST_ACCOUNTS && events <= MOST_EVENTS && entries <= MOST_ENTRIES) return;
  const bounds = `${MOST_ACCOUNTS} accounts, ${MOST_EVENTS} events and ${MOST_ENTRIES} entries`;
  const message = `spans more than one simulation looks at (${bounds}): take a shorter time, or one account`;
  throw new LedgerError('invalid_request', `body.from ${message}`, { errors: [{ location: 'body.from', message }] });
}

function costOf(card: CompiledCard, { event }: PastEntry, scaleOf: ScaleOf): Sums | NoPrice | null {
  if (event === null) return null;
  const priced = priceEvent(card, { ...event, quantity: amountsOf(event.quantity) }, scaleOf);
  return priced.ok ? new Map(priced.lines.map(({ unit, amount }) => [unit, amount])) : { message: priced.message };
}
