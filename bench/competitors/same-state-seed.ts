import type { Client } from 'pg';
import { newAccount } from '../../src/ledger/domain/account.js';
import type { Grant } from '../../src/ledger/domain/command.js';
import { decide } from '../../src/ledger/domain/decide.js';
import type { Entry } from '../../src/ledger/domain/entry.js';
import { evolve } from '../../src/ledger/domain/evolve.js';
import { accountValues, entryValues } from './same-state-rows.js';

/** One account's grants are decided as ever; the others are the same rows under other numbers. */
export async function seedSameState(
  client: Client,
  accounts: readonly string[],
  grants: readonly Grant[],
): Promise<void> {
  const now = Date.now();
  const state = newAccount();
  const entries: Entry[] = [];
  for (const grant of grants) {
    const decision = decide(state, grant, now, now);
    if (!decision.ok) throw new Error(decision.refusal.message);
    for (const entry of decision.entries) {
      evolve(state, entry);
      entries.push(entry);
    }
  }
  await client.query(SEED_NAMES, [accounts]);
  await client.query(SEED_ACCOUNTS, accountValues(0, state, 0).slice(1));
  for (const entry of entries) await client.query(SEED_ENTRIES, entryValues(0, entry).slice(1));
}

const SEED_NAMES = `
INSERT INTO account_names (mode, id, account_no)
SELECT 'live', id, no FROM unnest($1::text[]) WITH ORDINALITY AS given (id, no)`;

const SEED_ACCOUNTS = `
INSERT INTO accounts (account_no, mode, id, seq, created_at, last_effective_at, next_due_at, frozen, open_holds,
  overdraft_limits, metadata, units, balances, lots)
SELECT account_no, mode, id, $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::boolean, $6::integer,
  $7::jsonb, $8::jsonb, $9::text[], $10::bigint[], $11::jsonb
FROM account_names`;

const SEED_ENTRIES = `
INSERT INTO entries (account_no, seq, type, unit, amount,
  d_granted, d_available, d_held, d_spent, d_expired, d_revoked, d_debt,
  lots, details, reservation, target, reason, member, metadata, effective_at, recorded_at)
SELECT account_no, $1::bigint, $2::text, $3::text, $4::bigint,
  $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint, $11::bigint,
  $12::bigint[], $13::jsonb, $14::bigint, $15::bigint, $16::text, $17::text, $18::jsonb, $19::bigint, $20::bigint
FROM account_names`;
