import type { PricedEvent } from '../../src/ledger/domain/priced-event.js';
import { formatAmount } from '../../src/shared/amount.js';
import { UNITS_ON_PLANS } from './priced-by-hand.js';

const SCALES = [6, 0, 0];

interface Command {
  readonly account: string;
  /** Of its first entry. */
  readonly seq: number;
  readonly reservation: number;
  readonly type: 'reserve' | 'commit';
  readonly event: PricedEvent;
  readonly at: Date;
  readonly expiresAt: Date;
  /** By unit. */
  readonly granted: readonly bigint[];
  readonly available: readonly bigint[];
  readonly held: readonly bigint[];
  readonly spent: readonly bigint[];
  readonly reserved: readonly bigint[];
  readonly committed: readonly bigint[];
}

/** The answer of openapi.json from what the lean way knows. */
export function renderLeanOnPlans(command: Command): Buffer {
  const { account, seq, reservation, type, event, expiresAt, reserved, committed } = command;
  const at = command.at.toISOString();
  const id = `res_${account}_${reservation}`;
  const closed = type === 'commit';
  const shown = (amount: bigint, unit: number): string => formatAmount(amount, SCALES[unit]!);
  const entries = UNITS_ON_PLANS.map((unit, i) => ({
    id: `ent_${account}_${seq + i}`,
    account,
    seq: seq + i,
    type,
    unit,
    amount: shown(closed ? committed[i]! : reserved[i]!, i),
    deltas: {
      available: shown(closed ? reserved[i]! - committed[i]! : -reserved[i]!, i),
      held: shown(closed ? -reserved[i]! : reserved[i]!, i),
      spent: shown(committed[i]!, i),
    },
    reservation: id,
    event:
      i === 0 ? { ...event, lines: event.lines.map(line => ({ ...line, amount: shown(line.amount, 0) })) } : undefined,
    effective_at: at,
    recorded_at: at,
  }));
  const balances = UNITS_ON_PLANS.map((unit, i) => [
    unit,
    {
      available: shown(command.available[i]!, i),
      held: shown(command.held[i]!, i),
      debt: '0',
      granted: shown(command.granted[i]!, i),
      spent: shown(command.spent[i]!, i),
      expired: '0',
      revoked: '0',
    },
  ]);
  const lines = UNITS_ON_PLANS.map((unit, i) => ({
    unit,
    reserved: shown(reserved[i]!, i),
    committed: shown(committed[i]!, i),
    released: shown(closed ? reserved[i]! - committed[i]! : 0n, i),
    refunded: '0',
  }));
  const hold = { id, account, status: closed ? 'closed' : 'open', lines, expires_at: expiresAt.toISOString() };
  return Buffer.from(
    JSON.stringify({
      account,
      seq: seq + entries.length - 1,
      entries,
      balances: Object.fromEntries(balances),
      reservation: { ...hold, overage: 'allow_available', late: 'reject', created_at: at },
    }),
  );
}
