import { chmod, chown, copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** PostgreSQL makes these anew (https://www.postgresql.org/docs/current/continuous-archiving.html, "Making a base backup"). */
const CONTENTS_LEFT_OUT = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const FILES_LEFT_OUT = /^(postmaster\.(pid|opts)|pg_internal\.init.*|pgsql_tmp.*)$/;

/** Copies the cluster of a running server, between pg_backup_start and pg_backup_stop, as `pg_basebackup` does. */
export async function takeBaseBackup(url: string, clusterDir: string, target: string): Promise<void> {
  const session = new Client({ connectionString: url });
  // The query under way, or the next one, fails with it; without a listener it would end the process.
  session.on('error', () => {});
  await session.connect();
  try {
    await session.query(`SELECT pg_backup_start('base backup', fast => true)`);
    await copyFolder(clusterDir, target);
    // Comes back once everything is archived that the copy needs.
    const { rows } = await session.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop()');
    await writeFile(join(target, 'backup_label'), rows[0]!.labelfile);
    await ownAs(join(clusterDir, 'PG_VERSION'), join(target, 'backup_label'));
  } finally {
    await session.end();
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  await ownAs(from, to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && CONTENTS_LEFT_OUT.has(entry.name)) {
      await mkdir(target);
      await ownAs(source, target);
    } else if (entry.isDirectory()) await copyFolder(source, target);
    else if (entry.isFile() && !FILES_LEFT_OUT.test(entry.name)) await copyIfThere(source, target);
  }
}

/** A file that goes away meanwhile is made or removed again when the log is replayed. */
async function copyIfThere(source: string, target: string): Promise<void> {
  try {
    await copyFile(source, target);
    await ownAs(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** As root, PostgreSQL runs as somebody else, who must own what it reads. */
export async function ownAs(model: string, path: string): Promise<void> {
  const { uid, gid, mode } = await stat(model);
  if (process.getuid?.() === 0) await chown(path, uid, gid);
  await chmod(path, mode);
}
