import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { RELOCATION_ROOT, firstFolderClosedTo, type PostgresUser } from './postgres-user.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as PG_VERSION in a data directory spells it. */
  readonly majorVersion: string;
}

/**
 * Finds PostgreSQL in the npm package of this platform and makes it runnable by `user`: the execute bits, the library
 * symlinks that `npm ci --ignore-scripts` leaves out, and, where `user` cannot enter the folder that holds
 * node_modules (a clone under /root), a copy of the binaries where it can.
 */
export async function locatePostgresBinaries(user: PostgresUser | undefined): Promise<PostgresBinaries> {
  const packageJson = platformPackageJson();
  const { version } = JSON.parse(await readFile(packageJson, 'utf8')) as { version: string };
  let packageDir = dirname(packageJson);
  await makeExecutable(packageDir);
  await restoreLibrarySymlinks(packageDir);
  if (user && (await firstFolderClosedTo(user, join(packageDir, 'native', 'bin')))) {
    packageDir = await copyToOpenFolder(packageDir, version);
  }
  return {
    initdb: join(packageDir, 'native', 'bin', 'initdb'),
    postgres: join(packageDir, 'native', 'bin', 'postgres'),
    majorVersion: version.split('.')[0] ?? version,
  };
}

function platformPackageJson(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve(name)), '..', 'package.json');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL of your own, or install without --omit=optional.',
      { cause },
    );
  }
}

async function makeExecutable(packageDir: string): Promise<void> {
  for (const binary of ['initdb', 'postgres', 'pg_ctl']) {
    const path = join(packageDir, 'native', 'bin', binary);
    const { mode } = await stat(path);
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
  }
}

/** An npm tarball cannot hold symlinks, so the package lists them and makes them in a postinstall script. */
async function restoreLibrarySymlinks(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(packageDir, target);
    if (await lstat(link).catch(() => undefined)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (cause) {
      // Two services of one node_modules may start at once.
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new EmbeddedPostgresError(
        `PostgreSQL's library link ${link} is missing and cannot be made here. ` +
          'Install again without --ignore-scripts, or start once as a user who may write to node_modules.',
        { cause },
      );
    }
  }
}

async function copyToOpenFolder(packageDir: string, version: string): Promise<string> {
  const copy = join(RELOCATION_ROOT, `${basename(packageDir)}-${version}`);
  if (await stat(copy).catch(() => undefined)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await mkdir(RELOCATION_ROOT, { recursive: true, mode: 0o755 });
  await cp(packageDir, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  // Whole or not at all; when another service was quicker, its copy is as good.
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  return copy;
}
