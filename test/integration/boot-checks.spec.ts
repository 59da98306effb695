import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { pino } from 'pino';
import { refuseOldPostgres, refusePowerfulAppRole, refuseUnsafeDurability } from '../../src/database/boot-checks.js';
import { createAppClient } from '../../src/database/connections.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const logger = pino({ level: 'silent' });

describe('boot checks', () => {
  let database: TestDatabase;
  const role = `app_${randomBytes(4).toString('hex')}`;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.ownerPool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE credits_ledger_app`);
  });

  afterAll(async () => {
    await database.ownerPool.query(`DROP OWNED BY ${role}`);
    await database.ownerPool.query(`DROP ROLE ${role}`);
    await database.close();
  });

  test('let the app role of the migrations serve', async () => {
    await refuseOldPostgres(database.appPool);
    await refuseUnsafeDurability(database.appPool, false, logger);
    await refusePowerfulAppRole(database.appPool);
  });

  test('let a login that is a member of the app role serve', async () => {
    const own = await connect(loginAs(role));
    await refusePowerfulAppRole(own);
    await own.end();
  });

  test('refuse PostgreSQL 15', async () => {
    const old = { query: async () => ({ rows: [{ number: 150_008, text: '15.8' }] }) } as unknown as Client;
    await expect(refuseOldPostgres(old)).rejects.toThrow(/15\.8 is too old.*16 or newer/);
  });

  test.each(['UPDATE', 'UPDATE (seq)', 'DELETE', 'TRUNCATE'])('refuse an app role with %s', async privilege => {
    await database.ownerPool.query(`GRANT ${privilege} ON entries TO ${role}`);
    const own = await connect(loginAs(role));
    await expect(refusePowerfulAppRole(own)).rejects.toThrow(`has ${privilege.split(' ')[0]}`);
    await own.end();
    await database.ownerPool.query(`REVOKE ${privilege} ON entries FROM ${role}`);
  });

  test('refuse an app role that owns the entries, or may become who does', async () => {
    const owner = `owner_${randomBytes(4).toString('hex')}`;
    const own = await createTestDatabase();
    await own.ownerPool.query(`CREATE ROLE ${owner} ROLE ${role}`);
    await own.ownerPool.query(`ALTER TABLE entries OWNER TO ${owner}`);
    const client = await connect(loginAs(role, own.url));
    await expect(refusePowerfulAppRole(client)).rejects.toThrow('owns them');
    await client.end();
    await own.close();
    await database.ownerPool.query(`DROP ROLE ${owner}`);
  });

  test('refuse a superuser', async () => {
    await expect(refusePowerfulAppRole(database.ownerPool)).rejects.toThrow('is a superuser');
  });

  test('refuse a role that cannot insert entries', async () => {
    const nobody = `nobody_${randomBytes(4).toString('hex')}`;
    await database.ownerPool.query(`CREATE ROLE ${nobody} LOGIN PASSWORD 'secret'`);
    const own = await connect(loginAs(nobody));
    await expect(refusePowerfulAppRole(own)).rejects.toThrow('may not insert entries');
    await own.end();
    await database.ownerPool.query(`DROP ROLE ${nobody}`);
  });

  test('refuse a database without entries', async () => {
    const own = await createTestDatabase({ template: 'empty' });
    await expect(refusePowerfulAppRole(own.ownerPool)).rejects.toThrow('sees no table entries');
    await own.close();
  });

  describe('with synchronous_commit off', () => {
    const unsafe = () => {
      const url = new URL(database.url);
      url.searchParams.set('options', '-c synchronous_commit=off');
      return connect(url.href);
    };

    test('refuse, and name the setting', async () => {
      const client = await unsafe();
      await expect(refuseUnsafeDurability(client, false, logger)).rejects.toThrow(/synchronous_commit off/);
      await client.end();
    });

    test('go on, loudly, where a test allows it', async () => {
      const said: string[] = [];
      const loud = pino({ level: 'warn' }, { write: line => said.push(line) });
      const client = await unsafe();
      await refuseUnsafeDurability(client, true, loud);
      expect(said.join()).toMatch(/UNSAFE: PostgreSQL runs with synchronous_commit off/);
      await client.end();
    });
  });

  test('see the settings an operator put into the URL of the app connection', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c synchronous_commit=off');
    const client = createAppClient({ login: { url: url.href, role: database.appLogin.role }, logger });
    await client.connect();
    await expect(refuseUnsafeDurability(client, false, logger)).rejects.toThrow('synchronous_commit');
    await refusePowerfulAppRole(client);
    await client.end();
  });

  test('work as a role that stays the app role after RESET ROLE', async () => {
    const client = createAppClient({ login: database.appLogin, logger });
    await client.connect();
    await client.query('RESET ROLE');
    expect((await client.query('SELECT current_user')).rows).toEqual([{ current_user: 'credits_ledger_app' }]);
    await client.end();
  });

  async function connect(url: string): Promise<Client> {
    const client = new Client({ connectionString: url });
    await client.connect();
    return client;
  }

  function loginAs(name: string, url = database.url): string {
    const login = new URL(url);
    login.username = name;
    login.password = 'secret';
    return login.href;
  }
});
