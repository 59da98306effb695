import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events of Stripe's lose what they say of buyers, after a while or on a person's request; a customer may be made anew. */
export class ShortenedEvents1700000000033 implements MigrationInterface {
  readonly name = 'ShortenedEvents1700000000033';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(SHORTENED);
    await queryRunner.query(SHORTEN);
    await queryRunner.query(SHORTEN_OLD);
    await queryRunner.query(SHORTEN_OF_ACCOUNT);
    await queryRunner.query(GRANTS);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DROP_EVERYTHING);
  }
}

const SHORTENED = `
ALTER TABLE stripe_events ADD COLUMN shortened_at timestamptz;
CREATE INDEX stripe_events_whole ON stripe_events (received_at) WHERE shortened_at IS NULL`;

// What working on an event needs is in columns of its own: nothing else of the body is ever read.
const SHORTEN = `
CREATE FUNCTION shorten_stripe_events(nos bigint[]) RETURNS bigint LANGUAGE sql AS $$
  WITH shortened AS (
    UPDATE stripe_events SET shortened_at = clock_timestamp(), body = json_build_object(
      'id', id, 'object', 'event', 'type', type, 'livemode', mode = 'live', 'account', stripe_account,
      'created', floor(extract(epoch FROM occurred_at))::bigint,
      'data', json_build_object('object', json_build_object('id', subject)))
    WHERE no = ANY (nos) AND shortened_at IS NULL RETURNING no)
  SELECT count(*) FROM shortened
$$;
REVOKE EXECUTE ON FUNCTION shorten_stripe_events FROM PUBLIC`;

// The service may not write bodies, only have old ones shortened, at most so many at once.
const SHORTEN_OLD = `
CREATE FUNCTION shorten_old_stripe_events(most integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT shorten_stripe_events(ARRAY(
    SELECT no FROM stripe_events
    WHERE shortened_at IS NULL AND received_at < clock_timestamp() - interval '30 days'
    ORDER BY received_at LIMIT most FOR UPDATE SKIP LOCKED))
$$;
REVOKE EXECUTE ON FUNCTION shorten_old_stripe_events FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shorten_old_stripe_events TO credits_ledger_app`;

// Those about what the account bought, about who bought it, and those that name the account; also those that PostgreSQL
// cannot look into because of a NUL: nobody misses what they say.
const SHORTEN_OF_ACCOUNT = `
CREATE FUNCTION shorten_stripe_events_of(mode_of text, account_of text) RETURNS bigint LANGUAGE sql AS $$
  WITH bought AS (
    SELECT payment AS id FROM stripe_payments WHERE mode = mode_of AND account = account_of
    UNION SELECT session FROM top_ups WHERE mode = mode_of AND account = account_of AND session IS NOT NULL
    UNION SELECT subscription FROM stripe_subscriptions WHERE mode = mode_of AND account = account_of
  ), told AS (
    SELECT no, subject, body IS NULL AS is_unreadable, body #>> '{data,object,id}' AS id, body #>> '{data,object,customer}' AS customer,
      body #>> '{data,object,payment_intent}' AS payment, body #>> '{data,object,metadata,credits_account}' AS account,
      body #>> '{data,object,parent,subscription_details,subscription}' AS subscription
    FROM (
      SELECT no, subject, CASE WHEN position('\\u0000' IN body::text) = 0 THEN body END AS body
      FROM stripe_events WHERE mode = mode_of AND shortened_at IS NULL OFFSET 0) AS readable
  ), buyers AS (
    SELECT customer FROM stripe_customers WHERE mode = mode_of AND account = account_of AND customer IS NOT NULL
    UNION SELECT customer FROM told WHERE customer IS NOT NULL
      AND (account = account_of OR subject IN (SELECT id FROM bought) OR subscription IN (SELECT id FROM bought))
  )
  SELECT shorten_stripe_events(ARRAY(
    SELECT no FROM told
    WHERE is_unreadable OR account = account_of OR customer IN (SELECT customer FROM buyers) OR id IN (SELECT customer FROM buyers)
      OR subject IN (SELECT id FROM bought) OR payment IN (SELECT id FROM bought)
      OR subscription IN (SELECT id FROM bought)))
$$;
REVOKE EXECUTE ON FUNCTION shorten_stripe_events_of FROM PUBLIC`;

const GRANTS = `
GRANT SELECT (shortened_at) ON stripe_events TO credits_ledger_reader;
GRANT UPDATE (token) ON stripe_customers TO credits_ledger_app`;

const DROP_EVERYTHING = `
DROP FUNCTION shorten_stripe_events_of, shorten_old_stripe_events, shorten_stripe_events;
DROP INDEX stripe_events_whole;
ALTER TABLE stripe_events DROP COLUMN shortened_at;
REVOKE UPDATE (token) ON stripe_customers FROM credits_ledger_app`;
