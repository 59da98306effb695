import { invalid } from '../http/fault.js';
import { listPage, paymentFilter } from '../http/list-page.js';
import type { Route } from '../http/route.js';
import { retrieveRoute } from '../world/retrieve-route.js';
import type { World } from '../world/world.js';
import { closeDispute, isClosed } from './open-dispute.js';

const URL = '/v1/disputes';

export function disputeRoutes(world: World): Route[] {
  return [
    {
      method: 'GET',
      path: URL,
      handle: ({ params }) => listPage(params, world.disputes.where(paymentFilter(params)), URL),
    },
    retrieveRoute(world, URL, world.disputes, 'dispute'),
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
