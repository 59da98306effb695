import { z } from 'zod';

const SIZE_MESSAGE = 'must be a whole number, 1 or more';

/** How many entries a checkpoint is about; its second line. */
const size = z.coerce.number(SIZE_MESSAGE).int(SIZE_MESSAGE).min(1, SIZE_MESSAGE);

export const entryProofQuery = z.strictObject({
  size: size.meta({ description: 'Of the checkpoint to prove it under; the newest if left out.' }).optional(),
});

export const consistencyQuery = z
  .strictObject({
    from: size.meta({ description: 'Size of the earlier checkpoint.' }),
    to: size.meta({ description: 'Size of the later one; the newest if left out.' }).optional(),
  })
  .refine(({ from, to }) => to === undefined || from <= to, { path: ['from'], error: 'is more than to' });
