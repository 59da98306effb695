import { Client } from 'pg';
import { allMonths, type FinanceMonths } from '../finance/finance-months.js';
import { monthsCsv } from '../finance/months-csv.js';
import { modeFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';

const USAGE = `finance [--from MONTH] [--to MONTH] [--currency CURRENCY] [--mode live|test] [--csv]
    What became of the money that was paid for credits, month by month (UTC, such as 2026-11; the last twelve): recognised,
    breakage, revoked, still deferred.`;

export const FINANCE: OpsCommand = {
  name: 'finance',
  usage: USAGE,
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    currency: { type: 'string' },
    mode: { type: 'string' },
    csv: { type: 'boolean' },
  },
  check: call => void read(call),
  async run(call: Call): Promise<boolean> {
    const { mode, filter } = read(call);
    const client = new Client({ connectionString: call.ownerUrl, application_name: 'credits-ledger finance' });
    // The query under way fails with it; without a listener it would end the process.
    client.on('error', () => {});
    await client.connect();
    try {
      const found = await allMonths(client, mode, filter);
      if (call.flags.has('csv')) process.stdout.write(monthsCsv(found.months));
      else console.log(inWords(found));
      // Standard output belongs to the figures.
      console.error(completenessOf(found));
      return true;
    } finally {
      await client.end();
    }
  },
};

function read({ values, positionals }: Pick<Call, 'values' | 'positionals'>) {
  if (positionals.length > 0) throw new Misuse(`Usage: ${USAGE}`);
  const currency = values['currency'] ?? null;
  if (currency !== null && !/^[A-Za-z]{3}$/.test(currency)) {
    throw new Misuse(`--currency must be three letters, not ${JSON.stringify(currency)}.`);
  }
  const filter = {
    from: monthFrom('from', values['from']),
    to: monthFrom('to', values['to']),
    currency: currency?.toUpperCase() ?? null,
  };
  return { mode: modeFrom(values['mode']) ?? 'live', filter };
}

/** @throws Misuse */
function monthFrom(option: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[0-9]{4}-(0[1-9]|1[0-2])$/.test(text) && text >= '1970') return text;
  throw new Misuse(`--${option} must be a month such as 2026-11, not ${JSON.stringify(text)}.`);
}

function inWords({ months }: FinanceMonths): string {
  if (months.length === 0) return 'Nothing was paid in these months or deferred from earlier ones.';
  const lines = months.map(({ month, currency, category, ...money }) => {
    const sums = Object.entries(money).map(([name, amount]) => `${name.replaceAll('_', ' ')} ${amount}`);
    return `${month} ${currency} ${category}: ${sums.join(', ')}`;
  });
  return lines.join('\n');
}

function completenessOf({ completeUntil }: FinanceMonths): string {
  if (completeUntil === null) return 'Not begun: no worker of this version has run on this ledger yet.';
  return `Complete for what was recorded until ${completeUntil.toISOString()}.`;
}
