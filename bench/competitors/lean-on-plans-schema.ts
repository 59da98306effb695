/** As the lean way, for accounts with limits: sums by unit in the account's row, an entry a unit. Still no lots, no deltas, no windows. */
export const LEAN_ON_PLANS_SCHEMA = `
CREATE TABLE accounts (
  id text COLLATE "C" PRIMARY KEY,
  seq bigint NOT NULL,
  -- Of credits and of each limit, in this order.
  granted bigint[] NOT NULL,
  available bigint[] NOT NULL CHECK (0 <= ALL (available)),
  held bigint[] NOT NULL CHECK (0 <= ALL (held)),
  spent bigint[] NOT NULL CHECK (0 <= ALL (spent)),
  CHECK (granted[1] = available[1] + held[1] + spent[1] AND granted[2] = available[2] + held[2] + spent[2]
    AND granted[3] = available[3] + held[3] + spent[3])
) WITH (fillfactor = 50);

CREATE TABLE entries (
  account text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  unit text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  reservation bigint,
  expires_at timestamptz,
  event jsonb,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (account, seq)
);

-- A reservation ends once.
CREATE UNIQUE INDEX entries_end_of_reservation ON entries (account, reservation, unit) WHERE type = 'commit';

CREATE TABLE outcomes (
  account text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  request_hash bytea NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (account, key)
) WITH (toast_tuple_target = 4080);`;

/** $1 ids, $2 how much each is granted of each unit. */
export const LEAN_ON_PLANS_SEED = `
INSERT INTO accounts (id, seq, granted, available, held, spent)
SELECT id, 0, $2::bigint[], $2::bigint[], '{0,0,0}', '{0,0,0}' FROM unnest($1::text[]) AS id`;
