import { z } from 'zod';
import { id, moment } from './answers.js';

const log = {
  size: z.int().min(1).meta({ description: 'How many entries it is about.' }),
  hash: z.base64().meta({ description: 'SHA-256, in base64.' }),
  note: z.string().meta({ description: 'As it was signed: https://c2sp.org/tlog-checkpoint.' }),
};
export const checkpoint = z
  .strictObject({
    origin: z.string().meta({ description: 'Which log it is of: the name of the key.' }),
    size: log.size,
    root: log.hash,
    note: log.note,
    signed_at: moment,
  })
  .meta({ id: 'Checkpoint' });

export const entryProof = z
  .strictObject({
    format: z.literal('credits-ledger/proof/1'),
    entry: id('ent'),
    account: z.string(),
    seq: z.int().min(1),
    scale: z.int().min(0).max(9).optional().meta({ description: 'Digits after the point in its unit. Not signed.' }),
    index: z.int().min(0).meta({ description: 'Its place in the log.' }),
    content: z.string().meta({ description: 'Its canonical bytes, as docs/evidence.md has them.' }),
    texts: z
      .strictObject({
        salt: z.hex(),
        reason: z.string().optional(),
        metadata: z.string().optional(),
        settings_metadata: z.string().optional(),
      })
      .optional()
      .meta({ description: 'What the content holds by hash only, unless it was erased.' }),
    path: z.array(log.hash).meta({ description: 'Beside the way to the root, lowest first.' }),
    checkpoint: log.note,
  })
  .meta({ id: 'EntryProof' });

export const consistencyProof = z
  .strictObject({
    format: z.literal('credits-ledger/consistency/1'),
    from: log.size,
    to: log.size,
    path: z.array(log.hash).meta({ description: 'As in RFC 6962, section 2.1.2.' }),
    checkpoint: log.note.meta({ description: 'The later one, as it was signed.' }),
  })
  .meta({ id: 'ConsistencyProof' });
