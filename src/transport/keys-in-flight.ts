import { LedgerError } from '../shared/ledger-error.js';

/**
 * The requests with a key that wait for their answers in this process. Whoever sends one of them again waits too; where
 * that takes longer than a request may, he hears that the first is still on its way, not merely that the ledger is busy.
 */
export class KeysInFlight {
  private readonly waiting = new Map<string, number>();

  /** @throws LedgerError idempotency_key_in_use in place of `busy`, where the request `name` was on its way before */
  async during<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.waiting.get(name) ?? 0;
    this.waiting.set(name, before + 1);
    try {
      return await work();
    } catch (error) {
      if (before > 0 && error instanceof LedgerError && error.code === 'busy') throw inUse(error);
      throw error;
    } finally {
      const left = this.waiting.get(name)! - 1;
      if (left === 0) this.waiting.delete(name);
      else this.waiting.set(name, left);
    }
  }
}

function inUse(cause: LedgerError): LedgerError {
  const message = 'a request with this Idempotency-Key is still on its way: send it again to hear what became of it';
  return new LedgerError('idempotency_key_in_use', message, {}, true, { cause });
}
