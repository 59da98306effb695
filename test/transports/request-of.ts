import type { Command, Line } from '../../src/ledger/domain/command.js';
import { decimal } from './wire-command.js';

/** One call in the words of the JSON API, before it goes over either transport. */
export interface WireRequest {
  readonly type: Command['type'];
  /** The id of the reservation, lot or entry; null where it names the account. */
  readonly id: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The ids that the answers of one account named, by what they name. */
export interface Names {
  readonly reservations: ReadonlyMap<number, string>;
  readonly lots: ReadonlyMap<number, string>;
  readonly entries: ReadonlyMap<number, string>;
}

const NOBODY = 'A'.repeat(22);
const SECOND = 1_000;

export function requestOf(command: Command, names: Names): WireRequest {
  const about = (id: string | null, body: object): WireRequest => ({
    type: command.type,
    id,
    body: Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined)),
  });
  switch (command.type) {
    case 'grant': {
      const { unit, amount, category, priority, expiresAt, appliesTo } = command;
      const expires = expiresAt === null ? null : new Date(expiresAt).toISOString();
      return about(null, {
        unit,
        amount: decimal(amount),
        category,
        priority,
        expires_at: expires,
        applies_to: appliesTo,
      });
    }
    case 'reserve': {
      const { ttlMs, graceMs, overage, late, member } = command;
      const terms = { ttl_seconds: ttlMs / SECOND, grace_seconds: graceMs / SECOND, overage, late, member };
      return about(null, { ...linesOf(command.lines), ...terms });
    }
    case 'charge':
      return about(null, { ...linesOf(command.lines), overage: command.overage, member: command.member });
    case 'commit': {
      const { actual, final } = command;
      const spent = actual === null ? {} : typeof actual === 'bigint' ? { amount: decimal(actual) } : linesOf(actual);
      return about(reservation(names, command.reservation), { ...spent, final });
    }
    case 'release':
      return about(reservation(names, command.reservation), {});
    case 'extend': {
      const { ttlMs, add } = command;
      const more = add === null ? {} : { add_amount: decimal(add.amount), unit: add.unit };
      return about(reservation(names, command.reservation), { ttl_seconds: ttlMs && ttlMs / SECOND, ...more });
    }
    case 'refund-reservation': {
      const { amount, unit } = command;
      return about(reservation(names, command.reservation), { amount: amount === null ? null : decimal(amount), unit });
    }
    case 'refund-entry':
      return about(names.entries.get(command.entry) ?? `ent_${NOBODY}`, refunded(command.amount));
    case 'revoke':
      return about(names.lots.get(command.lot) ?? `lot_${NOBODY}`, refunded(command.amount));
    case 'configure': {
      const limits = command.overdraftLimits;
      const overdraft = limits && Object.fromEntries([...limits].map(([unit, limit]) => [unit, decimal(limit)]));
      return about(null, { overdraft_limits: overdraft, metadata: command.metadata });
    }
    default:
      return about(null, {});
  }
}

function reservation(names: Names, no: number): string {
  return names.reservations.get(no) ?? `res_${NOBODY}`;
}

/** Empty lines go as an amount that is missing: protobuf has no list that is there and empty. */
function linesOf(lines: readonly Line[]): object {
  return lines.length === 0
    ? { unit: 'credits' }
    : { lines: lines.map(({ unit, amount }) => ({ unit, amount: decimal(amount) })) };
}

function refunded(amount: bigint | null): object {
  return amount === null ? {} : { amount: decimal(amount) };
}
