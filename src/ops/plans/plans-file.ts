import { z } from 'zod';

import { defineUnitRequest } from '../../transport/requests/define-unit.js';
import { unitName } from '../../transport/requests/fields.js';
import { parseRequest } from '../../transport/requests/parse-request.js';
import { planDefinition, planId } from '../../transport/requests/plans.js';

const MOST_UNITS = 1_000;
const MOST_PLANS = 1_000;

const plansFile = z
  .strictObject(
    {
      $schema: z.string().optional(),
      units: z
        .record(unitName, defineUnitRequest, 'must be an object of units by name')
        .refine(units => Object.keys(units).length <= MOST_UNITS, `must have at most ${MOST_UNITS} members`)
        .meta({ description: 'Defined before the plans, as far as they are not there.' })
        .default({}),
      plans: z
        .record(planId, planDefinition, 'must be an object of plans by id')
        .refine(plans => Object.keys(plans).length <= MOST_PLANS, `must have at most ${MOST_PLANS} members`),
    },
    'must be an object with plans, and units where these are not there yet',
  )
  .meta({ description: 'Plans of credits-ledger, for `npm run ops -- plans apply`.' });

export type PlansFile = z.output<typeof plansFile>;

/** Where the locations of what is wrong begin. */
export const FILE_PART = 'file';

/** @throws LedgerError invalid_request */
export function parsePlansFile(value: unknown): PlansFile {
  return parseRequest(plansFile, value, FILE_PART);
}

/** What an editor checks such a file with. */
export function plansFileSchema(): object {
  return z.toJSONSchema(plansFile, { io: 'input' });
}
