import type { Difference } from '../stripe/reconcile/difference.js';
import { modeFrom, momentFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { openReplica } from './replica.js';

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 400;

const USAGE = `reconcile --from TIME [--to TIME] [--mode live|test] [--apply --reason WHY]
    Compares what Stripe has of a span of time with the ledger: payments, refunds, disputes and paid invoices against
    what was granted, revoked and begun, and against the entries. Each difference has a type and an object of Stripe's;
    exit code 1 where there are any. --to is now, unless given.
      --apply  settles anew what that puts right; run it without first, and read. What is for people is only told.`;

export const RECONCILE: OpsCommand = {
  name: 'reconcile',
  usage: USAGE,
  options: { from: { type: 'string' }, to: { type: 'string' }, mode: { type: 'string' }, apply: { type: 'boolean' } },
  check({ values, flags, positionals }) {
    modeFrom(values['mode']);
    spanFrom(values);
    if (positionals.length > 0) throw new Misuse(`Usage: ${USAGE}`);
    if (flags.has('apply') && values['reason'] === undefined)
      throw new Misuse('Say why with --reason: it goes on record.');
  },
  run,
};

/** True where nothing differs any more. */
async function run({ ownerUrl, logger, config, values, flags }: Call): Promise<boolean> {
  const place = { mode: modeFrom(values['mode']) ?? 'live', stripeAccount: null };
  const replica = await openReplica(ownerUrl, logger, config.stripe);
  let found = 0;
  let repaired = 0;
  try {
    for await (const difference of replica.reconcile.differences(place, spanFrom(values))) {
      found++;
      console.log(lineOf(difference));
      if (!flags.has('apply')) continue;
      const { repair } = await replica.reconcile.repair(place, difference);
      if (repair === null) continue;
      console.log(`  ${repair.isDone ? 'repaired' : 'not repaired'}: ${repair.words}`);
      if (repair.isDone) repaired++;
    }
  } finally {
    await replica.close();
  }
  console.log(found === 0 ? 'Stripe and the ledger agree' : `${found} differences, ${repaired} repaired`);
  return found === repaired;
}

function lineOf({ kind, object, account, words, isRepairable }: Difference): string {
  return `${kind.toUpperCase()} ${object} of ${account ?? 'nobody'}: ${words}${isRepairable ? '' : ' (for people to decide)'}`;
}

/** @throws Misuse */
function spanFrom(values: Call['values']): { from: number; to: number } {
  const from = momentFrom('from', values['from']);
  const to = momentFrom('to', values['to']) ?? Date.now();
  if (from === null) throw new Misuse(`Say from when on with --from.\nUsage: ${USAGE}`);
  if (to <= from || to - from > LONGEST_DAYS * DAY_MS) {
    throw new Misuse(`--to must be later than --from, by at most ${LONGEST_DAYS} days.`);
  }
  return { from, to };
}
