/**
 * The same ledger as ours, kept by hand: account row with balances and live lots, entries that balance, open holds,
 * outcomes, snapshots, with the same CHECKs and indexes. Its own tables, so that a change of ours does not change what
 * we compare with.
 */
export const SAME_STATE_SCHEMA = `
CREATE FUNCTION balances_add_up(balances bigint[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 0 <= ALL (balances) AND balances[1] = balances[2] + balances[3] + balances[4] + balances[5] + balances[6] - balances[7]
  AND (balances[7] = 0 OR balances[2] = 0);

CREATE TABLE account_names (
  mode text NOT NULL,
  id text COLLATE "C" NOT NULL,
  account_no bigint NOT NULL UNIQUE,
  PRIMARY KEY (mode, id)
);

CREATE TABLE accounts (
  account_no bigint PRIMARY KEY,
  mode text NOT NULL,
  id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  created_at bigint NOT NULL,
  last_effective_at bigint NOT NULL,
  next_due_at bigint,
  frozen boolean NOT NULL,
  open_holds integer NOT NULL,
  overdraft_limits jsonb NOT NULL,
  metadata jsonb NOT NULL,
  units text[] NOT NULL,
  balances bigint[] NOT NULL CHECK (balances_add_up(balances[1:7])
    AND (cardinality(balances) = 7 OR (balances_add_up(balances[8:14]) AND balances_add_up(balances[15:21])))),
  lots jsonb NOT NULL
) WITH (fillfactor = 50);

CREATE SEQUENCE positions;

CREATE TABLE entries (
  account_no bigint NOT NULL,
  seq bigint NOT NULL,
  position bigint NOT NULL DEFAULT nextval('positions'),
  type text NOT NULL,
  unit text COLLATE "C",
  amount bigint NOT NULL CHECK (amount >= 0),
  d_granted bigint, d_available bigint, d_held bigint, d_spent bigint, d_expired bigint, d_revoked bigint, d_debt bigint,
  lots bigint[],
  details jsonb,
  reservation bigint,
  target bigint,
  reason text,
  member text,
  metadata jsonb,
  effective_at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  PRIMARY KEY (account_no, seq),
  CHECK (coalesce(d_granted, 0) = coalesce(d_available, 0) + coalesce(d_held, 0) + coalesce(d_spent, 0)
    + coalesce(d_expired, 0) + coalesce(d_revoked, 0) - coalesce(d_debt, 0))
);
CREATE INDEX entries_of_reservation ON entries (account_no, reservation, seq)
  WHERE reservation IS NOT NULL AND reservation <> seq;
CREATE INDEX entries_by_target ON entries (account_no, target) WHERE target IS NOT NULL;
CREATE INDEX entries_by_position ON entries USING brin (position);

CREATE TABLE holds (
  account_no bigint NOT NULL,
  reservation bigint NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (account_no, reservation)
) WITH (fillfactor = 80);

CREATE TABLE outcomes (
  account_no bigint NOT NULL,
  key_hash bytea NOT NULL,
  request_hash bytea NOT NULL,
  seq bigint NOT NULL,
  body bytea,
  recorded_at bigint NOT NULL,
  PRIMARY KEY (account_no, key_hash)
) WITH (toast_tuple_target = 4080);

CREATE TABLE balance_snapshots (
  account_no bigint NOT NULL,
  seq bigint NOT NULL,
  effective_at bigint NOT NULL,
  units text[] NOT NULL,
  balances bigint[] NOT NULL,
  PRIMARY KEY (account_no, seq)
);`;
