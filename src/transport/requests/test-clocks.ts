import { z } from 'zod';
import { moment } from './fields.js';

const FIRST = Date.parse('2000-01-01T00:00:00Z');
const LAST = Date.parse('2099-12-31T23:59:59.999Z');

const clockMoment = moment.refine(at => at >= FIRST && at <= LAST, 'must lie in the years 2000 to 2099');

export const createClockRequest = z
  .strictObject(
    { now_at: clockMoment.meta({ description: 'The time it begins at; it only moves forward.' }) },
    'must be an object',
  )
  .meta({ id: 'CreateTestClockRequest', examples: [{ now_at: '2027-01-31T00:00:00Z' }] });

export const advanceClockRequest = z
  .strictObject(
    { to_at: clockMoment.meta({ description: 'Not before its now, and at most 731 days after it.' }) },
    'must be an object',
  )
  .meta({ id: 'AdvanceTestClockRequest', examples: [{ to_at: '2027-02-28T00:00:00Z' }] });
