/** Accounts with sums, entries, outcomes: what a team writes by hand in its first week. No lots, no deltas, no debt. */
export const LEAN_SCHEMA = `
CREATE TABLE accounts (
  id text COLLATE "C" PRIMARY KEY,
  seq bigint NOT NULL,
  granted bigint NOT NULL,
  available bigint NOT NULL CHECK (available >= 0),
  held bigint NOT NULL CHECK (held >= 0),
  spent bigint NOT NULL CHECK (spent >= 0),
  CHECK (granted = available + held + spent)
) WITH (fillfactor = 50);

CREATE TABLE entries (
  account text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  reservation bigint,
  expires_at timestamptz,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (account, seq)
);

-- A reservation ends once.
CREATE UNIQUE INDEX entries_end_of_reservation ON entries (account, reservation) WHERE type = 'commit';

CREATE TABLE outcomes (
  account text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  request_hash bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (account, key)
);`;

/** $1 ids, $2 how much each is granted. */
export const LEAN_SEED = `
INSERT INTO accounts (id, seq, granted, available, held, spent)
SELECT id, 0, $2::bigint, $2::bigint, 0, 0 FROM unnest($1::text[]) AS id`;
