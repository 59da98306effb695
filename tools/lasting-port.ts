import { findFreePort, LEFT_TO_OTHERS } from '../src/database/embedded/free-port.js';

const HIGHEST = 65_535;

/** A free TCP port for who is killed and started there again: an embedded PostgreSQL that starts meanwhile takes another. */
export function findLastingPort(): Promise<number> {
  return findFreePort(LEFT_TO_OTHERS, HIGHEST + 1);
}
