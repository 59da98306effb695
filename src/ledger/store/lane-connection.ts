import { DatabaseError, type Client } from 'pg';
import type { Moment } from '../domain/account.js';
import { Append, type AppendReply } from './append.js';
import { ConnectionLost } from './failure.js';
import { loadAccounts, lockAccounts, type Loaded } from './load-accounts.js';
import type { Queryable, Statement } from './queryable.js';
import { holdClocks, readClocks, type ClockReadings } from './read-clocks.js';
import { recall, type Recollection } from './recall.js';

/** Beyond this an answer is given up as lost; a statement takes milliseconds. */
const QUERY_TIMEOUT_MS = 5_000;

/**
 * A plan made while the tables were small must not read them from end to end once they are large. And what we gave up
 * must not go on: the server gives it up a little sooner, and a half-open connection does not keep rows locked. Whoever
 * waits for a row keeps the rest of the batch waiting.
 */
const SESSION_SETTINGS = `
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
SET statement_timeout = '4500ms'; SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '5s'`;

const READ_CLOCK = `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms`;

/** The one connection of a lane, and the few things said on it. After a `ConnectionLost` it is useless. */
export class LaneConnection implements Queryable {
  private constructor(
    private readonly client: Client,
    /** Collects what `write` writes. */
    readonly append: Append,
    /** The database's clock when the connection was made. */
    readonly openedAt: Moment,
  ) {}

  /** @throws ConnectionLost, DatabaseError */
  static async open(client: Client): Promise<LaneConnection> {
    try {
      return await inTime(async () => {
        await client.connect();
        await client.query(SESSION_SETTINGS);
        const append = await Append.on(client);
        const { rows } = await client.query<{ now_ms: string }>(READ_CLOCK);
        return new LaneConnection(client, append, Number(rows[0]!.now_ms));
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

  /** For `behindLocks`: nobody moves them meanwhile. */
  holdClocks(ids: readonly string[], joined: boolean): Promise<void> {
    return holdClocks(this, ids, joined);
  }

  write(decidedAt: Moment, toleranceMs: number | null): Promise<AppendReply> {
    return this.append.run(this, decidedAt, toleranceMs);
  }

  /**
   * A transaction that owns the rows of these accounts while `work` runs, but for those it is told somebody else holds;
   * where somebody holds all of them it waits. What `work` throws undoes it.
   */
  async behindLocks<T>(accountNos: readonly number[], work: (held: ReadonlySet<number>) => Promise<T>): Promise<T> {
    await this.query({ text: 'BEGIN' });
    try {
      const result = await work(await lockAccounts(this, accountNos));
      await this.query({ text: 'COMMIT' });
      return result;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) await this.query({ text: 'ROLLBACK' });
      throw error;
    }
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
