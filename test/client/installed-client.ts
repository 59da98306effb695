import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** A folder of somebody who has installed the package as it would be published, and nothing else. */
export interface InstalledClient {
  readonly folder: string;
  /** What is in the package. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

/** Builds, packs and installs it, without a registry. */
export async function installClient(): Promise<InstalledClient> {
  const folder = await mkdtemp(join(tmpdir(), 'credits-ledger-client-'));
  const packed = await run('npm', ['pack', './clients/typescript', '--pack-destination', folder, '--json']);
  // What the build says comes before what npm says.
  const [{ files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))) as [{ files: { path: string }[] }];
  const [archive] = (await readdir(folder)).filter(name => name.endsWith('.tgz'));
  await writeFile(join(folder, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${archive}`], { cwd: folder });
  return {
    folder,
    files: files.map(({ path }) => path),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
