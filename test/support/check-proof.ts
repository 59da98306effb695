import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Verdict {
  /** 0 proven, 1 not proven, 2 unreadable. */
  readonly code: number;
  readonly words: string;
}

/** The checker as a customer has it: its one file in a folder of its own. */
export class CheckProof {
  private constructor(private readonly folder: string) {}

  static async install(): Promise<CheckProof> {
    const folder = await mkdtemp(join(tmpdir(), 'credits-ledger-proof-'));
    await copyFile('clients/check-proof/check-proof.mjs', join(folder, 'check-proof.mjs'));
    return new CheckProof(folder);
  }

  /** Every part but the last, the key, becomes a file. */
  async check(...parts: readonly (string | Buffer)[]): Promise<Verdict> {
    const files = await Promise.all(
      parts.slice(0, -1).map(async (part, i) => {
        await writeFile(join(this.folder, `part-${i}`), part);
        return `part-${i}`;
      }),
    );
    const args = ['check-proof.mjs', ...files, String(parts.at(-1))];
    try {
      const { stdout } = await run(process.execPath, args, { cwd: this.folder });
      return { code: 0, words: stdout };
    } catch (error) {
      const { code, stderr } = error as { code: number; stderr: string };
      return { code, words: stderr };
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
