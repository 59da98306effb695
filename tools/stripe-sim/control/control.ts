import { z } from 'zod';
import { StripeFault } from '../http/fault.js';
import type { Answer } from '../http/idempotency.js';
import { jsonAnswer } from '../pages/answers.js';
import type { Stage } from '../stage.js';
import { FORGERIES } from '../webhooks/forge.js';
import { payloadOf } from '../webhooks/endpoints.js';

const id = z.string().min(1).max(255);
const share = z.number().min(0).max(1);
const span = z.tuple([z.number().int().min(0), z.number().int().min(0)]);

const PLAN = z.strictObject({
  copies: span.optional(),
  dropShare: share.optional(),
  delayMs: span.optional(),
  lateShare: share.optional(),
  lateMs: z.number().int().min(0).optional(),
  isShuffled: z.boolean().optional(),
  concurrency: z.number().int().min(1).max(256).optional(),
  retryAfterMs: z.array(z.number().int().min(0)).max(50).optional(),
  seed: z.number().int().min(0).optional(),
});

const TROUBLE = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('refuse'),
    status: z.number().int(),
    retryAfterSeconds: z.number().int().min(0).optional(),
  }),
  z.strictObject({ kind: z.literal('cut_before') }),
  z.strictObject({ kind: z.literal('cut_after') }),
  z.strictObject({ kind: z.literal('slow'), ms: z.number().int().min(0).max(600_000) }),
]);

/** What a command does: its name is the path under /_sim/, its input the JSON of the request. */
interface Command {
  run(stage: Stage, input: unknown): object | Promise<object>;
}

function command<T extends z.ZodType>(
  input: T,
  run: (stage: Stage, input: z.infer<T>) => object | Promise<object>,
): Command {
  return { run: (stage, json) => run(stage, input.parse(json)) };
}

const COMMANDS: Readonly<Record<string, Command>> = {
  'checkout/pay': command(
    z.strictObject({ session: id, method: id.default('pm_card_visa') }),
    ({ checkout }, { session, method }) => checkout.pay(session, method),
  ),
  'payments/settle': command(
    z.strictObject({ payment_intent: id, is_paid: z.boolean().default(true) }),
    ({ cases }, input) => cases.settlePayment(input.payment_intent, input.is_paid),
  ),
  'payments/authenticate': command(
    z.strictObject({ payment_intent: id, is_passed: z.boolean().default(true) }),
    ({ cases }, input) => cases.authenticate(input.payment_intent, input.is_passed),
  ),
  'payments/dispute': command(
    z.strictObject({
      payment_intent: id,
      amount: z.number().int().min(1).optional(),
      is_inquiry: z.boolean().default(false),
    }),
    ({ cases }, { payment_intent: intent, amount, is_inquiry: isInquiry }) =>
      cases.dispute(intent, { isInquiry, ...(amount !== undefined && { amount }) }),
  ),
  'disputes/escalate': command(z.strictObject({ dispute: id }), ({ cases }, { dispute }) =>
    cases.escalateInquiry(dispute),
  ),
  'disputes/close': command(z.strictObject({ dispute: id, is_won: z.boolean() }), ({ cases }, input) =>
    cases.closeDispute(input.dispute, input.is_won),
  ),
  'refunds/end': command(
    z.strictObject({ refund: id, outcome: z.enum(['succeeded', 'failed', 'canceled']) }),
    ({ cases }, { refund, outcome }) => cases.endRefund(refund, outcome),
  ),
  'clock/move': command(z.strictObject({ seconds: z.number().int().min(0) }), ({ world }, { seconds }) => {
    world.moveBy(seconds);
    return { now: world.now() };
  }),
  'deliveries/plan': command(
    PLAN,
    ({ deliveries }, plan) => (deliveries.plan = { ...deliveries.plan, ...defined(plan) }),
  ),
  'deliveries/hold': command(z.strictObject({}), ({ deliveries }) => {
    deliveries.hold();
    return { held: deliveries.heldCount };
  }),
  'deliveries/release': command(PLAN, ({ deliveries }, plan) => deliveries.release(defined(plan))),
  'deliveries/drop': command(z.strictObject({}), ({ deliveries }) => ({ dropped: deliveries.dropHeld() })),
  'deliveries/resume': command(z.strictObject({}), ({ deliveries }) => {
    deliveries.resume();
    return { held: deliveries.heldCount };
  }),
  'deliveries/again': command(z.strictObject({ event: id }), async ({ deliveries, endpoints, world }, { event }) =>
    deliveries.send(endpoints.parcelsOf(world.must(world.events, 'event', event))),
  ),
  'deliveries/forge': command(
    z.strictObject({ event: id, forgery: z.enum(FORGERIES) }),
    async (stage, { event, forgery }) => {
      const { deliveries, endpoints, world } = stage;
      const found = world.must(world.events, 'event', event);
      const outcomes = endpoints
        .all()
        .map(({ url, payload, secrets }) =>
          deliveries.forge(url, payloadOf(found, payload), secrets[0] ?? '', forgery),
        );
      return { outcomes: await Promise.all(outcomes) };
    },
  ),
  'endpoints/roll': command(z.strictObject({ endpoint: id }), ({ endpoints }, { endpoint }) => ({
    secret: endpoints.roll(endpoint),
  })),
  'troubles/add': command(
    z.strictObject({
      trouble: TROUBLE,
      method: z.enum(['GET', 'POST', 'DELETE']).optional(),
      path: z.string().optional(),
      times: z.number().int().min(1).optional(),
    }),
    ({ troubles }, { trouble, ...expected }) => {
      troubles.add(defined(trouble), defined(expected));
      return {};
    },
  ),
  'troubles/clear': command(z.strictObject({}), ({ troubles }) => {
    troubles.clear();
    return {};
  }),
  'rate/limit': command(z.strictObject({ per_second: z.number().int().min(1).nullable() }), (stage, input) => {
    stage.limitRate(input.per_second ?? undefined);
    return {};
  }),
};

/** `POST /_sim/<command>` with JSON; `GET /_sim/` names the commands. */
export async function control(stage: Stage, method: string, name: string, body: string): Promise<Answer | undefined> {
  if (method === 'GET' && name === '') return jsonAnswer({ commands: Object.keys(COMMANDS) });
  const found = method === 'POST' && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found === undefined) return undefined;
  try {
    return jsonAnswer(await found.run(stage, body === '' ? {} : JSON.parse(body)));
  } catch (error) {
    if (error instanceof z.ZodError) return jsonAnswer({ error: z.prettifyError(error) }, 400);
    if (error instanceof StripeFault) return jsonAnswer({ error: error.message }, error.status);
    if (error instanceof RangeError || error instanceof SyntaxError) return jsonAnswer({ error: error.message }, 400);
    throw error;
  }
}

/** What is not given is left out, not undefined. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>;
}
