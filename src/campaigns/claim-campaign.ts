import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Answer, Target } from '../ledger/submission.js';
import { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';
import { UnitRegistry } from '../units/unit-registry.js';
import { Claims, type Booked, type Claiming } from './claims.js';
import { factOf, grantOf, isGranted, isRefused } from './grant-of-claim.js';

/** Well within a lease: whoever holds a claim is done by then, or gives up. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** Claims a campaign for an account: booked first, which makes the key nobody else's, then granted. */
export class ClaimCampaign extends Command<Answer> {
  constructor(
    readonly target: Target,
    readonly campaign: string,
    /** What there may be one claim of: a device, a hash of an address, an invitation. */
    readonly key: string,
    readonly idempotencyKey: string,
  ) {
    super();
  }
}

@CommandHandler(ClaimCampaign)
export class ClaimCampaignHandler implements ICommandHandler<ClaimCampaign> {
  constructor(
    private readonly claims: Claims,
    private readonly writePath: WritePath,
    private readonly units: UnitRegistry,
  ) {}

  async execute({ target, campaign, key, idempotencyKey }: ClaimCampaign): Promise<Answer> {
    const { mode, account } = target;
    const claiming: Claiming = { mode, campaign, account, key };
    const deadlineAt = Math.min(target.deadlineAt ?? Infinity, performance.now() + PATIENCE_MS);
    const fingerprint = await this.claims.fingerprint(claiming);
    const booked = await this.book(claiming, deadlineAt);
    if (fingerprint === null || booked === null)
      throw new LedgerError('campaign_not_found', 'there is no such campaign');
    await this.units.putToUse(await this.units.find(booked.terms.unit));
    const refusal = booked.type === 'refused' ? new LedgerError(booked.code, booked.message) : undefined;
    try {
      const answer = await this.writePath.execute({
        target: { ...target, deadlineAt },
        command: grantOf(campaign, booked.terms),
        once: { key: idempotencyKey, fingerprint },
        fact: factOf(campaign),
        refusal,
      });
      if (booked.type === 'held') await this.claims.granted(booked.no);
      return answer;
    } catch (error) {
      if (isGranted(error)) {
        if (booked.type === 'held') await this.claims.granted(booked.no);
        throw new LedgerError('already_claimed', 'this account has claimed it already', error.details);
      }
      if (booked.type === 'held' && isRefused(error)) await this.claims.giveUp(booked);
      throw error;
    }
  }

  /** Waits for whoever is at work on the account's very claim. */
  private async book(claiming: Claiming, deadlineAt: number): Promise<Exclude<Booked, { type: 'leased' }> | null> {
    for (;;) {
      const booked = await this.claims.book(claiming);
      if (booked?.type !== 'leased') return booked;
      if (performance.now() >= deadlineAt) {
        throw new LedgerError('busy', 'this very claim is being granted: send the same request again', {}, true);
      }
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
