// Jest loads this file as it is, untransformed; the rest of the test support is compiled together with the service.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileService } from './compile-service.js';

export default async function setUp() {
  const compiled = await compileService();
  const { startTestRun } = await import(pathToFileURL(join(compiled, 'test', 'support', 'test-run.js')).href);
  globalThis.creditsLedgerTestRun = await startTestRun(compiled);
}
