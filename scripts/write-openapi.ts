// Writes openapi.json from the schemas and controllers, and from it the types and calls of the TypeScript client; tests
// compare both with what they come from.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { generatedSources } from '../clients/typescript/generate/api.js';
import { CONTROLLERS } from '../src/transport/http/controllers.js';
import { callsOf } from '../src/transport/http/openapi/calls-of.js';
import { openApiDocument } from '../src/transport/http/openapi/document.js';
import { webhookEventSchema } from '../src/transport/http/openapi/webhook-event-schema.js';

const document = `${JSON.stringify(openApiDocument(callsOf(CONTROLLERS)), null, 2)}\n`;
await writeFile('openapi.json', document);
await writeFile('docs/webhook-events.schema.json', `${JSON.stringify(webhookEventSchema(), null, 2)}\n`);
for (const [file, source] of Object.entries(await generatedSources(JSON.parse(document)))) {
  await writeFile(`clients/typescript/src/${file}`, source);
}
