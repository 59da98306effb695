import { Client } from 'pg';

/** May look at everything but keys and secrets, and change nothing. */
const READER_ROLE = 'credits_ledger_reader';
const CONNECT_TIMEOUT_MS = 10_000;

/** A long look at a large ledger is no reason for a timeout that protects the service to end it. */
const SESSION_SETTINGS = `
SET ROLE ${READER_ROLE};
SET TimeZone = 'UTC'; SET jit = off; SET work_mem = '64MB';
SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0`;

const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`;
const EXPORT = `SELECT pg_export_snapshot() AS snapshot`;

/**
 * The ledger as it was at one moment, for any number of connections: while somebody looks, the service goes on writing.
 */
export class LedgerSnapshot {
  private constructor(
    readonly client: Client,
    /** Others join it by this name for as long as this one is open. */
    readonly name: string,
  ) {}

  /** As of now. */
  static async take(ownerUrl: string): Promise<LedgerSnapshot> {
    const client = await connect(ownerUrl);
    await client.query(BEGIN);
    const { rows } = await client.query<{ snapshot: string }>(EXPORT);
    return new LedgerSnapshot(client, rows[0]!.snapshot);
  }

  /** As of the moment another one is of. */
  static async join(ownerUrl: string, name: string): Promise<LedgerSnapshot> {
    const client = await connect(ownerUrl);
    await client.query(BEGIN);
    await client.query(`SET TRANSACTION SNAPSHOT '${name.replaceAll("'", "''")}'`);
    return new LedgerSnapshot(client, name);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

async function connect(ownerUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: ownerUrl,
    application_name: 'credits-ledger replay',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // The query under way fails with it; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  await client.query(SESSION_SETTINGS);
  return client;
}
