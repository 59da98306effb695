import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** Where things go that live in a folder the PostgreSQL user cannot enter. Only used as root. */
export const RELOCATION_ROOT = '/var/lib/credits-ledger';

/** PostgreSQL refuses to run as root, so root runs it as somebody else. */
export interface PostgresUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whom to run PostgreSQL as: nobody else (undefined) for an ordinary user; for root the owner of the cluster that is
 * already there, else the system's `postgres`, else `nobody`. No user is ever created.
 */
export async function choosePostgresUser(clusterDir: string): Promise<PostgresUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await systemUsers();
  const cluster = await stat(clusterDir).catch(() => undefined);
  if (cluster && cluster.uid !== 0) {
    const owner = users.find(user => user.uid === cluster.uid);
    return owner ?? { name: `uid ${cluster.uid}`, uid: cluster.uid, gid: cluster.gid };
  }
  const user = users.find(({ name }) => name === 'postgres') ?? users.find(({ name }) => name === 'nobody');
  if (user) return user;
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody to run it as. ' +
      'Start the service as an ordinary user, or set DATABASE_URL.',
  );
}

/** The first folder on the way to `path` (itself included) that `user` may not enter; undefined when all are open. */
export async function firstFolderClosedTo(user: PostgresUser, path: string): Promise<string | undefined> {
  const folders = [path];
  while (dirname(folders[0]!) !== folders[0]) folders.unshift(dirname(folders[0]!));
  for (const folder of folders) {
    const found = await stat(folder).catch(() => undefined);
    if (!found) return undefined;
    const enter = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001;
    if ((found.mode & enter) === 0) return folder;
  }
  return undefined;
}

async function systemUsers(): Promise<PostgresUser[]> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return passwd.split('\n').flatMap(line => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
