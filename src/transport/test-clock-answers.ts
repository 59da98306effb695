import { z } from 'zod';
import { count, id, moment } from './answers.js';

export const testClock = z
  .strictObject({
    id: id('clk'),
    now_at: moment,
    status: z.enum(['ready', 'advancing']).meta({ description: 'On its way, or where it was last moved to.' }),
    to_at: moment.nullable().meta({ description: 'Where it is on its way to.' }),
    accounts: count.meta({ description: 'That live by it.' }),
    created_at: moment.meta({ description: 'By the real time.' }),
  })
  .meta({ id: 'TestClock' });
