import type { Arena } from '../arena.js';
import { reservationIn } from '../callers.js';
import { ContestantHandle } from '../contestant-handle.js';
import { SPREAD_ACCOUNTS, spreadAccount, type Contestant } from '../contestant.js';
import { cloneAccount } from '../clone-account.js';
import { migrateOurs, Ours, seedOurs } from '../ours.js';
import type { Result } from '../result.js';
import { interleave } from '../rounds.js';
import { rateOf, ratioOf, spreadOf } from '../statistics.js';
import { targetOf } from '../targets.js';

const CALLERS = 256;
const LIVES_AT_ONCE = 8;
const EMPTY = 'bench_empty';
const GROWN = 'bench_grown';

/** A ledger with many entries behind it, evenly over its accounts, beside one that has just begun. */
export class GrownLedger {
  private made: Promise<string> | undefined;
  private readonly handles: ContestantHandle[] = [];

  constructor(readonly arena: Arena) {}

  /** Name of the database; made when first asked for. */
  database(): Promise<string> {
    this.made ??= this.make();
    return this.made;
  }

  get entries(): number {
    return this.arena.options.entries;
  }

  /** What a command costs late in a ledger's life, in units of what it cost at the beginning. */
  async costOfGrowth(): Promise<Result> {
    const { server, options } = this.arena;
    const grownUrl = server.url(await this.database());
    const emptyUrl = await server.createDatabase(EMPTY);
    await migrateOurs(emptyUrl);
    const accounts = Array.from({ length: SPREAD_ACCOUNTS }, (_, index) => spreadAccount(index));
    await seedOurs(emptyUrl, accounts);
    const millions = `${(this.entries / 1e6).toLocaleString('en-US')} million entries`;
    const slots = [];
    for (const [name, url] of [
      ['empty', emptyUrl],
      [millions, grownUrl],
    ] as const) {
      const handle = await ContestantHandle.start('ours', url, 1);
      this.handles.push(handle);
      const load = { callers: CALLERS, accounts: 'spread', seconds: options.slotSeconds } as const;
      slots.push({ name, run: () => handle.run(load) });
    }
    const rounds = await interleave(slots, options.rounds);
    const costs = (name: string): number[] => rounds.get(name)!.map(measurement => 1e6 / rateOf(measurement));
    return {
      title: `growth: in process, ${CALLERS} callers, 10,000 accounts`,
      figures: [...rounds].map(([name, measured]) => ({
        contestant: 'ours',
        setting: name,
        value: spreadOf(costs(name)),
        unit: 'µs/command',
        notes: `${Math.round(spreadOf(measured.map(rateOf)).median).toLocaleString('en-US')}/s`,
      })),
      ratios: [
        {
          label: `cost at ${millions} ÷ empty`,
          value: ratioOf(costs(millions), costs('empty')),
          target: targetOf('growth', 'itself'),
        },
      ],
    };
  }

  async close(): Promise<void> {
    for (const handle of this.handles) await handle.stop();
  }

  /** One account lives its life through the engine; the others are copies of its rows. */
  private async make(): Promise<string> {
    const { server } = this.arena;
    const url = await server.createDatabase(GROWN);
    await migrateOurs(url);
    await seedOurs(url, [spreadAccount(0)]);
    const perAccount = Math.ceil(this.entries / SPREAD_ACCOUNTS);
    const ours = await Ours.open(url, 1);
    await liveALife(ours, spreadAccount(0), perAccount);
    await ours.close();
    await server.withClient(GROWN, client => cloneAccount(client, SPREAD_ACCOUNTS, this.arena.say));
    return GROWN;
  }
}

/** Reserves and commits, a few at a time, until the account has about so many entries. */
async function liveALife(contestant: Contestant, account: string, entries: number): Promise<void> {
  const fingerprint = Buffer.alloc(16);
  let turn = 0;
  const turns = Math.ceil(entries / 2);
  const live = async (): Promise<void> => {
    for (let own = turn++; own < turns; own = turn++) {
      const answer = await contestant.reserve(account, 1000n, { key: `life-${own}-r`, fingerprint });
      await contestant.commit(reservationIn(answer), 500n, { key: `life-${own}-c`, fingerprint });
    }
  };
  await Promise.all(Array.from({ length: LIVES_AT_ONCE }, live));
}
