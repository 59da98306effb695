import type { AccountState, Balance, Reservation } from '../../src/ledger/domain/account.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { formatAmount } from '../../src/shared/amount.js';

const SCALE = 6;

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
      balances: Object.fromEntries([...state.units].map(([unit, { balance }]) => [unit, amounts(balance)])),
      reservation: reservationBody(account, accountNo, reservation),
    }),
  );
}

function reservationId(accountNo: number, reservation: number): string {
  return `res_${accountNo}_${reservation}`;
}

function entryBody(account: string, accountNo: number, entry: Entry): object {
  return {
    id: `ent_${accountNo}_${entry.seq}`,
    account,
    seq: entry.seq,
    type: entry.type,
    unit: entry.unit,
    amount: formatAmount(entry.amount, SCALE),
    deltas: amounts(entry.deltas),
    lots: entry.lots.map(({ lot, amount }) => ({
      lot: `lot_${accountNo}_${lot}`,
      amount: formatAmount(amount, SCALE),
    })),
    reservation: entry.reservation === null ? undefined : reservationId(accountNo, entry.reservation),
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
      reserved: formatAmount(line.reserved, SCALE),
      committed: formatAmount(line.committed, SCALE),
      released: formatAmount(line.released, SCALE),
      refunded: formatAmount(line.refunded, SCALE),
    })),
    expires_at: new Date(reservation.expiresAt).toISOString(),
    overage: reservation.overage,
    late: reservation.late,
    created_at: new Date(reservation.createdAt).toISOString(),
  };
}

function amounts(sums: Readonly<Balance>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, units] of Object.entries<bigint>(sums)) texts[name] = formatAmount(units, SCALE);
  return texts;
}
