import { hash, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Moment } from '../ledger/domain/account.js';
import type { Once } from '../ledger/submission.js';
import { keyReused } from '../ledger/write-errors.js';
import type { WritePath } from '../ledger/write-path.js';
import { LedgerError } from '../shared/ledger-error.js';
import { formatMoment } from '../shared/moment.js';
import type { ClockNotices } from '../webhooks/outbox/clock-notices.js';
import type { ClockChange, StoredClock, StoredClocks } from './stored-clocks.js';

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const KEY_HASH_BYTES = 16;
/** So far one advance moves a clock at most. */
const LONGEST_STEP_DAYS = 731;
const DAY_MS = 86_400_000;
/** After this a call tells how far the clock is, and a worker goes on. */
const CALL_WORKS_MS = 8_000;
const SETTLE_DEADLINE_MS = 5_000;
/** While what it booked is told of by another replica. */
const LOOK_AGAIN_MS = 50;

/** `replayed` where the key had been used before: the clock is as it is now. */
export interface ClockAnswer {
  readonly clock: StoredClock;
  readonly replayed: boolean;
}

/**
 * Clocks of test mode. One that is moved goes from each moment at which something is due in its accounts to the next, and
 * has them settled there by the write path: so it books what a punctual worker would have booked. Every step may be made
 * again, by anybody: one that was cut off is gone on with, and two at once do no harm.
 */
export class TestClocks {
  constructor(
    private readonly clocks: StoredClocks,
    private readonly writePath: Pick<WritePath, 'settle'>,
    private readonly notices: ClockNotices,
  ) {}

  /** @throws LedgerError idempotency_key_reused */
  async create(nowAt: Moment, once: Once): Promise<ClockAnswer> {
    const id = `clk_${randomUUID().replaceAll('-', '')}`;
    const before = await this.clocks.inTransaction(async change => {
      const known = await claim(change, once, id);
      if (known === null) await change.create(id, new Date(nowAt));
      return known;
    });
    return { clock: await this.get(before ?? id), replayed: before !== null };
  }

  /** @throws LedgerError test_clock_not_found */
  async get(id: string): Promise<StoredClock> {
    return (ID.test(id) ? await this.clocks.find(id) : undefined) ?? notFound();
  }

  /** In the order in which they were made. */
  list(afterNo: number, limit: number): Promise<StoredClock[]> {
    return this.clocks.list(afterNo, limit);
  }

  /**
   * Moves a clock forward and settles its accounts on the way, as far as a call may take; a worker does the rest.
   * @throws LedgerError test_clock_not_found, test_clock_advancing, invalid_request, idempotency_key_reused, busy
   */
  async advance(id: string, toAt: Moment, once: Once): Promise<ClockAnswer> {
    const stopAt = performance.now() + CALL_WORKS_MS;
    await this.get(id);
    const before = await this.clocks.inTransaction(async change => {
      const clock = (await change.hold(id)) ?? notFound();
      const known = await claim(change, once, id);
      if (known !== null) return known;
      requireForward(clock, toAt);
      await change.aim(id, new Date(toAt));
      return null;
    });
    await this.goOn(id, () => performance.now() < stopAt);
    return { clock: await this.get(id), replayed: before !== null };
  }

  /** Makes the steps that are left of a clock's way. */
  async goOn(id: string, mayGoOn: () => boolean): Promise<void> {
    while (mayGoOn()) {
      const { nowAt, targetAt } = await this.get(id);
      if (targetAt === null) return;
      const due = await this.clocks.due(id);
      const settled = await Promise.allSettled(due.map(accountNo => this.settle(accountNo)));
      for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
      if (await this.notices.tell(id, nowAt))
        await this.clocks.moveOn(id, nowAt, client => this.notices.nextAt(client, id));
      else await sleep(LOOK_AGAIN_MS);
    }
  }

  private settle(accountNo: number): Promise<void> {
    const deadlineAt = performance.now() + SETTLE_DEADLINE_MS;
    return this.writePath.settle({ mode: 'test', accountNo, missing: 'not_found', deadlineAt });
  }
}

/** Null where the key is new; else the clock that the same request was about. @throws LedgerError idempotency_key_reused */
async function claim(change: ClockChange, { key, fingerprint }: Once, id: string): Promise<string | null> {
  const keyHash = hash('sha256', key, 'buffer').subarray(0, KEY_HASH_BYTES);
  const claimed = await change.claim(keyHash, fingerprint, id);
  if (claimed.type === 'new') return null;
  if (!claimed.requestHash.equals(fingerprint)) throw keyReused();
  return claimed.clock;
}

/** @throws LedgerError test_clock_advancing, invalid_request */
function requireForward({ nowAt, targetAt }: StoredClock, toAt: Moment): void {
  if (targetAt !== null && targetAt.getTime() !== toAt) {
    const until = formatMoment(targetAt.getTime());
    throw new LedgerError(
      'test_clock_advancing',
      `this clock is on its way to ${until}: wait until it is there`,
      {},
      true,
    );
  }
  const now = nowAt.getTime();
  if (toAt < now) refuseMove(`is before the clock's now, ${formatMoment(now)}: a clock only moves forward`);
  const latest = now + LONGEST_STEP_DAYS * DAY_MS;
  if (toAt > latest)
    refuseMove(`is too far: at most ${LONGEST_STEP_DAYS} days at a step, here ${formatMoment(latest)}`);
}

function refuseMove(message: string): never {
  const errors = [{ location: 'body.to_at', message }];
  throw new LedgerError('invalid_request', `body.to_at ${message}`, { errors });
}

function notFound(): never {
  throw new LedgerError('test_clock_not_found', 'there is no such test clock');
}
