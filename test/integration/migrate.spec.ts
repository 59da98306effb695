import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { pino } from 'pino';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { migrate } from '../../src/database/migrate.js';
import { migrationsInOrder } from '../../migrations/in-order.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const logger = pino({ level: 'silent' });

describe('migrations', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ template: 'empty' });
  });

  afterAll(() => database.close());

  test('run once when ten replicas boot at the same moment', async () => {
    await Promise.all(Array.from({ length: 10 }, () => migrate(database.url, logger)));
    const { rows } = await database.ownerPool.query('SELECT name FROM migrations ORDER BY id');
    expect(rows.map(({ name }) => name)).toEqual(migrationsInOrder.map(({ name }) => name));
  });

  test('make the roles once when databases of one cluster boot at the same moment', async () => {
    const databases = await Promise.all(Array.from({ length: 5 }, () => createTestDatabase({ template: 'empty' })));
    await Promise.all(databases.map(({ url }) => migrate(url, logger)));
    await Promise.all(databases.map(each => each.close()));
  });

  test('leave roles that cannot log in and have no powers', async () => {
    await migrate(database.url, logger);
    const { rows } = await database.ownerPool.query(`
      SELECT rolname, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls AS powerful
      FROM pg_roles WHERE rolname LIKE 'credits_ledger_%' AND NOT rolsuper ORDER BY rolname`);
    expect(rows).toEqual(
      expect.arrayContaining([
        { rolname: 'credits_ledger_app', powerful: false },
        { rolname: 'credits_ledger_reader', powerful: false },
      ]),
    );
  });

  test('work for an owner who is no superuser', async () => {
    const own = await createTestDatabase({ template: 'empty' });
    const owner = `owner_${randomBytes(4).toString('hex')}`;
    await own.ownerPool.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'secret'`);
    await own.ownerPool.query(`ALTER DATABASE ${own.name} OWNER TO ${owner}`);
    // The roles are there already and somebody else's, so their administrator lets the new owner use them.
    await own.ownerPool.query(
      `GRANT credits_ledger_app, credits_ledger_reader TO ${owner} WITH SET TRUE, INHERIT FALSE`,
    );
    try {
      await migrate(loginAs(own.url, owner), logger);
      await migrate(loginAs(own.url, owner), logger);
    } finally {
      await own.ownerPool.query(`REASSIGN OWNED BY ${owner} TO CURRENT_USER`);
      await own.ownerPool.query(`DROP OWNED BY ${owner}`);
      await own.ownerPool.query(`DROP ROLE ${owner}`);
      await own.close();
    }
  });

  test('say what a login lacks that may not migrate', async () => {
    const own = await createTestDatabase({ template: 'empty' });
    const login = `login_${randomBytes(4).toString('hex')}`;
    await own.ownerPool.query(`CREATE ROLE ${login} LOGIN PASSWORD 'secret'`);
    try {
      await expect(migrate(loginAs(own.url, login), logger)).rejects.toThrow('may not migrate');
    } finally {
      await own.ownerPool.query(`DROP ROLE ${login}`);
      await own.close();
    }
  });

  test('refuse a schema from the future, and leave it as it is', async () => {
    await migrate(database.url, logger, [...migrationsInOrder, FromTheFuture9999999999999]);
    await expect(migrate(database.url, logger)).rejects.toThrow('FromTheFuture9999999999999');
    const { rows } = await database.ownerPool.query('SELECT * FROM from_the_future');
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('give the lock free when a migration fails', async () => {
    const own = await createTestDatabase({ template: 'empty' });
    await expect(migrate(own.url, logger, [Failing1600000000000])).rejects.toThrow('does_not_exist');
    const client = new Client({ connectionString: own.url });
    await client.connect();
    const { rows } = await client.query(
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    expect(rows).toEqual([]);
    await client.end();
    await migrate(own.url, logger);
    await own.close();
  });
});

function loginAs(url: string, name: string): string {
  const login = new URL(url);
  login.username = name;
  login.password = 'secret';
  return login.href;
}

class FromTheFuture9999999999999 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE from_the_future AS SELECT 1 AS n');
  }

  async down(): Promise<void> {}
}

class Failing1600000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('SELECT FROM does_not_exist');
  }

  async down(): Promise<void> {}
}
