import { z } from 'zod';
import { moment } from './answers.js';
import { planDefinition } from './requests/plans.js';

export const plan = z
  .strictObject({
    id: z.string(),
    version: z.int().min(1).nullable().meta({ description: 'The one that is sold; null where none was published.' }),
    published_at: moment.nullable(),
    archived_at: moment.nullable().meta({ description: 'Since when it is not sold any more.' }),
    definition: planDefinition.nullable().meta({ description: 'Of that version.' }),
    draft: planDefinition.nullable().optional().meta({ description: 'Only for keys with config:write.' }),
    draft_saved_at: moment.nullable().optional(),
  })
  .meta({ id: 'Plan' });

export const planVersion = z
  .strictObject({
    version: z.int().min(1),
    published_at: moment,
    published_by: z.string().meta({ description: 'The id of an API key, or user@host of the command line.' }),
    definition: planDefinition,
  })
  .meta({ id: 'PlanVersion', description: 'Never changes.' });
