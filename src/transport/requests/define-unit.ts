import { z } from 'zod';
import { UNIT_KINDS } from '../../units/unit-registry.js';
import { scale } from './fields.js';

export const defineUnitRequest = z
  .strictObject(
    {
      kind: z.enum(UNIT_KINDS).meta({
        description: '`prepaid` can be bought and topped up; an `allowance` is given by a plan for a window.',
      }),
      scale,
    },
    'must be an object',
  )
  .meta({ id: 'DefineUnitRequest', examples: [{ kind: 'prepaid', scale: 2 }] });
