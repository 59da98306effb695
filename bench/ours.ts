import type { Pool } from 'pg';
import { pino } from 'pino';
import { createAppClient, createAppPool, APP_ROLE } from '../src/database/connections.js';
import { migrate } from '../src/database/migrate.js';
import { IdCodec } from '../src/ids/id-codec.js';
import { loadIdSecret } from '../src/ids/id-secret.js';
import type { NumberedTarget } from '../src/ledger/submission.js';
import { WritePath } from '../src/ledger/write-path.js';
import { UnitRegistry } from '../src/units/unit-registry.js';
import type { Line } from '../src/ledger/domain/command.js';
import type { PricedEvent } from '../src/ledger/domain/priced-event.js';
import { GRANTS, type Contestant, type Once } from './contestant.js';

const UNIT = { unit: 'credits', scale: 6 };
const HOLD_MS = 15 * 60_000;
const GRACE_MS = 5_000;
/** Below the lane's bound on its queue. */
export const SEEDED_AT_ONCE = 2_000;

const logger = pino({ level: 'warn' }, pino.destination(2));

/** Where a reservation is, and its number there. */
export type ReservationTarget = NumberedTarget & { readonly number: number };

/** The write path of the service, with everything on. Commands enter where the command handlers enter it. */
export class Ours implements Contestant {
  private constructor(
    readonly pool: Pool,
    private readonly ids: IdCodec,
    readonly units: UnitRegistry,
    readonly writePath: WritePath,
  ) {}

  static async open(databaseUrl: string, lanes: number): Promise<Ours> {
    const login = { url: databaseUrl, role: APP_ROLE };
    const pool = createAppPool({ login, logger });
    const units = new UnitRegistry(pool);
    await units.putToUse(UNIT);
    const ids = new IdCodec(await loadIdSecret(pool));
    const writePath = new WritePath({
      database: pool,
      createClient: applicationName => createAppClient({ login, logger, applicationName }),
      ids,
      units,
      lanes,
      log: { warn: message => logger.warn(message), error: message => logger.error(message) },
    });
    return new Ours(pool, ids, units, writePath);
  }

  reserve(account: string, amount: bigint, once: Once): Promise<Buffer> {
    return this.reserveLines(account, [{ unit: UNIT.unit, amount }], once);
  }

  commit(reservation: string, amount: bigint, once: Once): Promise<Buffer> {
    return this.commitLines(this.targetOf(reservation), amount, once);
  }

  /** @param event what the lines are the price of */
  async reserveLines(account: string, lines: readonly Line[], once: Once, event?: PricedEvent): Promise<Buffer> {
    const { body } = await this.writePath.execute({
      target: { mode: 'live', account },
      command: {
        type: 'reserve',
        lines,
        event,
        ttlMs: HOLD_MS,
        graceMs: GRACE_MS,
        overage: 'allow_available',
        late: 'reject',
        meter: event?.meter ?? null,
        model: event?.properties['model'] ?? null,
        member: null,
        metadata: null,
      },
      once,
      fact: null,
    });
    return body;
  }

  /** @param event what the lines are the price of */
  async commitLines(
    { number, ...target }: ReservationTarget,
    actual: bigint | readonly Line[],
    once: Once,
    event?: PricedEvent,
  ): Promise<Buffer> {
    const { body } = await this.writePath.execute({
      target,
      command: {
        type: 'commit',
        reservation: number,
        actual,
        event,
        final: true,
        providerCost: null,
        metadata: null,
      },
      once,
      fact: null,
    });
    return body;
  }

  targetOf(reservation: string): ReservationTarget {
    const numbered = this.ids.decode('reservation', reservation);
    if (numbered === null) throw new Error(`no reservation ${reservation}`);
    const { accountNo, number } = numbered;
    return { mode: 'live', accountNo, missing: 'reservation_not_found', number };
  }

  /** Every account exists afterwards, with what the benchmark spends. */
  async grant(accounts: readonly string[]): Promise<void> {
    const fingerprint = Buffer.alloc(16);
    for (let at = 0; at < accounts.length; at += SEEDED_AT_ONCE) {
      for (const [index, command] of GRANTS.entries()) {
        const once = { key: `seed-${index}`, fingerprint };
        const seeded = accounts.slice(at, at + SEEDED_AT_ONCE);
        await Promise.all(
          seeded.map(account => {
            return this.writePath.execute({ target: { mode: 'live', account }, command, once, fact: null });
          }),
        );
      }
    }
  }

  async close(): Promise<void> {
    await this.writePath.drain();
    await this.pool.end();
  }
}

export async function migrateOurs(databaseUrl: string): Promise<void> {
  await migrate(databaseUrl, logger);
}

export async function seedOurs(databaseUrl: string, accounts: readonly string[]): Promise<void> {
  const ours = await Ours.open(databaseUrl, 1);
  await ours.grant(accounts);
  await ours.close();
}
