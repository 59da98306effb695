import { LRUCache } from 'lru-cache';
import type { ClientBase } from 'pg';

/** Look-ups in one query; each may read a tile. */
const LOOK_UP_LIMIT = 500;

/**
 * The hash that the log has for an entry. Found by the entry's position, then, within the tile, by account number, seq and
 * position, with which a leaf begins after its format: two of these numbers alone may stand side by side elsewhere.
 */
const LOOK_UP = `
SELECT k.account_no, k.seq, encode(substring(t.leaves FROM position(k.leaf IN t.leaves) + 24 FOR 32), 'hex') AS hash
FROM (SELECT p.*, int8send(p.account_no) || int8send(p.seq) || int8send(p.position) AS leaf
      FROM (SELECT u.account_no, u.seq, (SELECT min(e.position) FROM entries e
                                         WHERE e.account_no = u.account_no AND e.seq = u.seq) AS position
            FROM unnest($1::bigint[], $2::bigint[]) AS u(account_no, seq) OFFSET 0) p OFFSET 0) k,
     LATERAL (SELECT leaves FROM log_tiles WHERE first_position <= k.position ORDER BY first_position DESC LIMIT 1) t
WHERE position(k.leaf IN t.leaves) > 0`;

interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Which entry of which account. */
export interface EntryNo {
  readonly accountNo: number;
  readonly seq: number;
}

/** The last hash of each account that was met lately; of the others, what the log in the database says. */
export class Heads {
  private readonly heads: LRUCache<number, Head>;

  /** @param mostAccounts that are remembered; more than ever come by between two looks at the log */
  constructor(mostAccounts: number) {
    this.heads = new LRUCache({ max: mostAccounts });
  }

  /** Asks the log for what these entries, in the order in which they come, will need and nobody remembers. */
  async foresee(client: ClientBase, entries: Iterable<EntryNo>): Promise<void> {
    const met = new Set<number>();
    const wanted: EntryNo[] = [];
    for (const { accountNo, seq } of entries) {
      if (met.has(accountNo)) continue;
      met.add(accountNo);
      if (seq > 1 && this.heads.peek(accountNo)?.seq !== seq - 1) wanted.push({ accountNo, seq: seq - 1 });
    }
    for (let at = 0; at < wanted.length; at += LOOK_UP_LIMIT) {
      await this.lookUp(client, wanted.slice(at, at + LOOK_UP_LIMIT));
    }
  }

  /** The hash of the account's entry before this one; undefined where nobody knows it, or where it is the first. */
  before({ accountNo, seq }: EntryNo): string | undefined {
    const head = this.heads.get(accountNo);
    return head?.seq === seq - 1 ? head.hash : undefined;
  }

  set({ accountNo, seq }: EntryNo, hash: string): void {
    this.heads.set(accountNo, { seq, hash });
  }

  forget(): void {
    this.heads.clear();
  }

  private async lookUp(client: ClientBase, wanted: readonly EntryNo[]): Promise<void> {
    const values = [wanted.map(({ accountNo }) => accountNo), wanted.map(({ seq }) => seq)];
    const query = { name: 'heads-of-the-log', text: LOOK_UP, values };
    const { rows } = await client.query<{ account_no: string; seq: string; hash: string }>(query);
    for (const row of rows) this.set({ accountNo: Number(row.account_no), seq: Number(row.seq) }, row.hash);
  }
}
