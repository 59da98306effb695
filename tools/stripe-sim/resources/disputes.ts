import { invalid } from '../http/fault.js';
import { createdFilter, listPage } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import type { World } from '../world/world.js';
import { closeDispute, isClosed } from './open-dispute.js';

const URL = '/v1/disputes';

export function disputeRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: URL,
      handle({ params }) {
        const charge = params.text('charge');
        const intent = params.text('payment_intent');
        const isWithin = createdFilter(params);
        const found = world.disputes.where(
          dispute =>
            isWithin(dispute) &&
            (charge === undefined || dispute.charge === charge) &&
            (intent === undefined || dispute.payment_intent === intent),
        );
        return listPage(params, found, URL);
      },
    },
    {
      method: 'GET',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        params.nothingElse();
        return world.must(world.disputes, 'dispute', id);
      },
    },
    {
      method: 'POST',
      path: `${URL}/:id`,
      handle({ params, ids: [id = ''] }) {
        const dispute = world.must(world.disputes, 'dispute', id);
        const text = params.in('evidence')?.text('uncategorized_text');
        const isSubmitted = params.flag('submit') ?? true;
        const metadata = params.metadata(dispute.metadata);
        params.nothingElse();
        if (isClosed(dispute)) throw invalid('This dispute is already closed.', undefined, 'dispute_already_closed');
        world.update('charge.dispute.updated', dispute, () => {
          dispute.metadata = metadata;
          if (text === undefined) return;
          dispute.evidence.uncategorized_text = text;
          dispute.evidence_details.has_evidence = true;
          if (!isSubmitted) return;
          dispute.evidence_details.submission_count += 1;
          dispute.evidence_details.submission_method = 'manual';
          dispute.status = dispute.status.startsWith('warning_') ? 'warning_under_review' : 'under_review';
        });
        // Stripe's own test evidence decides at once.
        if (isSubmitted && text === 'winning_evidence') closeDispute(world, dispute, true);
        if (isSubmitted && text === 'losing_evidence') closeDispute(world, dispute, false);
        return dispute;
      },
    },
    {
      method: 'POST',
      path: `${URL}/:id/close`,
      handle({ params, ids: [id = ''] }) {
        const dispute = world.must(world.disputes, 'dispute', id);
        params.nothingElse();
        if (isClosed(dispute)) throw invalid('This dispute is already closed.', undefined, 'dispute_already_closed');
        closeDispute(world, dispute, false);
        return dispute;
      },
    },
  ];
}
