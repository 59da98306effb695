import type { Difference } from '../replay/compare/difference.js';

const LONGEST_VALUE = 300;

/** One paragraph a difference: whose, where, what was expected and what was found. */
export function differenceText({ account, accountNo, mode, place, field, expected, found }: Difference): string {
  const number = accountNo === null ? '' : `account number ${accountNo}`;
  const who = account === null ? number : `${mode} account ${account}`;
  return [`${who}  ${place}: ${field}`, `    expected ${shortened(expected)}`, `    found    ${shortened(found)}`].join(
    '\n',
  );
}

function shortened(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)`;
}
