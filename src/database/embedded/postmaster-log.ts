import { copyFile, open, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const LARGEST_LOG_BYTES = 8 * 1024 * 1024;
const SIZE_CHECK_INTERVAL_MS = 30_000;
const TAIL_BYTES = 4_096;

/**
 * PostgreSQL's log: one file and one predecessor in the data directory. The server writes to the file itself, not
 * through a pipe of ours, so that it keeps its log when the service is killed.
 */
export class PostmasterLog {
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  static async open(dataDir: string): Promise<PostmasterLog> {
    const path = join(dataDir, 'postgres.log');
    const log = new PostmasterLog(path, await open(path, 'a', 0o600));
    await log.bound();
    log.timer = setInterval(() => void log.bound().catch(() => undefined), SIZE_CHECK_INTERVAL_MS);
    log.timer.unref();
    return log;
  }

  /** For a child's stdout and stderr. */
  get fd(): number {
    return this.file.fd;
  }

  /** The last lines, for the message about a start that failed. */
  async tail(): Promise<string> {
    const { size } = await stat(this.path);
    const reader = await open(this.path, 'r');
    try {
      const { buffer, bytesRead } = await reader.read({
        buffer: Buffer.alloc(TAIL_BYTES),
        position: Math.max(0, size - TAIL_BYTES),
      });
      return buffer.subarray(0, bytesRead).toString().split('\n').slice(-12).join('\n').trim();
    } finally {
      await reader.close();
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.file.close();
  }

  /** Copied and cut instead of renamed: the server holds the file open for appending and would follow a rename. */
  private async bound(): Promise<void> {
    if ((await stat(this.path)).size <= LARGEST_LOG_BYTES) return;
    await copyFile(this.path, `${this.path}.1`);
    await truncate(this.path);
  }
}
