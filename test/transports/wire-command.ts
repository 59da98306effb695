import type { Command, Line } from '../../src/ledger/domain/command.js';
import { formatAmount, MAX_AMOUNT } from '../../src/shared/amount.js';
import type { NaiveAccount } from '../model/naive-account.js';

const SCALE = 6;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const LONGEST_GRACE_SECONDS = 60;

/**
 * What a command of the model's becomes when it has to go over the wire to a service whose clock runs: nothing falls due
 * while a script runs, every extension of a hold is longer than those before, and nothing is said that the API has no word
 * for. Null for what it has no call for.
 */
export function wireable(command: Command, account: NaiveAccount, now: number, index: number): Command | null {
  switch (command.type) {
    case 'grant': {
      const { appliesTo, expiresAt } = command;
      const empty = appliesTo !== null && Object.values(appliesTo).some(list => list.length === 0);
      const moved = expiresAt === null || expiresAt <= now ? expiresAt : expiresAt + DAY;
      return { ...command, rollover: null, appliesTo: empty ? null : appliesTo, expiresAt: moved };
    }
    case 'reserve': {
      const ttlMs = HOUR + (Math.floor(command.ttlMs / SECOND) % 3_600) * SECOND;
      const graceMs = (Math.floor(command.graceMs / SECOND) % (LONGEST_GRACE_SECONDS + 1)) * SECOND;
      return { ...command, ttlMs, graceMs, meter: null, model: null };
    }
    case 'charge':
      return { ...command, meter: null, model: null };
    case 'commit': {
      // Protobuf has no list that is there and empty.
      const isEmpty = Array.isArray(command.actual) && command.actual.length === 0;
      return { ...command, actual: isEmpty ? null : command.actual };
    }
    case 'extend':
      return { ...command, ttlMs: command.ttlMs === null ? null : 2 * HOUR + index * MINUTE };
    case 'revoke':
      return { ...command, unit: account.lots.find(({ no }) => no === command.lot)?.unit ?? command.unit };
    case 'refund-entry': {
      const taking = account.takings.find(({ seq, kind }) => seq === command.entry && kind === 'commit');
      return { ...command, reservation: taking?.reservation?.no ?? null };
    }
    case 'reinstate':
      return null;
    default:
      return command;
  }
}

/** Whether the request itself is wrong: then it is refused before any account is looked at. */
export function isWrongByItself(command: Command): boolean {
  switch (command.type) {
    case 'grant':
      return isNoAmount(command.amount);
    case 'reserve':
    case 'charge':
      return areNoLines(command.lines) || command.lines.some(({ amount }) => amount === 0n);
    case 'commit': {
      const { actual } = command;
      if (actual === null) return false;
      return typeof actual === 'bigint' ? isOutside(actual) : areNoLines(actual);
    }
    case 'extend':
      return command.add === null ? command.ttlMs === null : isNoAmount(command.add.amount);
    case 'refund-reservation':
    case 'refund-entry':
    case 'revoke':
      return command.amount !== null && isNoAmount(command.amount);
    case 'configure':
      return [...(command.overdraftLimits?.values() ?? [])].some(isOutside);
    default:
      return false;
  }
}

export function decimal(units: bigint): string {
  return units < 0n ? `-${formatAmount(-units, SCALE)}` : formatAmount(units, SCALE);
}

function areNoLines(lines: readonly Line[]): boolean {
  const units = new Set(lines.map(({ unit }) => unit));
  return lines.length === 0 || units.size < lines.length || lines.some(({ amount }) => isOutside(amount));
}

function isNoAmount(amount: bigint): boolean {
  return amount === 0n || isOutside(amount);
}

function isOutside(amount: bigint): boolean {
  return amount < 0n || amount > MAX_AMOUNT;
}
