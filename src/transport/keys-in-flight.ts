import { LedgerError } from '../shared/ledger-error.js';

/**
 * The requests with a key that wait for their answers in this process. Whoever sends one of them again waits too; where
 * that takes longer than a request may, he hears that the first is still on its way, not merely that the ledger is busy.
 */
export class KeysInFlight {
  private readonly waiting = new Map<string, number>();

  /** @returns whether the request `name` was on its way before */
  begin(name: string): boolean {
    const before = this.waiting.get(name) ?? 0;
    this.waiting.set(name, before + 1);
    return before > 0;
  }

  end(name: string): void {
    const left = this.waiting.get(name)! - 1;
    if (left === 0) this.waiting.delete(name);
    else this.waiting.set(name, left);
  }
}

/** What `busy` means to whoever sent a request while the first was on its way. */
export function inUse(cause: LedgerError): LedgerError {
  const message = 'a request with this Idempotency-Key is still on its way: send it again to hear what became of it';
  return new LedgerError('idempotency_key_in_use', message, {}, true, { cause });
}
