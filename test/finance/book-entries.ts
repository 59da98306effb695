import { detailsToJson } from '../../src/ledger/store/entry-details.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import type { TestDatabase } from '../support/database.js';

const NAME = 'INSERT INTO account_names (mode, id, account_no) VALUES ($1, $2, $3)';
const BOOK = `
INSERT INTO entries (account_no, seq, type, unit, amount, granted, available, held, spent, expired, revoked, debt, lots,
  reservation, closes, target, reason, member, metadata, details, effective_at, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`;

/**
 * Puts what the engine decided for other times than now into the ledger, as an account of its own. Only what follows the
 * entries can tell: the account's row, which the write path keeps, is not made.
 */
export async function bookEntries(
  { ownerPool }: TestDatabase,
  account: { readonly mode: 'live' | 'test'; readonly id: string; readonly no: number },
  entries: readonly Entry[],
): Promise<void> {
  await ownerPool.query(NAME, [account.mode, account.id, account.no]);
  for (const entry of entries) {
    const { deltas, lots } = entry;
    const details = detailsToJson(entry);
    await ownerPool.query({
      name: 'book',
      text: BOOK,
      values: [
        account.no,
        entry.seq,
        entry.type,
        entry.unit,
        entry.amount,
        deltas.granted,
        deltas.available,
        deltas.held,
        deltas.spent,
        deltas.expired,
        deltas.revoked,
        deltas.debt,
        lots.length === 0 ? null : lots.flatMap(({ lot, amount, remaining, held }) => [lot, amount, remaining, held]),
        entry.reservation,
        entry.closes,
        entry.target,
        entry.reason,
        entry.member,
        entry.metadata,
        details === null ? null : JSON.stringify(details),
        new Date(entry.effectiveAt),
        new Date(entry.recordedAt),
      ],
    });
  }
}
