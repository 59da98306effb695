// Writes openapi.json from the schemas and controllers, from it the types and calls of the TypeScript client, and the
// schemas of files; tests compare all of them with what they come from.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { generatedSources } from '../clients/typescript/generate/api.js';
import { plansFileSchema } from '../src/ops/plans/plans-file.js';
import { CONTROLLERS } from '../src/transport/http/controllers.js';
import { callsOf } from '../src/transport/http/openapi/calls-of.js';
import { openApiDocument } from '../src/transport/http/openapi/document.js';
import { webhookEventSchema } from '../src/transport/http/openapi/webhook-event-schema.js';

await writeFile('schemas/plans.schema.json', `${JSON.stringify(plansFileSchema(), null, 2)}\n`);
const document = `${JSON.stringify(openApiDocument(callsOf(CONTROLLERS)), null, 2)}\n`;
await writeFile('openapi.json', document);
await writeFile('docs/webhook-events.schema.json', `${JSON.stringify(webhookEventSchema(), null, 2)}\n`);
for (const [file, source] of Object.entries(await generatedSources(JSON.parse(document)))) {
  await writeFile(`clients/typescript/src/${file}`, source);
}
