import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { History } from '../history/history.js';
import { Caller } from './caller.js';
import { Latencies } from './latencies.js';
import { UnknownOutcome, type LedgerRequest, type LedgerSender, type Reply } from './ledger-client.js';
import { MixedLoad } from './mixed-load.js';

const ENOUGH_WORK_ON_HOLDS = 60;

/** Accepts every reserve, and has no credits for whatever is done with a hold, which it may fail to answer first. */
class PennilessLedger implements LedgerSender {
  readonly keysByReservation = new Map<string, Set<string>>();
  readonly workedEnough: Promise<void>;
  #reservations = 0;
  #refusals = 0;
  #workEnough!: () => void;

  constructor(private readonly losesFirstAttempts: boolean) {
    this.workedEnough = new Promise(resolve => (this.#workEnough = resolve));
  }

  async send({ path, key }: LedgerRequest): Promise<Reply> {
    await turn();
    const reservation = /^\/v1\/reservations\/([^/]+)\/(commit|extend|release)$/.exec(path)?.[1];
    return reservation === undefined ? this.#accept(path) : this.#refuse(reservation, key!);
  }

  #accept(path: string): Reply {
    const answer = { account: 'any', seq: 1, entries: [], balances: {} };
    const id = `hold-${++this.#reservations}`;
    return reply(200, path.endsWith('/reservations') ? { ...answer, reservation: { id } } : answer);
  }

  #refuse(reservation: string, key: string): Reply {
    const keys = this.keysByReservation.get(reservation) ?? new Set();
    this.keysByReservation.set(reservation, keys);
    const first = !keys.has(key);
    keys.add(key);
    if (first && this.losesFirstAttempts) throw new UnknownOutcome('nobody answered');
    if (++this.#refusals === ENOUGH_WORK_ON_HOLDS) this.#workEnough();
    return reply(402, { code: 'insufficient_credits' });
  }
}

describe('a client of the mixed load', () => {
  it('goes on with a hold after a refusal', async () => {
    expect(await mostOperationsOnAHold({ losesFirstAttempts: false })).toBeGreaterThan(1);
  });

  it('leaves a hold alone when an attempt was lost before the refusal, for that one may still take effect', async () => {
    expect(await mostOperationsOnAHold({ losesFirstAttempts: true })).toBe(1);
  });
});

async function mostOperationsOnAHold({ losesFirstAttempts }: { losesFirstAttempts: boolean }): Promise<number> {
  const ledger = new PennilessLedger(losesFirstAttempts);
  const caller = new Caller(ledger, new History(), new Latencies(), { timeoutMs: 1000, patienceMs: 1000 });
  const options = { prefix: 'load', clients: 8, spreadAccounts: 2, seed: 7, hotShare: 0.3, longestPatienceMs: 100 };
  const load = new MixedLoad(caller, options);
  load.start();
  await ledger.workedEnough;
  await load.stop();
  return Math.max(...[...ledger.keysByReservation.values()].map(keys => keys.size));
}

function reply(status: number, body: object): Reply {
  return { status, body: Buffer.from(JSON.stringify(body)), replayed: false, retryAfterSeconds: 0 };
}
