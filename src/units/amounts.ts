import { Injectable } from '@nestjs/common';
import type { UnfixedScales } from '../ledger/submission.js';
import { parseAmount } from '../shared/amount.js';
import { LedgerError, type FieldError } from '../shared/ledger-error.js';
import { UnitRegistry, type Unit } from './unit-registry.js';

/** An amount of a request, and where it stands there. */
export interface AmountField {
  readonly location: string;
  readonly unit: string;
  readonly input: unknown;
  /** Whether nothing is an amount here; elsewhere it is refused. */
  readonly mayBeZero?: boolean;
}

export interface ReadAmounts {
  /** Base units, in the order of the fields. */
  readonly values: readonly bigint[];
  readonly units: readonly Unit[];
}

/** Turns the amounts of a request into base units of their units, exactly or not at all. */
@Injectable()
export class Amounts {
  constructor(private readonly units: UnitRegistry) {}

  /**
   * At once where every unit is known: most commands need not wait for anything before they are sent to the ledger.
   * @throws LedgerError unit_not_found
   * @throws LedgerError invalid_request or amount_too_large, naming every field that is wrong
   */
  read(fields: readonly AmountField[]): ReadAmounts | Promise<ReadAmounts> {
    const units = fields.map(({ unit }) => this.units.known(unit));
    return units.every(unit => unit !== undefined) ? readIn(units, fields) : this.lookUp(fields);
  }

  /** For amounts that only what was granted before can pay: what to check once they are. Undefined where all is fixed. */
  unfixed({ units }: ReadAmounts): UnfixedScales | undefined {
    const unused = units.filter(({ inUse }) => !inUse);
    if (unused.length === 0) return undefined;
    const scales = new Map(unused.map(({ unit, scale }) => [unit, scale]));
    return {
      scaleOf: unit => scales.get(unit),
      stand: () => unused.every(({ unit, scale }) => this.units.scaleOf(unit) === scale),
    };
  }

  /** Fixes the units that amounts were read with, before these enter the ledger. */
  async putToUse({ units }: ReadAmounts): Promise<void> {
    for (const unit of units) if (!unit.inUse) await this.units.putToUse(unit);
  }

  private async lookUp(fields: readonly AmountField[]): Promise<ReadAmounts> {
    const units: Unit[] = [];
    for (const { unit } of fields) units.push(await this.units.find(unit));
    return readIn(units, fields);
  }
}

function readIn(units: readonly Unit[], fields: readonly AmountField[]): ReadAmounts {
  const values: bigint[] = [];
  const errors: FieldError[] = [];
  let code: 'invalid_request' | 'amount_too_large' = 'amount_too_large';
  fields.forEach(({ location, input, mayBeZero }, index) => {
    const parsed = parseAmount(input, units[index]!.scale);
    if (parsed.ok && (mayBeZero || parsed.units > 0n)) return void values.push(parsed.units);
    if (parsed.ok || parsed.code === 'invalid_request') code = 'invalid_request';
    errors.push({ location, message: parsed.ok ? 'must be more than zero' : parsed.message });
  });
  if (errors.length > 0) throw new LedgerError(code, `${errors[0]!.location} ${errors[0]!.message}`, { errors });
  return { values, units };
}
