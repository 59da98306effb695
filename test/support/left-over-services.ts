import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Of one test run, beside the compiled service: a file for each that was started and has not ended, named by its pid. */
const folderOf = (compiledService: string): string => join(compiledService, 'started');

export function noteStarted(compiledService: string, pid: number): void {
  mkdirSync(folderOf(compiledService), { recursive: true });
  writeFileSync(join(folderOf(compiledService), String(pid)), '');
}

export function noteEnded(compiledService: string, pid: number): void {
  rmSync(join(folderOf(compiledService), String(pid)), { force: true });
}

/** A test that failed half way may leave the services it started; what takes its time from the next run is not left. */
export async function killLeftOverServices(compiledService: string): Promise<void> {
  const pids = await readdir(folderOf(compiledService)).catch(() => []);
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
