import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The roles of the service. The login that migrates owns everything; the service works as `credits_ledger_app`, people
 * and tools that only look use `credits_ledger_reader`. Neither can log in: a login becomes one of them.
 *
 * Roles belong to the cluster, not to the database, so the ledgers of one cluster share them and may create them at the
 * same moment: whoever comes second finds them there. For the same reason `down` leaves them.
 */
export class Roles1700000000000 implements MigrationInterface {
  readonly name = 'Roles1700000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CREATE_ROLES);
    await queryRunner.query(LET_THIS_LOGIN_BECOME_THEM);
    await queryRunner.query(CLOSE_THE_PUBLIC_SCHEMA);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(REVOKE_SCHEMA_USAGE);
  }
}

const CREATE_ROLES = `
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['credits_ledger_app', 'credits_ledger_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', wanted);
      EXCEPTION
        -- Another database of this cluster was quicker.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
  END LOOP;
END
$$`;

// INHERIT FALSE: a login that may become the app role does not thereby gain anything while it is itself.
const LET_THIS_LOGIN_BECOME_THEM = `
DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['credits_ledger_app', 'credits_ledger_reader'] LOOP
    FOR attempt IN 1..20 LOOP
      EXIT WHEN pg_has_role(current_user, wanted, 'SET');
      BEGIN
        EXECUTE format('GRANT %I TO %I WITH SET TRUE, INHERIT FALSE', wanted, current_user);
      EXCEPTION
        -- Two grants at once touch the same catalog row; PostgreSQL lets one through ("tuple concurrently updated").
        WHEN unique_violation OR internal_error THEN PERFORM pg_sleep(0.05);
      END;
    END LOOP;
  END LOOP;
END
$$`;

const CLOSE_THE_PUBLIC_SCHEMA = `
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO credits_ledger_app, credits_ledger_reader`;

const REVOKE_SCHEMA_USAGE = `
REVOKE USAGE ON SCHEMA public FROM credits_ledger_app, credits_ledger_reader`;
