import { GetBalance } from '../balances/get-balance.js';
import { accountFrom, modeFrom, momentFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { findAccount } from './find-account.js';
import { openReplica } from './replica.js';

const USAGE = `balance ACCOUNT [--as-of TIME] [--unit UNIT] [--mode live|test] [--json]
    What the account had at a moment, that moment included: the fold of the entries that had taken effect by then. Now,
    unless --as-of says otherwise.`;

export const BALANCE: OpsCommand = {
  name: 'balance',
  usage: USAGE,
  options: {
    'as-of': { type: 'string' },
    unit: { type: 'string' },
    mode: { type: 'string' },
    json: { type: 'boolean' },
  },
  check: call => void read(call),
  async run(call: Call): Promise<boolean> {
    const { account, asOf, mode } = read(call);
    await findAccount(call.ownerUrl, account, mode);
    const replica = await openReplica(call.ownerUrl, call.logger);
    try {
      const json = await replica.balance.execute(new GetBalance({ mode, account }, call.values['unit'] ?? null, asOf));
      console.log(call.flags.has('json') ? json : inWords(JSON.parse(json) as BalanceAnswer));
      return true;
    } finally {
      await replica.close();
    }
  },
};

interface BalanceAnswer {
  readonly account: string;
  readonly seq: number;
  readonly as_of: string;
  readonly balances: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function inWords({ account, seq, as_of, balances }: BalanceAnswer): string {
  const lines = Object.entries(balances).map(([unit, sums]) => {
    return `${unit}: ${Object.entries(sums)
      .map(([name, amount]) => `${name} ${amount}`)
      .join(', ')}`;
  });
  return [`Account ${account} as of ${as_of} (seq ${seq})`, ...lines].join('\n');
}

function read({ values, positionals }: Pick<Call, 'values' | 'positionals'>) {
  return {
    account: accountFrom(positionals, USAGE),
    asOf: momentFrom('as-of', values['as-of']),
    mode: modeFrom(values['mode']) ?? 'live',
  };
}
