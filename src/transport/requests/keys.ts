import { z } from 'zod';
import { MODES, SCOPES } from '../../keys/api-key.js';
import { LONGEST_TEXT, rateLimitPerSecond, text } from './fields.js';

export const createKeyRequest = z
  .strictObject(
    {
      name: text(LONGEST_TEXT),
      mode: z.enum(MODES),
      scopes: z
        .array(z.enum(SCOPES), 'must be a list')
        .min(1, 'must not be empty')
        .max(SCOPES.length, `must have at most ${SCOPES.length} items`)
        .refine(scopes => new Set(scopes).size === scopes.length, 'must not name a scope twice'),
      rate_limit_per_second: rateLimitPerSecond.optional(),
    },
    'must be an object',
  )
  .meta({
    id: 'CreateKeyRequest',
    examples: [{ name: 'image service', mode: 'live', scopes: ['ledger:read', 'ledger:write'] }],
  });
