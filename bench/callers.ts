import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { HOT_ACCOUNT, SPREAD_ACCOUNTS, spreadAccount, type Contestant } from './contestant.js';
import { percentile, type Measurement } from './statistics.js';

export interface Load {
  /** How many callers wait for an answer at any moment; each sends its next command when it has one. */
  readonly callers: number;
  readonly accounts: 'spread' | 'hot';
  readonly seconds: number;
}

const RESERVATION_ID = Buffer.from('"res_');
const QUOTE = 0x22;
const MOST_RESERVED = 1_000_000;

/** Closed loop, in the contestant's own process: every caller reserves, then commits a part, then starts over. */
export async function runCallers(contestant: Contestant, load: Load): Promise<Measurement> {
  const run = randomBytes(6).toString('base64url');
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + load.seconds * 1000;
  const cpuBefore = process.cpuUsage();

  const call = async (caller: number): Promise<void> => {
    const fingerprint = randomBytes(16);
    for (let turn = 0; ; turn++) {
      const account =
        load.accounts === 'hot' ? HOT_ACCOUNT : spreadAccount(Math.floor(Math.random() * SPREAD_ACCOUNTS));
      const reserved = 1 + Math.floor(Math.random() * MOST_RESERVED);
      const before = performance.now();
      const answer = await contestant.reserve(account, BigInt(reserved), {
        key: `${run}-${caller}-${turn}-r`,
        fingerprint,
      });
      const between = performance.now();
      if (between <= endsAt) latenciesMs.push(between - before);
      const spent = Math.ceil(reserved / 2);
      await contestant.commit(reservationIn(answer), BigInt(spent), { key: `${run}-${caller}-${turn}-c`, fingerprint });
      const after = performance.now();
      // A commit beyond the end is not counted, but made: no round leaves holds behind for the next.
      if (after > endsAt) return;
      latenciesMs.push(after - between);
    }
  };
  await Promise.all(Array.from({ length: load.callers }, (_, caller) => call(caller)));

  const cpu = process.cpuUsage(cpuBefore);
  return {
    commands: latenciesMs.length,
    seconds: load.seconds,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    nodeMicrosPerCommand: (cpu.user + cpu.system) / latenciesMs.length,
  };
}

/** The reservation's id in an answer, without parsing the answer: the callers must cost as little as they can. */
export function reservationIn(answer: Buffer): string {
  const start = answer.indexOf(RESERVATION_ID) + 1;
  if (start === 0) throw new Error(`an answer without a reservation: ${answer.toString()}`);
  return answer.toString('latin1', start, answer.indexOf(QUOTE, start));
}
