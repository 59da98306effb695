import { z } from 'zod';
import { MODES } from '../keys/api-key.js';
import { DIFFERENCE_KINDS } from '../stripe/reconcile/difference.js';
import { RUN_STATES } from '../runs/run.js';
import { count, id, moment } from './answers.js';

const foundDifference = z
  .strictObject({
    mode: z.enum(MODES).nullable(),
    account: z.string().nullable().meta({ description: 'Null where nothing tells its name.' }),
    account_no: z.int().nullable().meta({ description: 'As in the tables.' }),
    place: z.string().meta({ description: 'The table.' }),
    field: z.string(),
    expected: z.string().meta({ description: 'What the entries say.' }),
    found: z.string(),
    left: z.string().nullable().meta({ description: 'Why the account was left as it is, where it was.' }),
  })
  .meta({ id: 'FoundDifference' });

const foundAtStripe = z
  .strictObject({
    kind: z.enum(DIFFERENCE_KINDS),
    object: z.string().meta({ description: "Of Stripe's: a payment intent, a Checkout Session, a subscription." }),
    account: z.string().nullable().meta({ description: 'Null where nobody knows.' }),
    words: z.string(),
    repairable: z.boolean().meta({ description: 'Whether settling it anew puts it right; the others are for people.' }),
    repair: z
      .strictObject({ done: z.boolean(), words: z.string() })
      .nullable()
      .meta({ description: 'What was done about it, or why not; null where nothing was tried.' }),
  })
  .meta({ id: 'FoundAtStripe' });

const error = z.string().optional().meta({ description: 'Why it failed.' });
const replayResult = z.strictObject({
  accounts: count,
  entries: count,
  accounts_that_differ: count,
  differences: count,
  accounts_rebuilt: count,
  accounts_left: count.meta({ description: 'That differ and could not be rebuilt.' }),
  first_differences: z.array(foundDifference),
  error,
});
const reconciliationResult = z.strictObject({
  objects: count.meta({ description: "Of Stripe's, compared so far; all that was reported to meters is one." }),
  differences: count,
  repaired: count,
  first_differences: z.array(foundAtStripe),
  error,
});
export const run = z
  .strictObject({
    id: id('run'),
    action: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    actor: z.string().meta({ description: 'The id of an API key, or user@host of the command line.' }),
    reason: z.string().nullable(),
    state: z.enum(RUN_STATES).meta({ description: '`recorded`: it was over with its call.' }),
    requested_at: moment,
    started_at: moment.nullable(),
    finished_at: moment.nullable(),
    progress: z
      .union([
        z.strictObject({ entries: count, entries_expected: count }),
        z.strictObject({ objects: count, objects_expected: count }),
      ])
      .nullable()
      .meta({ description: 'Objects, of a reconciliation with Stripe; else entries.' }),
    result: z.union([replayResult, reconciliationResult]).nullable().meta({ description: 'What came of it so far.' }),
    notice: z.string().optional().meta({ description: 'Why nothing happens, where nothing does.' }),
  })
  .meta({ id: 'Run', description: 'One use of an ops call.' });

export const deadLetter = z
  .strictObject({
    id: z.string(),
    name: z.string().meta({ description: 'Of the recurring job.' }),
    item: z.string().nullable().meta({ description: 'The one thing of a run that failed; null where the run did.' }),
    attempts: z.int().min(0),
    error: z.string(),
    created_at: moment,
    failed_at: moment,
  })
  .meta({ id: 'DeadJob', description: 'A job that was tried as often as it may be. Its work is in the tables.' });

export const jobRun = z
  .strictObject({
    name: z.string(),
    started_at: moment,
    succeeded_at: moment.nullable().meta({ description: 'Of the last run that did all it had to.' }),
    failures: z.int().min(0).meta({ description: 'Runs in a row that did not.' }),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'JobRun' });

export const retriedJob = z.strictObject({ id: z.string(), status: z.literal('waiting') }).meta({ id: 'RetriedJob' });
