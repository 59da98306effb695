import { z } from 'zod';
import type { Mode } from '../../ledger/submission.js';
import { subjectOf, type Subject } from './subject.js';

const LONGEST_ID = 255;
/** Of the year 9999. */
const LAST_SECOND = 253_402_300_799;
const id = z
  .string()
  .min(1)
  .max(LONGEST_ID)
  .regex(/^[\x21-\x7e]+$/);

/** What every event has, a snapshot with its object as well as a thin one that only names it. */
const envelope = z.object({
  id,
  type: id,
  livemode: z.boolean(),
  created: z.union([z.int().min(0).max(LAST_SECOND), z.iso.datetime({ offset: true })]),
  account: id.nullish(),
  /** What thin events call the connected account. */
  context: z.string().max(LONGEST_ID).nullish(),
  data: z.object({ object: z.record(z.string(), z.unknown()).optional() }).nullish(),
  related_object: z.object({ id, type: id }).nullish(),
});
type Envelope = z.output<typeof envelope>;

/** An event that Stripe signed, as it is kept. */
export interface ToldEvent {
  readonly id: string;
  readonly mode: Mode;
  /** The connected account it is about; null for the platform's own. */
  readonly stripeAccount: string | null;
  readonly type: string;
  /** Null where it is about nothing that is acted on. */
  readonly subject: Subject | null;
  readonly occurredAt: Date;
  /** The JSON as it came. */
  readonly body: string;
}

/** Undefined where it is no event. */
export function readEvent(body: string): ToldEvent | undefined {
  const parsed = envelope.safeParse(jsonOf(body));
  if (!parsed.success) return undefined;
  const { type, livemode, created } = parsed.data;
  return {
    id: parsed.data.id,
    mode: livemode ? 'live' : 'test',
    stripeAccount: stripeAccountOf(parsed.data),
    type,
    subject: subjectOf({ type, object: parsed.data.data?.object, related: parsed.data.related_object ?? undefined }),
    occurredAt: new Date(typeof created === 'number' ? created * 1_000 : created),
    body,
  };
}

/** The context of a thin event names whom it is about, and for an organisation through whom: `org_1/acct_2`. */
function stripeAccountOf({ account, context }: Envelope): string | null {
  if (account !== undefined && account !== null) return account;
  return context?.split('/').find(part => part.startsWith('acct_')) ?? null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
