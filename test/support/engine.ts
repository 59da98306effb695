import type { Client } from 'pg';
import { pino } from 'pino';
import { createAppClient, type AppLogin } from '../../src/database/connections.js';
import { IdCodec } from '../../src/ids/id-codec.js';
import { loadIdSecret } from '../../src/ids/id-secret.js';
import { WritePath } from '../../src/ledger/write-path.js';
import { UnitRegistry } from '../../src/units/unit-registry.js';
import type { TestDatabase } from './database.js';

/** Says so of a database that did not answer for seconds, and of itself where it was this machine that stood still. */
const STOOD_STILL = 'no answer within';

/** Those that no machine gives rise to by itself. */
export function faultsAmong(warnings: readonly string[]): string[] {
  return warnings.filter(warning => !warning.includes(STOOD_STILL));
}

const silent = pino({ level: 'silent' });

export interface Engine {
  readonly writePath: WritePath;
  readonly ids: IdCodec;
  readonly units: UnitRegistry;
  /** What the engine warned of, in order. */
  readonly warnings: string[];
}

/** One replica's write path on a test database; the caller drains it. `connectTo` puts something in between. */
export async function openEngine(
  database: TestDatabase,
  options: { lanes?: number; connectTo?: AppLogin; units?: Readonly<Record<string, number>> } = {},
): Promise<Engine> {
  const login = options.connectTo ?? database.appLogin;
  const ids = new IdCodec(await loadIdSecret(database.appPool));
  const units = new UnitRegistry(database.appPool);
  for (const [unit, scale] of Object.entries({ credits: 6, ...options.units })) {
    await units.define(unit, 'prepaid', scale);
    await units.putToUse({ unit, scale });
  }
  const warnings: string[] = [];
  const note = (message: string) => void warnings.push(message);
  const writePath = new WritePath({
    database: database.appPool,
    createClient: (applicationName): Client => createAppClient({ login, logger: silent, applicationName }),
    ids,
    units,
    lanes: options.lanes ?? 1,
    log: { warn: note, error: note },
  });
  return { writePath, ids, units, warnings };
}
