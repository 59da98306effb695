import type { TestDatabase } from '../../support/database.js';
import { openEngine } from '../../support/engine.js';
import { Teller } from '../../support/teller.js';

const ACCOUNTS = 14;
const ROUNDS = 10;

/** Some 1,000 entries of every kind a caller makes, with texts in many scripts, of accounts that write at once. */
export async function writeBusyLedger(database: TestDatabase): Promise<void> {
  const engine = await openEngine(database, { units: { images: 0 } });
  const live = new Teller(engine);
  const test = new Teller(engine, 'test');
  const busy = async (teller: Teller, account: string): Promise<void> => {
    const metadata = { team: 'größe', note: 'a "quoted" \\ 名前 😀' };
    const configure = { type: 'configure', overdraftLimits: new Map([['credits', 50_000_000n]]) } as const;
    const { lot } = await teller.grant(account, 1_000, { reason: 'welcome' });
    await teller.command(account, { ...configure, metadata });
    await teller.grant(account, 20, { unit: 'images', amount: 20n });
    for (let round = 0; round < ROUNDS; round++) {
      const held = await teller.reserve(account, 20, { metadata: { job: `${round}` }, member: 'm' });
      const other = await teller.reserve(account, 3);
      await teller.commit(held.reservation!.id, 7 + (round % 5));
      await teller.release(other.reservation!.id);
      const charged = await teller.charge(account, 2, { reason: 'späte Gebühr' });
      if (round % 3 === 0) await teller.refundEntry(charged.entries[0]!.id, 1);
      if (round % 4 === 0) await teller.revoke(lot!.id, 1);
    }
    await teller.command(account, { type: 'freeze', reason: 'a look at it' });
    await teller.command(account, { type: 'unfreeze', reason: null });
    await teller.reserve(account, 1);
  };
  const names = Array.from({ length: ACCOUNTS }, (_, i) => `holder ${i} é`);
  await Promise.all([...names.map(name => busy(live, name)), busy(test, names[0]!)]);
  await engine.writePath.drain();
}
