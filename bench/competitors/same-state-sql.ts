import { prepared } from './transaction.js';

/** The lock, and with it what cannot change while we wait for it, or what is looked up again where that matters. */
export const LOCK_ACCOUNT = prepared(
  'same_lock_account',
  `SELECT a.*, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now,
          o.request_hash AS known_hash, o.body AS known_body
   FROM accounts a LEFT JOIN outcomes o ON o.account_no = a.account_no AND o.key_hash = $2
   WHERE a.account_no = $1
   FOR UPDATE OF a`,
);

export const ACCOUNT_NO = prepared(
  'same_account_no',
  `SELECT account_no FROM account_names WHERE mode = 'live' AND id = $1`,
);

/** In a statement of its own after the lock: a join would show the holds as they were before the wait. */
export const LOAD_HOLD = prepared(
  'same_load_hold',
  `SELECT body FROM holds WHERE account_no = $1 AND reservation = $2`,
);

export const LOAD_HOLDS = prepared('same_load_holds', `SELECT body FROM holds WHERE account_no = $1`);

export const INSERT_ENTRY = prepared(
  'same_insert_entry',
  `INSERT INTO entries (account_no, seq, type, unit, amount,
     d_granted, d_available, d_held, d_spent, d_expired, d_revoked, d_debt,
     lots, details, reservation, target, reason, member, metadata, effective_at, recorded_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
);

export const UPDATE_ACCOUNT = prepared(
  'same_update_account',
  `UPDATE accounts SET seq = $2, created_at = $3, last_effective_at = $4, next_due_at = $5, frozen = $6, open_holds = $7,
     overdraft_limits = $8, metadata = $9, units = $10, balances = $11, lots = $12
   WHERE account_no = $1`,
);

export const SAVE_HOLD = prepared(
  'same_save_hold',
  `INSERT INTO holds (account_no, reservation, body) VALUES ($1, $2, $3)
   ON CONFLICT (account_no, reservation) DO UPDATE SET body = excluded.body`,
);

export const DELETE_HOLD = prepared('same_delete_hold', `DELETE FROM holds WHERE account_no = $1 AND reservation = $2`);

export const INSERT_OUTCOME = prepared(
  'same_insert_outcome',
  `INSERT INTO outcomes (account_no, key_hash, request_hash, seq, body, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)`,
);

export const OUTCOME = prepared(
  'same_outcome',
  `SELECT request_hash AS known_hash, body AS known_body FROM outcomes WHERE account_no = $1 AND key_hash = $2`,
);

export const INSERT_SNAPSHOT = prepared(
  'same_insert_snapshot',
  `INSERT INTO balance_snapshots (account_no, seq, effective_at, units, balances) VALUES ($1, $2, $3, $4, $5)`,
);
