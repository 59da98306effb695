import { z } from 'zod';
import { webhookEvent } from '../../../webhooks/event.js';

/** For receivers: leaves room for fields to come. `npm run openapi` writes it to docs/webhook-events.schema.json. */
export function webhookEventSchema(): object {
  return z.toJSONSchema(webhookEvent, {
    override: ({ jsonSchema }) => {
      delete jsonSchema.additionalProperties;
      delete jsonSchema.id;
      // Zod's long patterns only repeat a format.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
}
