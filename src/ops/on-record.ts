import { hostname, userInfo } from 'node:os';
import { Client } from 'pg';
import { recordUse } from '../runs/record-use.js';
import { modeFrom } from './arguments.js';
import type { Call } from './command.js';
import { Misuse } from './misuse.js';

const LONGEST_REASON = 255;
const LONGEST_ACTOR = 255;

/** The option of every command that leaves a record. */
export const REASON_OPTION = { reason: { type: 'string' } } as const;

/** Why, in the caller's words. @throws Misuse */
export function reasonFrom(values: Call['values']): string | null {
  const reason = values['reason'];
  if (reason === undefined) return null;
  if (reason.trim() !== '' && [...reason].length <= LONGEST_REASON) return reason;
  throw new Misuse(`--reason must have 1 to ${LONGEST_REASON} characters.`);
}

/** Puts a command on record before it is run: who, what, on what, why. */
export async function putOnRecord(action: string, { ownerUrl, values, flags, positionals }: Call): Promise<void> {
  const { reason: _, ...named } = values;
  const given = { ...named, ...Object.fromEntries([...flags].map(flag => [flag, true])) };
  const args = positionals.length === 0 ? given : { of: positionals, ...given };
  const client = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger replay' });
  client.on('error', () => {});
  await client.connect();
  try {
    const mode = modeFrom(values['mode']);
    await recordUse(client, { actor: actor(), mode, action, arguments: args, reason: reasonFrom(values) });
  } finally {
    await client.end();
  }
}

/** `user@host` of whoever runs the command. */
export function actor(): string {
  return `${userName()}@${hostname()}`.slice(0, LONGEST_ACTOR);
}

/** A container may run as a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
