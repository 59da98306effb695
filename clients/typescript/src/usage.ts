import { isZero, less, plus, readAmount } from './decimal.js';
import type { Line, Reservation } from './schemas.generated.js';

/** What a piece of work says it has used, unit by unit. */
export class Usage {
  readonly #used = new Map<string, string>();
  #over = false;

  /** @param units that may be used */
  constructor(private readonly units: readonly string[]) {}

  /** @throws TypeError for what is no amount, or of no unit that was asked for */
  add(amount: string, unit: string | undefined): void {
    if (this.#over) throw new Error('the work is over: what it used is settled already');
    const [only] = this.units;
    if (unit === undefined && this.units.length > 1) throw new TypeError(`name the unit: ${this.units.join(' or ')}`);
    const named = unit ?? only!;
    if (!this.units.includes(named)) throw new TypeError(`${named} was not reserved; ${this.units.join(', ')} was`);
    this.#used.set(named, plus(this.#used.get(named) ?? '0', readAmount(amount)));
  }

  /** Takes nothing more, and answers what was used; null where the work never said. */
  close(): Line[] | null {
    this.#over = true;
    if (this.#used.size === 0) return null;
    return [...this.#used].map(([unit, amount]) => ({ unit, amount }));
  }
}

/** What of `lines` is still held by the reservation. */
export function heldOf(lines: readonly Line[], reservation: Reservation): Line[] {
  return lines.map(({ unit, amount }) => {
    const line = reservation.lines.find(candidate => candidate.unit === unit);
    const held = line === undefined ? '0' : less(line.reserved, line.committed);
    return { unit, amount: less(amount, less(amount, held)) };
  });
}

/** What `lines` have beyond `covered`, without units that are covered whole. */
export function beyond(lines: readonly Line[], covered: readonly Line[]): Line[] {
  return lines
    .map(({ unit, amount }) => ({
      unit,
      amount: less(amount, covered.find(line => line.unit === unit)?.amount ?? '0'),
    }))
    .filter(({ amount }) => !isZero(amount));
}
