import { type Balance } from '../../ledger/domain/account.js';
import type { Balances, Statement, Step } from './statement.js';
import { lotsInWords, stepInWords, timeInWords, type Wording } from './words.js';

const DETAIL_INDENT = '    ';

/** The whole statement as plain text, ready to be pasted into a reply to the customer. */
export function statementText(account: string, statement: Statement, wording: Wording): string {
  const { from, to, opening, closing, steps, totals } = statement;
  const count = steps.length === 1 ? '1 entry' : `${steps.length} entries`;
  return [
    `Account ${account}, from ${timeInWords(from)} to ${timeInWords(to)}: ${count}`,
    '',
    `Opening balance: ${balancesInWords(opening, wording)}`,
    '',
    ...steps.flatMap(step => [...stepLines(step, wording), '']),
    `Closing balance: ${balancesInWords(closing, wording)}`,
    ...[...totals].map(([unit, sums]) => `In between, ${unit}: ${totalsInWords(unit, sums, wording)}`),
  ].join('\n');
}

/** `35 credits available, 5 credits held`; what is zero is left out, except what is available. */
function balanceInWords(unit: string, balance: Readonly<Balance>, wording: Wording): string {
  const said = [`${wording.amount(balance.available, unit)} available`];
  if (balance.held !== 0n) said.push(`${wording.amount(balance.held, unit)} held`);
  if (balance.debt !== 0n) said.push(`${wording.amount(balance.debt, unit)} owed`);
  return said.join(', ');
}

function balancesInWords(balances: Balances, wording: Wording): string {
  if (balances.size === 0) return 'nothing';
  return [...balances].map(([unit, balance]) => balanceInWords(unit, balance, wording)).join('; ');
}

function stepLines(step: Step, wording: Wording): string[] {
  const { entry, balance } = step;
  const lines = [`${timeInWords(entry.effectiveAt)}  #${entry.seq}  ${stepInWords(step, wording)}.`];
  for (const line of lotsInWords(step, wording)) lines.push(DETAIL_INDENT + line);
  if (balance !== null) lines.push(`${DETAIL_INDENT}= ${balanceInWords(entry.unit ?? '', balance, wording)}`);
  return lines;
}

function totalsInWords(unit: string, sums: Readonly<Balance>, wording: Wording): string {
  const amount = (value: bigint): string => wording.amount(value, unit);
  const said = [
    sums.granted > 0n ? `${amount(sums.granted)} added` : '',
    sums.spent > 0n ? `${amount(sums.spent)} spent` : '',
    sums.spent < 0n ? `${amount(-sums.spent)} more refunded than spent` : '',
    sums.expired > 0n ? `${amount(sums.expired)} expired` : '',
    sums.revoked > 0n ? `${amount(sums.revoked)} taken back` : '',
    sums.revoked < 0n ? `${amount(-sums.revoked)} given back` : '',
    sums.held !== 0n
      ? `${amount(sums.held < 0n ? -sums.held : sums.held)} ${sums.held < 0n ? 'less' : 'more'} held`
      : '',
    sums.debt !== 0n
      ? `${amount(sums.debt < 0n ? -sums.debt : sums.debt)} ${sums.debt < 0n ? 'less' : 'more'} owed`
      : '',
  ];
  return said.filter(part => part !== '').join(', ') || 'nothing changed';
}
