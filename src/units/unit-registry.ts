import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { LedgerError } from '../shared/ledger-error.js';

export const UNIT_KINDS = ['prepaid', 'allowance'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** What is counted. Kind and scale never change once an entry may have been written in it. */
export interface Unit {
  readonly unit: string;
  readonly kind: UnitKind;
  /** Digits after the point, 0 to 9. */
  readonly scale: number;
  readonly inUse: boolean;
}

/** Also keeps names like `__proto__` out, so that a unit can be the name of a JSON member. */
export const UNIT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const COLUMNS = `unit, kind, scale, in_use AS "inUse"`;
const FIND = `SELECT ${COLUMNS} FROM units WHERE unit = $1`;
const LIST = `SELECT ${COLUMNS} FROM units WHERE unit > $1 ORDER BY unit LIMIT $2`;
const LOAD_IN_USE = `SELECT ${COLUMNS} FROM units WHERE in_use`;
/** Only while it still has the scale that amounts were read with. */
const PUT_TO_USE = `UPDATE units SET in_use = true WHERE unit = $1 AND scale = $2 RETURNING ${COLUMNS}`;
/** Changes nothing, and returns nothing, where the unit is in use as something else. */
const DEFINE = `
INSERT INTO units (unit, kind, scale, in_use) VALUES ($1, $2, $3, false)
ON CONFLICT (unit) DO UPDATE SET kind = excluded.kind, scale = excluded.scale
  WHERE NOT units.in_use OR (units.kind = excluded.kind AND units.scale = excluded.scale)
RETURNING ${COLUMNS}`;

/**
 * The units of this ledger, shared by live and test. Those in use are remembered, because they never change; any other
 * is asked for again, because another replica may just have defined it anew.
 */
@Injectable()
export class UnitRegistry {
  private readonly inUse = new Map<string, Unit>();

  constructor(private readonly pool: Pool) {}

  /** Undefined where this process has not met it in use. */
  known(unit: string): Unit | undefined {
    return this.inUse.get(unit);
  }

  /** @throws LedgerError unit_not_found */
  async find(unit: string): Promise<Unit> {
    const known = this.inUse.get(unit);
    if (known !== undefined) return known;
    const found = UNIT_NAME.test(unit) ? (await this.pool.query<Unit>(FIND, [unit])).rows[0] : undefined;
    if (found === undefined) throw new LedgerError('unit_not_found', `there is no unit ${JSON.stringify(unit)}`);
    return this.remember(found);
  }

  /**
   * Fixes the unit for ever, before the first amount in it enters the ledger. `scale` is what the amount was read with.
   * @throws LedgerError busy where the unit was defined anew since; the same request then reads its amount afresh
   */
  async putToUse({ unit, scale }: Pick<Unit, 'unit' | 'scale'>): Promise<void> {
    if (this.inUse.has(unit)) return;
    const used = (await this.pool.query<Unit>(PUT_TO_USE, [unit, scale])).rows[0];
    if (used === undefined) throw new LedgerError('busy', `the unit ${unit} is being defined anew`, {}, true);
    this.remember(used);
  }

  /** @throws LedgerError unit_in_use */
  async define(unit: string, kind: UnitKind, scale: number): Promise<Unit> {
    const defined = (await this.pool.query<Unit>(DEFINE, [unit, kind, scale])).rows[0];
    if (defined !== undefined) return this.remember(defined);
    throw new LedgerError('unit_in_use', `the unit ${unit} is in use: its kind and scale never change`);
  }

  /** In the order of their names, `limit` of them, those after the name `after`. */
  async list(after: string, limit: number): Promise<Unit[]> {
    return (await this.pool.query<Unit>(LIST, [after, limit])).rows;
  }

  /** Learns of every unit in use, whichever replica put it to use. */
  async learn(): Promise<void> {
    for (const used of (await this.pool.query<Unit>(LOAD_IN_USE)).rows) this.inUse.set(used.unit, used);
  }

  /** Digits after the point of a unit in use; undefined where this process has not met it in use. */
  scaleOf(unit: string): number | undefined {
    return this.inUse.get(unit)?.scale;
  }

  private remember(unit: Unit): Unit {
    if (unit.inUse) this.inUse.set(unit.unit, unit);
    return unit;
  }
}
