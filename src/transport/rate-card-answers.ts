import { z } from 'zod';
import { cardDefinition } from '../rates/card-definition.js';

/** What the calls about rate cards answer. */
const moment = z.iso.datetime();
const version = z.int().min(1);
const versionFields = {
  version,
  status: z.enum(['draft', 'published']),
  published_at: moment.nullable(),
  effective_at: moment.nullable().meta({ description: 'From when on it prices events, until a later one does.' }),
};

const rateCardFields = { id: z.string(), ...versionFields, ...cardDefinition.shape };

export const rateCard = z.strictObject(rateCardFields).meta({ id: 'RateCard' });

export const rateCardWithVersions = z
  .strictObject({
    ...rateCardFields,
    versions: z.array(z.strictObject(versionFields)).meta({ description: 'The newest hundred, newest first.' }),
  })
  .meta({ id: 'RateCardWithVersions' });

export const rateCardSummary = z
  .strictObject({
    id: z.string(),
    name: z.string().optional(),
    version_in_effect: version.nullable(),
    newest_version: version,
    draft_version: version.nullable(),
  })
  .meta({ id: 'RateCardSummary' });
