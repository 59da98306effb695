import type { Mode } from '../ledger/submission.js';
import type { Inbox } from '../stripe/intake/inbox.js';
import { EVENT_STATES, type EventState, type StoredEvent } from '../stripe/intake/stored-events.js';
import { modeFrom, momentFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { everyPage } from './every-page.js';
import { Misuse } from './misuse.js';
import { actor, reasonFrom } from './on-record.js';
import { openReplica } from './replica.js';

const USAGE = `stripe events [--state STATE] [--subject ID] [--mode live|test]
    Stripe's events, the latest first: those that are given up (dead) unless --state or --subject says otherwise. Exit
    code 1 where any is given up.
stripe show EVENT [--mode live|test]
    The event as Stripe sent it, and what came of it.
stripe replay EVENT... [--apply --reason WHY] [--mode live|test]
    What working on these again would change now; with --apply workers do so, dead ones too. What took effect does not
    do so twice.
stripe missed --from TIME [--mode live|test]
    Has a worker walk Stripe's own list of events from then on, within five minutes, and keep what no webhook told. That
    happens by itself all the time: this is for what is older than the last walk. Stripe lists 30 days.
      --mode live|test  whose events; live unless given`;

const ACTIONS = { events, show, replay, missed } as const;

export const STRIPE: OpsCommand = {
  name: 'stripe',
  usage: USAGE,
  options: {
    state: { type: 'string' },
    subject: { type: 'string' },
    mode: { type: 'string' },
    from: { type: 'string' },
    apply: { type: 'boolean' },
  },
  check({ values, flags, positionals }) {
    modeFrom(values['mode']);
    stateFrom(values);
    const [action = '', ...ids] = positionals;
    const fewest = action === 'events' || action === 'missed' ? 0 : 1;
    const enough = action === 'replay' ? ids.length > 0 : ids.length === fewest;
    if ((action === 'missed') !== (momentFrom('from', values['from']) !== null)) throw new Misuse(`Usage: ${USAGE}`);
    if (!Object.hasOwn(ACTIONS, action) || !enough) throw new Misuse(`Usage: ${USAGE}`);
    if (flags.has('apply') && values['reason'] === undefined)
      throw new Misuse('Say why with --reason: it goes on record.');
  },
  async run(call) {
    const [action, ...ids] = call.positionals;
    const replica = await openReplica(call.ownerUrl, call.logger, call.config.stripe);
    try {
      return await ACTIONS[action as keyof typeof ACTIONS](replica.inbox, call, ids);
    } finally {
      await replica.close();
    }
  },
};

/** True where none that was shown is given up. */
async function events(inbox: Inbox, { values }: Call): Promise<boolean> {
  const filter = { mode: modeOf(values), state: stateFrom(values), subject: values['subject'] ?? null };
  let dead = 0;
  let shown = 0;
  for await (const event of everyPage((beforeNo, limit) => inbox.list({ ...filter, beforeNo }, limit))) {
    console.log(lineOf(event));
    shown++;
    if (event.state === 'dead') dead++;
  }
  if (shown === 0) console.log(`no ${filter.state ?? 'such'} events`);
  return dead === 0;
}

async function show(inbox: Inbox, { values }: Call, [id]: readonly string[]): Promise<boolean> {
  const event = await inbox.get(id!, modeOf(values));
  console.log(lineOf(event));
  console.log(JSON.stringify(event.body, null, 2));
  return event.state !== 'dead';
}

async function replay(inbox: Inbox, { values, flags }: Call, ids: readonly string[]): Promise<boolean> {
  const mode = modeOf(values);
  const told = flags.has('apply')
    ? await inbox.replay(ids, { actor: actor(), mode, reason: reasonFrom(values) })
    : await inbox.preview(ids, mode);
  for (const { id, words } of told) console.log(`${id}: ${words}`);
  return true;
}

async function missed(inbox: Inbox, { values }: Call): Promise<boolean> {
  const from = momentFrom('from', values['from'])!;
  await inbox.listAgain(from, { actor: actor(), mode: modeOf(values), reason: reasonFrom(values) });
  console.log(`a worker walks Stripe's list from ${new Date(from).toISOString()} on, within five minutes`);
  return true;
}

function lineOf({ id, type, subject, state, attempts, receivedAt, outcome, lastError }: StoredEvent): string {
  const came = outcome ?? lastError ?? 'not worked on yet';
  return `${receivedAt.toISOString()} ${state.padEnd(9)} ${id} ${type} ${subject ?? '-'}: ${came} (${attempts} attempts)`;
}

function modeOf(values: Call['values']): Mode {
  return modeFrom(values['mode']) ?? 'live';
}

/** @throws Misuse */
function stateFrom({ state, subject }: Call['values']): EventState | null {
  if (state === undefined) return subject === undefined ? 'dead' : null;
  const known = EVENT_STATES.find(each => each === state);
  if (known !== undefined) return known;
  throw new Misuse(`--state must be one of ${EVENT_STATES.join(', ')}, not ${JSON.stringify(state)}.`);
}
