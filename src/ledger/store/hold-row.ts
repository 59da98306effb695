import type {
  LatePolicy,
  LotPart,
  Metadata,
  Moment,
  OveragePolicy,
  Reservation,
  ReservationLine,
} from '../domain/account.js';

const NUMBERS_PER_LINE = 4;
const NUMBERS_PER_PART = 3;

/** The row of `holds` as a pure function of an open reservation. */
export interface HoldRow {
  readonly reservation: number;
  readonly createdAt: Moment;
  readonly expiresAt: Moment;
  readonly graceMs: number;
  readonly overage: OveragePolicy;
  readonly late: LatePolicy;
  readonly meter: string | null;
  readonly model: string | null;
  readonly member: string | null;
  readonly metadata: Metadata | null;
  readonly units: readonly string[];
  /** Four for each line: reserved, committed, released, refunded. */
  readonly lines: readonly bigint[];
  /** Three for each part still held, in the order drawn: its line counted from 1, the lot, the amount. */
  readonly held: readonly bigint[];
}

export function holdRow(hold: Reservation): HoldRow {
  const units: string[] = [];
  const lines: bigint[] = [];
  const held: bigint[] = [];
  for (const line of hold.lines) {
    units.push(line.unit);
    lines.push(line.reserved, line.committed, line.released, line.refunded);
    for (const part of line.held) held.push(BigInt(units.length), BigInt(part.lot), part.amount);
  }
  const { createdAt, expiresAt, graceMs, overage, late, meter, model, member, metadata } = hold;
  return {
    reservation: hold.no,
    createdAt,
    expiresAt,
    graceMs,
    overage,
    late,
    meter,
    model,
    member,
    metadata,
    units,
    lines,
    held,
  };
}

export function reservationFromRow(row: HoldRow): Reservation {
  const parts: LotPart[][] = row.units.map(() => []);
  for (let at = 0; at < row.held.length; at += NUMBERS_PER_PART) {
    parts[Number(row.held[at]) - 1]!.push({ lot: Number(row.held[at + 1]), amount: row.held[at + 2]! });
  }
  const lines = row.units.map((unit, index): ReservationLine => {
    const at = index * NUMBERS_PER_LINE;
    const [reserved, committed, released, refunded] = row.lines.slice(at, at + NUMBERS_PER_LINE) as [bigint, bigint, bigint, bigint]; // prettier-ignore
    return { unit, reserved, committed, released, refunded, held: parts[index]! };
  });
  const { createdAt, expiresAt, graceMs, overage, late, meter, model, member, metadata } = row;
  return {
    no: row.reservation,
    status: 'open',
    lines,
    expiresAt,
    graceMs,
    overage,
    late,
    meter,
    model,
    member,
    metadata,
    createdAt,
  };
}
