import { DatabaseError, type Client } from 'pg';
import { ConnectionLost } from './failure.js';
import { loadAccounts, type Loaded } from './load-accounts.js';
import type { Queryable, Statement } from './queryable.js';
import { readClocks, type ClockReadings } from './read-clocks.js';
import { recall, type Recollection } from './recall.js';

/** Beyond this an answer is given up as lost; a statement takes milliseconds. */
const QUERY_TIMEOUT_MS = 5_000;

/**
 * A plan made while the tables were small must not read them from end to end once they are large; then one plan is good
 * for a session, and none is made for each batch. And what we gave up
 * must not go on: the server gives it up a little sooner, and a half-open connection does not keep rows locked. Whoever
 * waits for a row keeps the rest of the batch waiting.
 */
const SESSION_SETTINGS = `
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
SET plan_cache_mode = force_generic_plan;
SET statement_timeout = '4500ms'; SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '5s'`;

/** A connection that reads what a batch's decisions rest on. After a `ConnectionLost` it is useless. */
export class LaneReader implements Queryable {
  protected constructor(private readonly client: Client) {}

  /** @throws ConnectionLost, DatabaseError */
  static open(client: Client): Promise<LaneReader> {
    return LaneReader.connect(client, () => Promise.resolve(new LaneReader(client)));
  }

  /** @param greet what else is to be said on the connection before it is used */
  protected static async connect<T>(client: Client, greet: () => Promise<T>): Promise<T> {
    try {
      return await inTime(async () => {
        await client.connect();
        await client.query(SESSION_SETTINGS);
        return greet();
      });
    } catch (error) {
      drop(client);
      throw error;
    }
  }

  query<Row extends object>(statement: Statement): Promise<{ rows: Row[] }> {
    return inTime(() => this.client.query<Row>(statement));
  }

  load(accountNos: readonly number[]): Promise<Loaded> {
    return loadAccounts(this, accountNos);
  }

  recall(recollections: readonly Recollection[]): Promise<void> {
    return recall(this, recollections);
  }

  readClocks(ids: readonly string[]): Promise<ClockReadings> {
    return readClocks(this, ids);
  }

  /** At once, whatever is in flight. */
  close(): void {
    drop(this.client);
  }
}

/** What PostgreSQL has not answered by then is given up. */
function inTime<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new ConnectionLost(`no answer within ${QUERY_TIMEOUT_MS} ms`));
    const timer = setTimeout(giveUp, QUERY_TIMEOUT_MS);
    work()
      .then(resolve, error => reject(asFailure(error)))
      .finally(() => clearTimeout(timer));
  });
}

function asFailure(error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  return new ConnectionLost(error instanceof Error ? error.message : String(error), { cause: error });
}

/** `end` alone would wait for what is in flight, which may be for ever. */
function drop(client: Client): void {
  client.end().catch(() => {});
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
