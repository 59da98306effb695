import { ATTEMPT_STATES, type AttemptState } from '../stripe/auto-top-ups/attempt.js';
import { ListAttempts, type ListedAttempt } from '../stripe/auto-top-ups/list-attempts.js';
import { APP_ROLE, createAppPool } from '../database/connections.js';
import { modeFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { everyPage } from './every-page.js';
import { Misuse } from './misuse.js';

const UNDER_WAY: readonly AttemptState[] = ['asking', 'processing', 'action_required'];
const USAGE = `auto-top-ups [--state STATE] [--account ID] [--mode live|test]
    What was bought, or tried to be, because accounts ran low, the latest first: what is under way (asking, processing,
    action_required) unless --state (also paid, declined, canceled) or --account says otherwise.
      --mode live|test  whose; live unless given`;

export const AUTO_TOP_UPS: OpsCommand = {
  name: 'auto-top-ups',
  usage: USAGE,
  options: { state: { type: 'string' }, account: { type: 'string' }, mode: { type: 'string' } },
  check({ values, positionals }) {
    modeFrom(values['mode']);
    statesFrom(values);
    if (positionals.length > 0) throw new Misuse(`Usage: ${USAGE}`);
  },
  async run({ ownerUrl, logger, values }) {
    const login = { url: ownerUrl, role: APP_ROLE };
    const pool = createAppPool({ login, logger, applicationName: 'credits-ledger ops' });
    try {
      return await list(new ListAttempts(pool), values);
    } finally {
      await pool.end();
    }
  },
};

async function list(attempts: ListAttempts, values: Call['values']): Promise<boolean> {
  const mode = modeFrom(values['mode']) ?? 'live';
  const filter = { mode, states: statesFrom(values), account: values['account'] ?? null };
  let shown = 0;
  for await (const attempt of everyPage((beforeNo, limit) => attempts.list({ ...filter, beforeNo }, limit))) {
    console.log(lineOf(attempt));
    shown++;
  }
  if (shown === 0) console.log('no such automatic top-ups');
  return true;
}

function lineOf({ id, account, pack, amount, currency, state, payment, createdAt, ...why }: ListedAttempt): string {
  const said = why.message === null ? '' : `: ${why.declineCode ?? why.code}: ${why.message}`;
  const bought = `${pack} for ${amount} ${currency}`;
  return `${createdAt.toISOString()} ${state.padEnd(15)} ${id} ${account}: ${bought}, ${payment ?? 'no payment yet'}${said}`;
}

/** @throws Misuse */
function statesFrom({ state, account }: Call['values']): readonly AttemptState[] | null {
  if (state === undefined) return account === undefined ? UNDER_WAY : null;
  const known = ATTEMPT_STATES.find(each => each === state);
  if (known !== undefined) return [known];
  throw new Misuse(`--state must be one of ${ATTEMPT_STATES.join(', ')}, not ${JSON.stringify(state)}.`);
}
