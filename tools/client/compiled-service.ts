import { rm } from 'node:fs/promises';
import { compileService } from '../../test/support/compile-service.js';

/** Compiles the service of this working copy for as long as `work` needs it; `startService` then finds it. */
export async function withCompiledService<T>(work: () => Promise<T>): Promise<T> {
  const compiled = await compileService();
  process.env['TEST_COMPILED_SERVICE'] = compiled;
  try {
    return await work();
  } finally {
    await rm(compiled, { recursive: true, force: true });
  }
}
