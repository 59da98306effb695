import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Amounts } from '../../../src/units/amounts.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { openEngine, type Engine } from '../../support/engine.js';
import { refusalOf, Teller } from '../../support/teller.js';

const SPEND = { meter: null, model: null, member: null, metadata: null } as const;

describe('a spend whose amount was read before anybody used its unit', () => {
  let database: TestDatabase;
  let engine: Engine;
  let other: Engine;

  beforeAll(async () => {
    database = await createTestDatabase();
    engine = await openEngine(database);
    other = await openEngine(database);
  });

  afterAll(async () => {
    await Promise.all([engine.writePath.drain(), other.writePath.drain()]);
    await database.close();
  });

  /** Reads `1` in a unit of two digits that nobody uses; what is returned spends it. */
  async function readOne(unit: string) {
    await engine.units.define(unit, 'prepaid', 2);
    const amounts = new Amounts(engine.units);
    const read = await amounts.read([{ location: 'body.amount', unit, input: '1' }]);
    const lines = [{ unit, amount: read.values[0]! }];
    const rest = { unfixed: amounts.unfixed(read), target: { mode: 'live', account: unit }, fact: null } as const;
    const once = () => ({ key: randomUUID(), fingerprint: Buffer.alloc(16) });
    const overage = 'allow_debt' as const;
    return {
      reserve: () => {
        const command = {
          type: 'reserve',
          lines,
          ttlMs: 60_000,
          graceMs: 0,
          late: 'reject',
          overage,
          ...SPEND,
        } as const;
        return engine.writePath.execute({ ...rest, command, once: once() });
      },
      charge: () => {
        const command = { type: 'charge', lines, overage, reason: null, ...SPEND } as const;
        return engine.writePath.execute({ ...rest, command, once: once() });
      },
    };
  }

  /** What another replica does meanwhile: ten of the unit are granted, or may be owed. */
  async function use(unit: string, scale: number, how: 'grant' | 'overdraft') {
    await other.units.define(unit, 'prepaid', scale);
    await other.units.putToUse({ unit, scale });
    const amount = 10n * 10n ** BigInt(scale);
    if (how === 'grant') return new Teller(other).grant(unit, 0, { unit, amount });
    const overdraftLimits = new Map([[unit, amount]]);
    return new Teller(other).command(unit, { type: 'configure', overdraftLimits, metadata: null });
  }

  it('is refused as one the account has nothing for, and the unit stays unused', async () => {
    const spend = await readOne('unused');
    const shortfall = [{ unit: 'unused', required: '1', available: '0' }];
    for (const call of [spend.reserve, spend.charge]) {
      expect(await refusalOf(call())).toMatchObject({ code: 'insufficient_credits', details: { shortfall } });
    }
    expect(await engine.units.define('unused', 'prepaid', 5)).toMatchObject({ inUse: false, scale: 5 });
  });

  it('is decided as any other where the unit was put to use as it was read', async () => {
    const spend = await readOne('as-read');
    await use('as-read', 2, 'grant');
    await spend.reserve();
    await spend.charge();
    const { rows } = await database.ownerPool.query(
      `SELECT amount::int FROM entries WHERE unit = 'as-read' AND seq > 1`,
    );
    expect(rows).toEqual([{ amount: 100 }, { amount: 100 }]);
  });

  it.each(['grant', 'overdraft'] as const)(
    'is to be sent again where the unit was defined anew meanwhile (%s)',
    async how => {
      const unit = `anew-before-${how}`;
      const spend = await readOne(unit);
      const { seq } = await use(unit, 1, how);
      expect(await refusalOf(spend.charge())).toMatchObject({ code: 'busy', retryable: true });
      const held = await refusalOf(spend.reserve());
      expect(held.code).toBe(how === 'grant' ? 'busy' : 'insufficient_credits');
      expect((await new Teller(engine).balance(unit)).seq).toBe(seq);
    },
  );
});
