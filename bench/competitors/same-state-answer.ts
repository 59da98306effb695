import type { AccountState, Balance, Reservation } from '../../src/ledger/domain/account.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import type { PricedEvent } from '../../src/ledger/domain/priced-event.js';
import { formatAmount } from '../../src/shared/amount.js';

/** Credits; what limits count are whole numbers. */
const scaleOf = (unit: string | null): number => (unit === 'credits' ? 6 : 0);

/** The answer of openapi.json. Ids are readable here; ours are encrypted, which costs ours a microsecond. */
export function renderSameState(
  account: string,
  accountNo: number,
  state: AccountState,
  entries: readonly Entry[],
  reservation: Reservation,
): Buffer {
  return Buffer.from(
    JSON.stringify({
      account,
      seq: state.seq,
      entries: entries.map(entry => entryBody(account, accountNo, entry)),
      balances: Object.fromEntries([...state.units].map(([unit, { balance }]) => [unit, amounts(balance, unit)])),
      reservation: reservationBody(account, accountNo, reservation),
    }),
  );
}

function reservationId(accountNo: number, reservation: number): string {
  return `res_${accountNo}_${reservation}`;
}

function entryBody(account: string, accountNo: number, entry: Entry): object {
  const { unit, event } = entry;
  const scale = scaleOf(unit);
  return {
    id: `ent_${accountNo}_${entry.seq}`,
    account,
    seq: entry.seq,
    type: entry.type,
    unit,
    amount: formatAmount(entry.amount, scale),
    deltas: amounts(entry.deltas, unit),
    lots: entry.lots.map(({ lot, amount }) => ({
      lot: `lot_${accountNo}_${lot}`,
      amount: formatAmount(amount, scale),
    })),
    reservation: entry.reservation === null ? undefined : reservationId(accountNo, entry.reservation),
    event: event === null ? undefined : eventBody(event),
    effective_at: new Date(entry.effectiveAt).toISOString(),
    recorded_at: new Date(entry.recordedAt).toISOString(),
  };
}

function reservationBody(account: string, accountNo: number, reservation: Reservation): object {
  return {
    id: reservationId(accountNo, reservation.no),
    account,
    status: reservation.status,
    lines: reservation.lines.map(line => ({
      unit: line.unit,
      reserved: formatAmount(line.reserved, scaleOf(line.unit)),
      committed: formatAmount(line.committed, scaleOf(line.unit)),
      released: formatAmount(line.released, scaleOf(line.unit)),
      refunded: formatAmount(line.refunded, scaleOf(line.unit)),
    })),
    expires_at: new Date(reservation.expiresAt).toISOString(),
    overage: reservation.overage,
    late: reservation.late,
    created_at: new Date(reservation.createdAt).toISOString(),
  };
}

function eventBody(event: PricedEvent): object {
  const lines = event.lines.map(({ unit, amount }) => ({ unit, amount: formatAmount(amount, scaleOf(unit)) }));
  return { ...event, lines };
}

function amounts(sums: Readonly<Balance>, unit: string | null): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, units] of Object.entries<bigint>(sums)) texts[name] = formatAmount(units, scaleOf(unit));
  return texts;
}
