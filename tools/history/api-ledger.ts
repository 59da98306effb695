import type { LedgerSender, Reply } from '../client/ledger-client.js';
import { parseSums } from './amounts.js';
import type { WireBalances, WireEntry } from './answer.js';
import type { LedgerAccount, LedgerEntry, LedgerReader } from './ledger-account.js';
import { accountPath } from './operation.js';

const PAGE_SIZE = 100;
const TIMEOUT_MS = 30_000;
const ATTEMPTS = 5;

interface Page {
  readonly data: readonly WireEntry[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

interface BalanceAnswer {
  readonly seq: number;
  readonly balances: WireBalances;
}

/** Reads accounts the way a customer would: balance, then every page of entries. */
export class ApiLedger implements LedgerReader {
  constructor(private readonly client: LedgerSender) {}

  async readAccount(account: string): Promise<LedgerAccount> {
    const path = accountPath(account);
    const { seq, balances } = await this.#get<BalanceAnswer>(`${path}/balance`);
    const newestFirst: LedgerEntry[] = [];
    let after = '';
    for (;;) {
      const page: Page = await this.#get<Page>(`${path}/entries?limit=${PAGE_SIZE}${after}`);
      newestFirst.push(...page.data.map(fromWire));
      if (!page.has_more) break;
      if (!page.next_cursor) throw new Error(`${path}/entries has more, and no cursor to it`);
      after = `&after=${encodeURIComponent(page.next_cursor)}`;
    }
    return {
      account,
      seq,
      balances: new Map(Object.entries(balances).map(([unit, sums]) => [unit, parseSums(sums)])),
      // What time appends between the two reads is not part of the balance.
      entries: newestFirst.reverse().filter(entry => entry.seq <= seq),
    };
  }

  async #get<T>(path: string): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const reply = await this.client.send({ method: 'GET', path }, TIMEOUT_MS).catch((error: Error) => error);
      if (!(reply instanceof Error) && reply.status === 200) return JSON.parse(reply.body.toString('utf8')) as T;
      if (attempt === ATTEMPTS) throw new Error(`GET ${path} failed: ${describe(reply)}`);
      await new Promise(resolve => setTimeout(resolve, 100 * attempt));
    }
  }
}

function fromWire(entry: WireEntry): LedgerEntry {
  return {
    seq: entry.seq,
    type: entry.type,
    unit: entry.unit ?? null,
    deltas: parseSums(entry.deltas),
    claimedBy: entry.metadata?.['operation'] ?? entry.reason ?? null,
    subscription: entry.subscription ?? null,
    fields: entry,
  };
}

function describe(reply: Reply | Error): string {
  return reply instanceof Error ? reply.message : `${reply.status} ${reply.body.toString('utf8', 0, 300)}`;
}
