import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Above the ports that Linux gives to connections, which it also gives away while whoever listens there is restarted. */
const ABOVE_CONNECTIONS = 61_000;
/** Those from here on are left to others who are to be found again where they were. */
export const LEFT_TO_OTHERS = 63_500;
const TRIES = 20;
const ANY = 0;

/**
 * A TCP port that was free on 127.0.0.1 a moment ago; whoever listens on it must be ready to find it taken.
 * @param before the first that it may not be
 */
export async function findFreePort(from = ABOVE_CONNECTIONS, before = LEFT_TO_OTHERS): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = await listenOnce(randomInt(from, before)).catch(() => null);
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
