import { UnknownOutcome, type LedgerRequest, type LedgerSender, type Reply } from '../client/ledger-client.js';

/**
 * Sends each request to the next replica, and one that refuses the connection to the one after it, at once: nothing was
 * sent yet, so nothing can have happened. What broke off later is for the caller to settle with its key.
 */
export class NextReplica implements LedgerSender {
  /** Connections refused, each by a replica that was down. */
  refused = 0;
  #next = 0;

  constructor(private readonly replicas: readonly LedgerSender[]) {}

  async send(request: LedgerRequest, timeoutMs: number): Promise<Reply> {
    const first = this.#next++;
    for (let tried = 1; ; tried++) {
      try {
        return await this.replicas[(first + tried) % this.replicas.length]!.send(request, timeoutMs);
      } catch (error) {
        if (tried === this.replicas.length || !isRefusal(error)) throw error;
        this.refused++;
      }
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof UnknownOutcome && (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}
