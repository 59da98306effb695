import { ExplainAccount } from '../replay/explain/explain-account.js';
import { accountFrom, modeFrom, momentFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { findAccount } from './find-account.js';
import { openReplica } from './replica.js';

const USAGE = `explain ACCOUNT [--from TIME] [--to TIME] [--unit UNIT] [--mode live|test] [--json]
    Tells how the balances changed after --from (the account's beginning) and up to --to (now), entry by entry and lot by
    lot, in words to be pasted into a reply. Times are like 2026-11-21T09:00:00Z; a day is its beginning in UTC.`;

export const EXPLAIN: OpsCommand = {
  name: 'explain',
  usage: USAGE,
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    unit: { type: 'string' },
    mode: { type: 'string' },
    json: { type: 'boolean' },
  },
  check: call => void read(call),
  async run(call: Call): Promise<boolean> {
    const { account, from, to, unit, mode } = read(call);
    await findAccount(call.ownerUrl, account, mode);
    const replica = await openReplica(call.ownerUrl, call.logger);
    try {
      const { text, json } = await replica.explain.execute(new ExplainAccount({ mode, account }, { from, to, unit }));
      console.log(call.flags.has('json') ? json : text);
      return true;
    } finally {
      await replica.close();
    }
  },
};

function read({ values, positionals }: Pick<Call, 'values' | 'positionals'>) {
  return {
    account: accountFrom(positionals, USAGE),
    from: momentFrom('from', values['from']),
    to: momentFrom('to', values['to']),
    unit: values['unit'] ?? null,
    mode: modeFrom(values['mode']) ?? 'live',
  };
}
