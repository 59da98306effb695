import type { Stripe } from 'stripe';
import type { Mode } from '../../ledger/submission.js';
import { TOP_UP } from '../payments/sale.js';
import { isAttemptId } from './attempt.js';
import type { Owner } from './policy.js';
import type { StoredAttempts } from './stored-attempts.js';
import type { StoredPolicies } from './stored-policies.js';

/** Has an attempt that is under way looked at because Stripe told of it; it would be a while later all the same. */
export class WakeAttempt {
  constructor(
    private readonly attempts: StoredAttempts,
    private readonly policies: StoredPolicies,
  ) {}

  async bySession({ metadata }: Stripe.Checkout.Session, mode: Mode): Promise<void> {
    const id = metadata?.[TOP_UP];
    if (isAttemptId(id)) await this.wake(await this.attempts.ownerOf('id', id, mode));
  }

  async byPayment(payment: string, mode: Mode): Promise<void> {
    await this.wake(await this.attempts.ownerOf('payment', payment, mode));
  }

  private async wake(owner: Owner | undefined): Promise<void> {
    if (owner !== undefined) await this.policies.wake(owner);
  }
}
