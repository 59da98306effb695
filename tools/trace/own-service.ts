import { createDataDir } from '../../test/support/data-dir.js';
import { startService } from '../../test/support/service.js';
import { withCompiledService } from '../client/compiled-service.js';

/** Starts the service of this working copy on a data directory of its own, and removes both when `work` is done. */
export function withOwnService<T>(work: (url: string, apiKey: string) => Promise<T>): Promise<T> {
  return withCompiledService(async () => {
    const dataDir = await createDataDir();
    try {
      const service = await startService({ env: { DATA_DIR: dataDir.path, LOG_LEVEL: 'warn' } });
      try {
        return await work(service.url, service.apiKey);
      } finally {
        await service.stop();
      }
    } finally {
      await dataDir.remove();
    }
  });
}
