import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Above the ports that Linux gives to connections, which it also gives away while whoever listens there is restarted. */
const FIRST = 61_000;
const LAST = 65_535;
const TRIES = 20;
const ANY = 0;

/** A TCP port that was free on 127.0.0.1 a moment ago; whoever listens on it must be ready to find it taken. */
export async function findFreePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = await listenOnce(randomInt(FIRST, LAST + 1)).catch(() => null);
    if (port !== null) return port;
  }
  return listenOnce(ANY);
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no TCP address');
  return address.port;
}
