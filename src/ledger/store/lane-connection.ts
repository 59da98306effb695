import type { Client } from 'pg';
import type { Moment } from '../domain/account.js';
import type { AppendReply } from './append-reply.js';
import { Append } from './append.js';
import { ConnectionLost } from './failure.js';
import { LaneReader } from './lane-reader.js';
import { lockAccounts } from './load-accounts.js';
import { holdClocks } from './read-clocks.js';

const READ_CLOCK = `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms`;

/** Accounts that may live by clocks, and clocks that accounts may take. */
export interface Clocked {
  readonly accountNos: readonly number[];
  readonly joined: readonly string[];
}

const NO_HELD_CLOCKS: ReadonlySet<string> = new Set();

/** The one connection on which a lane writes. */
export class LaneConnection extends LaneReader {
  private constructor(
    client: Client,
    /** Collects what `write` writes. */
    readonly append: Append,
    /** The database's clock when the connection was made. */
    readonly openedAt: Moment,
  ) {
    super(client);
  }

  /** @throws ConnectionLost, DatabaseError */
  static override open(client: Client): Promise<LaneConnection> {
    return LaneReader.connect(client, async () => {
      const append = await Append.on(client);
      const { rows } = await client.query<{ now_ms: string }>(READ_CLOCK);
      return new LaneConnection(client, append, Number(rows[0]!.now_ms));
    });
  }

  write(decidedAt: Moment, toleranceMs: number | null): Promise<AppendReply> {
    return this.append.run(this, decidedAt, toleranceMs);
  }

  /**
   * A transaction that owns the rows of these accounts while `work` runs, but for those it is told somebody else holds;
   * where somebody holds all of them it waits. Nobody moves their clocks meanwhile. What `work` throws undoes it.
   * @param clocked null where none of them can have a clock, as with most
   */
  async behindLocks<T>(
    accountNos: readonly number[],
    clocked: Clocked | null,
    work: (held: ReadonlySet<number>, clocks: ReadonlySet<string>) => Promise<T>,
  ): Promise<T> {
    await this.query({ text: 'BEGIN' });
    try {
      const clocks = clocked === null ? NO_HELD_CLOCKS : await holdClocks(this, clocked.accountNos, clocked.joined);
      const result = await work(await lockAccounts(this, accountNos), clocks);
      await this.query({ text: 'COMMIT' });
      return result;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) await this.query({ text: 'ROLLBACK' });
      throw error;
    }
  }
}
