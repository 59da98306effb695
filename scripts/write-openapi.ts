// Writes openapi.json from the schemas and controllers; a test compares it with what the service serves.
import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { CONTROLLERS } from '../src/transport/http/controllers.js';
import { callsOf } from '../src/transport/http/openapi/calls-of.js';
import { openApiDocument } from '../src/transport/http/openapi/document.js';

await writeFile('openapi.json', `${JSON.stringify(openApiDocument(callsOf(CONTROLLERS)), null, 2)}\n`);
