import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { pino } from 'pino';
import { APP_ROLE, createAppPool, type AppLogin, type AppPool } from '../../src/database/connections.js';
import { TEMPLATE_DATABASE } from './test-run.js';

/** A migrated database of its own. */
export interface TestDatabase {
  readonly name: string;
  /** Of the login that owns everything. Good as DATABASE_URL. */
  readonly url: string;
  /** What `DatabaseModule.of` and `createAppClient` take. */
  readonly appLogin: AppLogin;
  /** Works as the app role. */
  readonly appPool: AppPool;
  /** Works as the owner: sees and changes everything, also what the service may not. */
  readonly ownerPool: Pool;
  /** Drops the database, whoever is still connected. */
  close(): Promise<void>;
}

/** For use in `beforeAll` or a test; about 50 ms. `template: 'empty'` leaves out the schema. */
export async function createTestDatabase(options: { template?: 'migrated' | 'empty' } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = options.template === 'empty' ? 'template0' : TEMPLATE_DATABASE;
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  const appLogin = { url: url.href, role: APP_ROLE };
  const appPool = createAppPool({ login: appLogin, logger: pino({ level: 'silent' }) });
  const ownerPool = new Pool({ connectionString: url.href, max: 5 });
  ownerPool.on('error', () => {});
  return {
    name,
    url: url.href,
    appLogin,
    appPool,
    ownerPool,
    close: async () => {
      await Promise.all([appPool.close(), ownerPool.end()]);
      await asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function asAdmin(sql: string): Promise<void> {
  const admin = new Client({ connectionString: serverUrl() });
  await admin.connect();
  try {
    await admin.query(sql);
  } finally {
    await admin.end();
  }
}

function serverUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (!url) throw new Error('There is no test server: tests that need a database belong under test/, not under src/.');
  return url;
}
