import type { Entry } from '../../src/ledger/domain/entry.js';
import { Dice, type Gene } from '../model/genes.js';
import { NaiveLedger } from '../model/naive-ledger.js';
import { nextCommand } from '../model/next-command.js';
import { nextMoment } from '../model/next-moment.js';
import { REAL_DOMAIN, RecordingAccount } from '../model/recording-account.js';

const START = Date.UTC(2027, 10, 28, 12);
const THREE_WEEKS_MS = 21 * 24 * 3600 * 1000;

/** What the engine books for random commands over some months; most grants have a cost, and no two the same. */
export function randomHistory(genes: readonly Gene[]): readonly Entry[] {
  const model = new NaiveLedger();
  const account = new RecordingAccount(REAL_DOMAIN);
  let now = START;
  for (const [index, gene] of genes.entries()) {
    const dice = new Dice(gene.account);
    now = nextMoment(gene, model.account, now) + (dice.oneIn(12) ? THREE_WEEKS_MS : 0);
    const drawn = nextCommand(gene, model.account, now);
    const command = drawn.type === 'grant' && !dice.oneIn(4) ? { ...drawn, cost: costOf(dice, index) } : drawn;
    model.execute(command, now);
    account.execute(command, now);
    if (dice.below(2) === 0) account.endBatch();
  }
  return account.history.entries;
}

export function costOf(dice: Dice, index: number): { amount: string; currency: string } {
  const fraction = dice.pick(['.99', '', '.01', '.5', '.12345']);
  return { amount: `${index}${fraction}`, currency: dice.pick(['USD', 'eur', 'JPY', 'KWD'])! };
}
