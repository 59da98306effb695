import type { Caller } from '../client/caller.js';
import type { Outcome } from '../history/history.js';
import { capture, commit, extend, refund, release, reserve, type Hold, type Operation } from '../history/operation.js';
import { GENERATION_STEP_TOKENS, requestCost, stepCost, type RequestPlan, type Step } from './plan-request.js';

/** How a request ended; `unsettled` ones are asked about again at the end of the run. */
export type RequestEnd = 'spent' | 'released' | 'refused' | 'cut_short' | 'unsettled';

/** Thrown inside a request when an outcome stays unknown: whatever the request still wanted to do is left alone. */
class OutcomeUnknown extends Error {}

/** Takes one request through reserve, growth and spend or release, the way the product's own code would. */
export class RequestRun {
  constructor(
    private readonly caller: Caller,
    private readonly plan: RequestPlan,
    private readonly account: string,
    private readonly key: string,
  ) {}

  async run(): Promise<RequestEnd> {
    try {
      return await this.#run();
    } catch (error) {
      if (error instanceof OutcomeUnknown) return 'unsettled';
      throw error;
    }
  }

  async #run(): Promise<RequestEnd> {
    const { row, ending } = this.plan;
    const promised = requestCost(row.contextTokens, GENERATION_STEP_TOKENS);
    const reserved = await this.#send(reserve(`${this.key}-reserve`, this.account, promised), 'reserve');
    if (reserved.kind === 'refused') return 'refused';
    const first: Hold = { account: this.account, reservation: reserved.answer.reservation!.id, held: promised };
    if (ending === 'abandoned') {
      await this.#send(release(`${this.key}-release`, first), 'spend');
      return 'released';
    }
    const cost = requestCost(row.contextTokens, this.plan.deliveredTokens);
    const grown = this.plan.growth === 'extend' ? await this.#grow(first, cost) : first;
    if (grown.held < cost && this.plan.growth === 'extend') return this.#spend(grown, grown.held, 'cut_short');
    return this.#spend(grown, cost, 'spent');
  }

  /** Grows the hold step by step, as a stream does; stops where the account has no more to give. */
  async #grow(hold: Hold, cost: bigint): Promise<Hold> {
    let grown = hold;
    for (let step = 1; grown.held < cost; step++) {
      const outcome = await this.#send(extend(`${this.key}-extend-${step}`, grown, stepCost()));
      if (outcome.kind === 'refused') break;
      grown = { ...grown, held: grown.held + stepCost() };
    }
    return grown;
  }

  async #spend(hold: Hold, cost: bigint, end: RequestEnd): Promise<RequestEnd> {
    let open = hold;
    let rest = cost;
    const part = requestCost(this.plan.row.contextTokens, 0);
    if (this.plan.capturedInParts && part > 0n && part < cost) {
      const captured = await this.#send(capture(`${this.key}-capture`, open, part));
      if (captured.kind === 'acknowledged') {
        open = { ...open, held: open.held - part };
        rest = cost - part;
      }
    }
    const spent = await this.#send(commit(`${this.key}-commit`, open, rest), 'spend');
    if (spent.kind === 'acknowledged') {
      if (this.plan.refunded && cost > 0n) await this.#send(refund(`${this.key}-refund`, hold, cost));
      return end;
    }
    // The excess was refused and the hold stands: take what is held, as the contract says.
    await this.#send(commit(`${this.key}-commit-held`, open, open.held));
    return 'cut_short';
  }

  async #send(operation: Operation, step?: Step): Promise<Exclude<Outcome, { kind: 'unknown' }>> {
    const { duplicate, impatience } = this.plan;
    const patience = impatience?.step === step && impatience ? { hangUpAfterMs: impatience.hangUpAfterMs } : {};
    const first = this.caller.call(operation, patience);
    const twice = duplicate !== null && duplicate.step === step;
    const second = twice && duplicate.atOnce ? this.caller.call(operation) : null;
    const outcome = await first;
    const other = await second;
    if (twice && !duplicate.atOnce && outcome.kind === 'acknowledged') await this.caller.call(operation);
    // Two at once may be decided differently only where the first was refused and credits came back in between.
    const settled = other?.kind === 'acknowledged' ? other : outcome;
    if (settled.kind === 'unknown') throw new OutcomeUnknown(settled.why);
    return settled;
  }
}
