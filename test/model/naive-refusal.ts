import type { Line } from '../../src/ledger/domain/command.js';
import type { ErrorCode } from '../../src/shared/ledger-error.js';
import { ABOVE_EVERY_AMOUNT } from './credits.js';
import type { NaiveLimitState } from './naive-limits.js';

export interface NaiveShortfall {
  readonly unit: string;
  readonly required: bigint;
  readonly available: bigint;
  readonly held: bigint;
  readonly openReservations: number;
  readonly nextReleaseAt: number | null;
  readonly limit: NaiveLimitState | null;
  /** Whose budget it is that has no room. */
  readonly member?: string;
}

export interface NaiveRefusal {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly shortfall: readonly NaiveShortfall[];
  /** The hold that stays open although its excess was refused. */
  readonly reservation: number | null;
}

/** Thrown to leave a command before it changed anything. Not an Error: the stack would cost more than the command. */
export class Refused {
  constructor(readonly refusal: NaiveRefusal) {}
}

export function refuse(code: ErrorCode, more: Partial<NaiveRefusal> = {}): never {
  throw new Refused({ code, retryable: false, shortfall: [], reservation: null, ...more });
}

export function requirePositive(amount: bigint): void {
  if (amount <= 0n) refuse('invalid_request');
  requireAmount(amount);
}

export function requireAmount(amount: bigint): void {
  if (amount < 0n) refuse('invalid_request');
  if (amount >= ABOVE_EVERY_AMOUNT) refuse('amount_too_large');
}

/** At least one line, each with something unless an event has it priced, no unit twice. */
export function requireLines(lines: readonly Line[], mayBeFree: boolean): void {
  if (lines.length === 0) refuse('invalid_request');
  lines.forEach(({ unit, amount }, i) => {
    if (!mayBeFree || amount !== 0n) requirePositive(amount);
    if (lines.slice(0, i).some(line => line.unit === unit)) refuse('invalid_request');
  });
}
