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
    version_in_effect: version.nullable().meta({ description: 'What prices events now.' }),
    versions: z.array(z.strictObject(versionFields)).meta({ description: 'The newest hundred, newest first.' }),
  })
  .meta({ id: 'RateCardWithVersions' });

const amount = z.string().regex(/^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/);
const count = z.int().min(0);
const compared = {
  events: count.meta({ description: 'That spent: commits and charges.' }),
  actual: z.record(z.string(), amount).meta({ description: 'By unit, what they cost.' }),
  candidate: z.record(z.string(), amount).meta({ description: 'By unit, what they would have cost.' }),
};

export const simulation = z
  .strictObject({
    id: z.string(),
    version,
    over: z.string(),
    from: moment,
    to: moment,
    total: z.strictObject(compared),
    by_meter: z
      .array(z.strictObject({ meter: z.string(), model: z.string().nullable(), ...compared }))
      .meta({ description: 'The hundred with most events.' }),
    provider_costs: z
      .record(z.string(), amount)
      .meta({ description: 'By currency, what the commits among them say the provider took.' }),
    unpriced: z
      .strictObject({
        events: count,
        first: z.array(z.strictObject({ account: z.string(), seq: z.int(), meter: z.string(), message: z.string() })),
      })
      .meta({ description: 'Events that the candidate has no price for; they are in no sum.' }),
    refused: z
      .strictObject({
        spends: count,
        accounts: count,
        first: z.array(
          z.strictObject({ account: z.string(), seq: z.int(), unit: z.string(), required: amount, available: amount }),
        ),
      })
      .meta({ description: 'Reservations and charges that the account could not have paid for, all else equal.' }),
  })
  .meta({ id: 'RateCardSimulation' });

export const rateCardSummary = z
  .strictObject({
    id: z.string(),
    name: z.string().optional(),
    version_in_effect: version.nullable(),
    newest_version: version,
    draft_version: version.nullable(),
  })
  .meta({ id: 'RateCardSummary' });
