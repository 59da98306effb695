import { formatAmount, parseAmount } from '../shared/amount.js';
import type { FieldError } from '../shared/ledger-error.js';
import type { Unit } from '../units/unit-registry.js';
import type {
  ArrearsDefinition,
  GivenPlanDefinition,
  GrantDefinition,
  LimitDefinition,
  PlanDefinition,
  RolloverDefinition,
} from './definition.js';

/** The units there are, by name. */
export type KnownUnits = ReadonlyMap<string, Pick<Unit, 'kind' | 'scale'>>;

export interface ReadDefinition {
  readonly definition: PlanDefinition;
  /** What is wrong with it; where anything is, the definition is worth nothing. */
  readonly errors: readonly FieldError[];
}

type Given = string | number;

/** The units that a definition counts in. */
export function unitsOf({ grants, trial, limits, arrears }: GivenPlanDefinition): string[] {
  return [...new Set([...grants, ...(trial?.grants ?? []), ...limits, ...(arrears ?? [])].map(({ unit }) => unit))];
}

/**
 * A definition against the units there are: what it names exists, limits count allowances, amounts fit their scale. These
 * become canonical, so that what means the same reads the same.
 * @param part where the locations of what is wrong begin
 */
export function readDefinition(given: GivenPlanDefinition, units: KnownUnits, part: string): ReadDefinition {
  const reader = new DefinitionReader(units);
  const { grants, trial, limits, arrears } = given;
  const definition = {
    ...given,
    grants: grants.map((grant, index) => reader.grant(grant, `${part}.grants[${index}]`)),
    trial: trial && {
      ...trial,
      grants: trial.grants?.map((grant, index) => reader.grant(grant, `${part}.trial.grants[${index}]`)),
    },
    limits: limits.map((limit, index) => reader.limit(limit, `${part}.limits[${index}]`)),
    arrears: arrears?.map((each, index) => reader.arrears(each, `${part}.arrears[${index}]`)),
  };
  // What is left out may stand there as undefined; it is not there at all in what is kept and compared.
  return { definition: JSON.parse(JSON.stringify(definition)) as PlanDefinition, errors: reader.errors };
}

class DefinitionReader {
  readonly errors: FieldError[] = [];

  constructor(private readonly units: KnownUnits) {}

  grant(grant: GrantDefinition<Given>, at: string): GrantDefinition<string> {
    const { unit } = grant;
    this.unit(unit, `${at}.unit`);
    const amount = this.amount(grant.amount, unit, `${at}.amount`, false);
    return { ...grant, amount, rollover: this.rollover(grant.rollover, unit, `${at}.rollover`) };
  }

  limit(limit: LimitDefinition<Given>, at: string): LimitDefinition<string> {
    const kind = this.unit(limit.unit, `${at}.unit`)?.kind;
    if (kind !== undefined && kind !== 'allowance') {
      this.wrong(`${at}.unit`, `is ${kind}: a limit counts a unit of kind allowance`);
    }
    return { ...limit, amount: this.amount(limit.amount, limit.unit, `${at}.amount`, true) };
  }

  arrears(arrears: ArrearsDefinition, at: string): ArrearsDefinition {
    const kind = this.unit(arrears.unit, `${at}.unit`)?.kind;
    if (kind !== undefined && kind !== 'prepaid') {
      this.wrong(`${at}.unit`, `is ${kind}: only a unit of kind prepaid can be billed by its use`);
    }
    return arrears;
  }

  private rollover(rollover: RolloverDefinition<Given>, unit: string, at: string): RolloverDefinition<string> {
    if (rollover.carry !== 'cap') return rollover;
    const { amount, ...rest } = rollover;
    return amount === undefined ? rest : { ...rest, amount: this.amount(amount, unit, `${at}.amount`, false) };
  }

  private unit(name: string, at: string): Pick<Unit, 'kind' | 'scale'> | undefined {
    const unit = this.units.get(name);
    if (unit === undefined) this.wrong(at, `names no unit there is: define it with PUT /v1/units/${name}`);
    return unit;
  }

  /** The canonical decimal; nothing where it is wrong. Of an unknown unit nothing more is said. */
  private amount(input: Given, unit: string, at: string, mayBeZero: boolean): string {
    const scale = this.units.get(unit)?.scale;
    if (scale === undefined) return '';
    const parsed = parseAmount(input, scale);
    if (!parsed.ok) this.wrong(at, parsed.message);
    else if (parsed.units === 0n && !mayBeZero) this.wrong(at, 'must be more than zero');
    return parsed.ok ? formatAmount(parsed.units, scale) : '';
  }

  private wrong(location: string, message: string): void {
    this.errors.push({ location, message });
  }
}
