import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiLedger } from '../../tools/history/api-ledger.js';
import { ONE_CREDIT } from '../../tools/history/amounts.js';
import type { Outcome } from '../../tools/history/history.js';
import { commit, grant, release, reserve, type Hold } from '../../tools/history/operation.js';
import { ReplicatedService } from './replicated-service.js';

const ACCOUNTS = 6;
const HOLDS_PER_ACCOUNT = 12;
/** Of the first round. In each one after it twice as many, so that on any machine some are asked in time. */
const HOLD_SECONDS = 3;
/** Most are asked close to the end; the first ones come in time and the last ones late on a slow machine, too. */
const EARLIEST_SHARE = -2 / 3;
const LATEST_MS = 500;
const MOST_ROUNDS = 6;

interface Race {
  readonly hold: Hold;
  readonly endsAt: number;
}

describe('a commit at the very end of its hold, asked of three replicas', () => {
  let service: ReplicatedService;

  beforeAll(async () => {
    service = await ReplicatedService.start(3);
  });

  afterAll(() => service.stop());

  it('wins or loses against time, and never both', async () => {
    // Some commits came early enough and some did not, or there was no race: a machine that slept may need another.
    let [won, lost] = [0, 0];
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const outcome = await race(round);
      won += outcome.won;
      lost += outcome.lost;
      if (won > 0 && lost > 0) return;
    }
    throw new Error(`in ${MOST_ROUNDS} rounds nobody won, or nobody lost`);
  });

  async function race(round: number): Promise<{ won: number; lost: number }> {
    const seconds = HOLD_SECONDS * 2 ** round;
    const accounts = Array.from({ length: ACCOUNTS }, (_, i) => `race-${round}-${i}`);
    for (const account of accounts) await service.caller.call(grant(`${account}-grant`, account, 1_000n * ONE_CREDIT));
    const races = await Promise.all(
      accounts.flatMap(account => Array.from({ length: HOLDS_PER_ACCOUNT }, (_, i) => start(account, i, seconds))),
    );
    const ends = await Promise.all(races.map((race, i) => finish(race, i, seconds)));

    const won = ends.filter(outcomes => outcomes.some(({ kind }) => kind === 'acknowledged'));
    for (const outcomes of ends) {
      expect(outcomes.filter(({ kind }) => kind === 'acknowledged').length).toBeLessThanOrEqual(1);
      for (const outcome of outcomes) {
        if (outcome.kind === 'acknowledged') continue;
        expect(outcome).toMatchObject({ kind: 'refused' });
        // Lost against time, or against another commit of the same hold.
        expect(['reservation_expired', 'reservation_closed']).toContain(codeOf(outcome));
      }
    }
    expect(await service.settleAndCompare()).toBe('');
    const ended = await Promise.all(accounts.map(endsByReservation));
    for (const count of ended.flatMap(counts => [...counts.values()])) expect(count).toBe(1);
    return { won: won.length, lost: races.length - won.length };
  }

  async function start(account: string, index: number, seconds: number): Promise<Race> {
    const held = ONE_CREDIT * 10n;
    const terms = { ttl_seconds: seconds, grace_seconds: index % 2 };
    const outcome = await service.caller.call(reserve(`${account}-${index}`, account, held, terms));
    if (outcome.kind !== 'acknowledged') throw new Error(`the reservation was not made: ${JSON.stringify(outcome)}`);
    const reservation = outcome.answer.reservation as { id: string; expires_at: string };
    const endsAt = Date.parse(reservation.expires_at) + terms.grace_seconds * 1000;
    return { hold: { account, reservation: reservation.id, held }, endsAt };
  }

  /** Two commits, a release and a read at about the moment the hold ends, each at a replica of its own. */
  async function finish({ hold, endsAt }: Race, index: number, seconds: number): Promise<Outcome[]> {
    const place = -1 + (2 * index) / (ACCOUNTS * HOLDS_PER_ACCOUNT);
    const offset = place ** 4 * (place < 0 ? EARLIEST_SHARE * 1_000 * seconds : LATEST_MS);
    await sleep(endsAt + offset - Date.now());
    const key = `${hold.reservation}-end`;
    const [first, second, third] = await Promise.all([
      service.caller.call(commit(`${key}-1`, hold, hold.held / 2n)),
      service.caller.call(commit(`${key}-2`, hold, hold.held)),
      service.caller.call(release(`${key}-3`, hold)),
      service.caller.readBalances(hold.account),
    ]);
    return [first, second, third];
  }

  /** How often each reservation of the account was ended, by whomever. */
  async function endsByReservation(account: string): Promise<Map<string, number>> {
    const { entries } = await new ApiLedger(service.sender).readAccount(account);
    const ends = new Map<string, number>();
    for (const { type, fields } of entries) {
      const reservation = fields['reservation'];
      if (typeof reservation !== 'string') continue;
      const ended = ['commit', 'release', 'expire'].includes(type) ? 1 : 0;
      ends.set(reservation, (ends.get(reservation) ?? 0) + ended);
    }
    return ends;
  }
});

function codeOf(outcome: Outcome): string {
  return outcome.kind === 'refused' ? outcome.problem.code : outcome.kind;
}
