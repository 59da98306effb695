import { rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, relative } from 'node:path';
import { DataDirInUseError, EmbeddedPostgresError } from './embedded-postgres-error.js';

/** sun_path holds 104 bytes on macOS and 108 on Linux, terminator included. */
const LONGEST_SOCKET_PATH_BYTES = 103;
const TAKEOVER_ATTEMPTS = 5;
const ANSWER_TIMEOUT_MS = 2_000;

/**
 * One owner of a data directory at a time. The lock is a listening socket inside it: the kernel closes it however its
 * owner dies, kill -9 included, so unlike a pid file it cannot be stale and believed, and containers that share a
 * volume see each other. Who connects is told the owner's pid.
 */
export class DataDirLock {
  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** @throws DataDirInUseError when a living process owns the directory. */
  static async acquire(dataDir: string): Promise<DataDirLock> {
    const path = socketPath(dataDir);
    for (let attempt = 1; attempt <= TAKEOVER_ATTEMPTS; attempt++) {
      const server = await tryToListen(path);
      if (server) return new DataDirLock(server, path);
      const owner = await askOwner(path);
      if (owner !== undefined) {
        throw new DataDirInUseError(
          `${dataDir} is in use by another credits-ledger (pid ${owner}). ` +
            'Stop that one first, or start this one with a DATA_DIR of its own.',
        );
      }
      await removeAbandoned(path);
    }
    throw new EmbeddedPostgresError(
      `${dataDir} could not be locked: other starts kept taking it. Start one at a time.`,
    );
  }

  async release(): Promise<void> {
    await new Promise(resolve => this.server.close(resolve));
    await rm(this.path, { force: true });
  }
}

function socketPath(dataDir: string): string {
  const absolute = join(dataDir, 'owner.sock');
  const fromHere = relative(process.cwd(), absolute);
  const path = fromHere.length < absolute.length ? fromHere : absolute;
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH_BYTES) return path;
  throw new EmbeddedPostgresError(
    `DATA_DIR is too long a path to put a socket into (${absolute}). Choose a DATA_DIR of fewer than 90 bytes.`,
  );
}

/** Undefined when the path is taken, be it by a living owner or by what a dead one left. */
async function tryToListen(path: string): Promise<Server | undefined> {
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy());
    socket.end(String(process.pid));
  });
  // Holding the lock is no reason to keep a process alive that has nothing else to do.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new EmbeddedPostgresError(`DATA_DIR cannot be used: ${error.message}`, { cause: error }));
    });
    server.listen(path, () => resolve(server));
  });
}

/** The owner's pid in words; undefined when nobody listens. */
async function askOwner(path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    let answer = '';
    const socket = connect(path);
    // The kernel accepts for an owner that is too busy, or stopped, to answer: it lives all the same.
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    let connected = false;
    socket.on('connect', () => (connected = true));
    socket.on('data', data => (answer += data.toString()));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(connected ? answer || 'unknown' : undefined));
  });
}

/**
 * Moved aside before it is removed: of two processes that found the same dead socket only one moves it, so the slower
 * one does not remove the lock that the quicker one has taken since.
 */
async function removeAbandoned(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await askOwner(aside)) === undefined) await rm(aside, { force: true });
  else await rename(aside, path);
}
