import { z } from 'zod';
import { ReleaseReservation } from '../../ledger/commands/release-reservation.js';
import { reason } from './fields.js';
import { numberedOperation } from './operation.js';

const releaseRequest = z
  .strictObject({ reason: reason.optional() }, 'must be an object')
  .meta({ id: 'ReleaseRequest', examples: [{ reason: 'the model was not reached' }] });

export const RELEASE = numberedOperation({
  name: 'release',
  addresses: 'reservation',
  status: 200,
  request: releaseRequest,
  summary: 'End a reservation without a spend',
  refusals: ['reservation_not_found', 'reservation_closed', 'reservation_expired'],
  async prepare(request, { target, number }) {
    return once => new ReleaseReservation(target, { reservation: number, reason: request.reason ?? null }, once);
  },
});
