import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { spawn } from 'node:child_process';
import type { Logger } from 'pino';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { RELOCATION_ROOT, firstFolderClosedTo, type PostgresUser } from './postgres-user.js';

/** The login that owns the embedded cluster and migrates it. */
export const OWNER_LOGIN = 'credits_ledger_owner';

const PASSWORD_BYTES = 32;

/** PostgreSQL's own directory inside DATA_DIR. */
export function clusterDirOf(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/**
 * Makes the cluster if there is none, and answers the owner's password. An initdb that was killed half-way leaves
 * nothing behind that could be mistaken for a cluster: it works beside the final name and is renamed when done.
 */
export async function prepareCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  user: PostgresUser | undefined,
  logger: Logger,
): Promise<string> {
  const clusterDir = clusterDirOf(dataDir);
  const password = await ownerPassword(dataDir);
  if (await exists(clusterDir)) {
    await refuseForeignCluster(clusterDir, binaries);
    return password;
  }
  const home = await openFolderFor(user, dataDir, logger);
  const unfinished = join(home, 'postgres.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const passwordFile = join(home, 'postgres.unfinished.password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) {
    await chown(unfinished, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  try {
    await runInitdb(binaries.initdb, unfinished, passwordFile, user);
  } finally {
    await rm(passwordFile, { force: true });
  }
  const finished = join(home, 'postgres');
  await rename(unfinished, finished);
  if (home !== dataDir) await symlink(finished, clusterDir);
  logger.info({ clusterDir: finished }, 'made a new PostgreSQL cluster');
  return password;
}

async function ownerPassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'postgres-password');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known) return known.trim();
  if (await exists(clusterDirOf(dataDir))) {
    throw new EmbeddedPostgresError(
      `${file} is missing or unreadable, and without it the cluster beside it cannot be opened. ` +
        'Put it back, or start as the user who made it.',
    );
  }
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/**
 * DATA_DIR itself; or, where root's PostgreSQL user cannot enter it (a clone under /root), a folder it can enter, to
 * which DATA_DIR/postgres then points.
 */
async function openFolderFor(user: PostgresUser | undefined, dataDir: string, logger: Logger): Promise<string> {
  const closed = user && (await firstFolderClosedTo(user, dataDir));
  if (!user || !closed) return dataDir;
  const home = join(RELOCATION_ROOT, `${basename(dataDir).replace(/^\.+/, '')}-${randomBytes(6).toString('hex')}`);
  await mkdir(home, { recursive: true, mode: 0o755 });
  await chmod(RELOCATION_ROOT, 0o755);
  logger.warn(
    `PostgreSQL runs as ${user.name}, who may not enter ${closed}: its files are in ${home}, ` +
      `${clusterDirOf(dataDir)} points there. A DATA_DIR that ${user.name} can reach avoids this.`,
  );
  return home;
}

async function refuseForeignCluster(clusterDir: string, binaries: PostgresBinaries): Promise<void> {
  const version = await readFile(join(clusterDir, 'PG_VERSION'), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new EmbeddedPostgresError(
      cause.code === 'EACCES'
        ? `${clusterDir} belongs to another user. Start as that user or as root, or choose another DATA_DIR.`
        : `${clusterDir} is not a PostgreSQL cluster (no PG_VERSION in it). Choose another DATA_DIR, or remove it.`,
      { cause },
    );
  });
  if (version.trim() === binaries.majorVersion) return;
  throw new EmbeddedPostgresError(
    `${clusterDir} was made by PostgreSQL ${version.trim()}, this service brings ${binaries.majorVersion}. ` +
      'Dump it with the old version (pg_dump) and restore it into a new DATA_DIR.',
  );
}

async function runInitdb(
  initdb: string,
  clusterDir: string,
  passwordFile: string,
  user: PostgresUser | undefined,
): Promise<void> {
  const child = spawn(
    initdb,
    [
      `--pgdata=${clusterDir}`,
      `--username=${OWNER_LOGIN}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Byte order, the same on every machine; ids are compared byte for byte.
      '--no-locale',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...(user && { uid: user.uid, gid: user.gid }) },
  );
  let said = '';
  child.stdout.on('data', data => (said += data));
  child.stderr.on('data', data => (said += data));
  const code = await new Promise<number | null | Error>(resolve => {
    child.on('error', resolve);
    child.on('close', resolve);
  });
  if (code !== 0) throw new EmbeddedPostgresError(`PostgreSQL's initdb failed (${String(code)}):\n${said}`);
}

async function exists(path: string): Promise<boolean> {
  const link = await lstat(path).catch(() => undefined);
  if (!link?.isSymbolicLink()) return link !== undefined;
  if (await stat(path).catch(() => undefined)) return true;
  throw new EmbeddedPostgresError(`${path} points to a folder that is gone. Restore it, or choose another DATA_DIR.`);
}
