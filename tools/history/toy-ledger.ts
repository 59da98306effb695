import type { Reply } from '../client/ledger-client.js';
import { addSums, formatAmount, noSums, parseSums, SUM_NAMES, type Sums } from './amounts.js';
import type { WireEntry } from './answer.js';
import type { LedgerAccount } from './ledger-account.js';
import type { Operation } from './operation.js';

/**
 * An account in memory that believes whatever an operation expects of it. Specs let clients talk to it, spoil it, and
 * see which rule notices.
 */
export class ToyLedger {
  readonly entries: WireEntry[] = [];
  sums: Sums = noSums();

  constructor(readonly account: string) {}

  /** Applies the operation and answers as the service would. */
  accept(operation: Operation): Reply {
    this.append(operation.kind, operation.effect, { metadata: { operation: operation.key } });
    const answer = {
      account: this.account,
      seq: this.entries.length,
      entries: this.entries.slice(-1),
      balances: this.balances(),
      reservation: operation.kind === 'reserve' ? { id: `res_${operation.key}` } : undefined,
    };
    return reply(200, answer);
  }

  append(type: string, effect: Partial<Sums>, more: object = {}): void {
    addSums(this.sums, effect);
    const deltas = wireSums({ ...noSums(), ...effect });
    this.entries.push({ seq: this.entries.length + 1, type, unit: 'credits', deltas, ...more });
  }

  balances(): { credits: Record<string, string> } {
    return { credits: wireSums(this.sums) };
  }

  asRead(): LedgerAccount {
    return {
      account: this.account,
      seq: this.entries.length,
      balances: new Map([['credits', { ...this.sums }]]),
      entries: this.entries.map(entry => ({
        seq: entry.seq,
        type: entry.type,
        unit: entry.unit ?? null,
        deltas: parseSums(entry.deltas),
        claimedBy: entry.metadata?.['operation'] ?? null,
        subscription: entry.subscription ?? null,
        fields: entry,
      })),
    };
  }
}

export function reply(status: number, body: object, replayed = false): Reply {
  return { status, body: Buffer.from(JSON.stringify(body)), replayed, retryAfterSeconds: 0 };
}

function wireSums(sums: Sums): Record<string, string> {
  return Object.fromEntries(SUM_NAMES.map(name => [name, formatAmount(sums[name])]));
}
