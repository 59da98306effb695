import { formatAmount } from '../../src/shared/amount.js';

const SCALE = 6;

interface Sums {
  readonly available: bigint;
  readonly held: bigint;
  readonly spent: bigint;
}

/** The answer of openapi.json from what the lean way knows. */
export function renderLean(
  account: string,
  seq: number,
  reservation: number,
  type: 'reserve' | 'commit',
  amount: bigint,
  before: { readonly granted: string; readonly now: Date },
  expiresAt: Date,
  moved: Sums,
  line: { reserved: bigint; committed: bigint },
): Buffer {
  const at = before.now.toISOString();
  const id = `res_${account}_${reservation}`;
  const returned = type === 'commit' ? line.reserved - amount : 0n;
  const closed = type === 'commit';
  return Buffer.from(
    JSON.stringify({
      account,
      seq,
      entries: [
        {
          id: `ent_${account}_${seq}`,
          account,
          seq,
          type,
          unit: 'credits',
          amount: formatAmount(amount, SCALE),
          deltas: {
            available: formatAmount(closed ? returned : -amount, SCALE),
            held: formatAmount(closed ? -line.reserved : amount, SCALE),
            spent: formatAmount(line.committed, SCALE),
          },
          reservation: id,
          effective_at: at,
          recorded_at: at,
        },
      ],
      balances: {
        credits: {
          available: formatAmount(moved.available, SCALE),
          held: formatAmount(moved.held, SCALE),
          debt: '0',
          granted: formatAmount(BigInt(before.granted), SCALE),
          spent: formatAmount(moved.spent, SCALE),
          expired: '0',
          revoked: '0',
        },
      },
      reservation: {
        id,
        account,
        status: closed ? 'closed' : 'open',
        lines: [
          {
            unit: 'credits',
            reserved: formatAmount(line.reserved, SCALE),
            committed: formatAmount(line.committed, SCALE),
            released: formatAmount(returned, SCALE),
            refunded: '0',
          },
        ],
        expires_at: expiresAt.toISOString(),
        overage: 'allow_available',
        late: 'reject',
        created_at: at,
      },
    }),
  );
}
