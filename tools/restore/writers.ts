import type { LedgerClient, Reply } from '../client/ledger-client.js';

const TIMEOUT_MS = 10_000;
const PATH = '/v1/accounts/restored/grants';

/** Clients that grant one credit after another to one account, and note which entries they were told of. */
export class Writers {
  /** `account number/seq`; the account is the first of its ledger. */
  readonly acknowledged = new Set<string>();
  /** Those of requests that were sent since `startPhase`. */
  readonly sentInPhase = new Set<string>();
  first: { readonly keyBefore: string; readonly answerBefore: string } | undefined;
  private phase = 0;
  private running = true;
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly client: LedgerClient,
    private readonly clients: number,
  ) {}

  start(): void {
    this.done = Promise.all(Array.from({ length: this.clients }, (_, client) => this.write(client)));
  }

  startPhase(): void {
    this.phase++;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.done;
    this.client.close();
  }

  grant(key: string): Promise<Reply> {
    return this.client.send({ method: 'POST', path: PATH, key, body: '{"amount":"1"}' }, TIMEOUT_MS);
  }

  private async write(client: number): Promise<void> {
    for (let n = 0; this.running; n++) {
      const sentIn = this.phase;
      const key = `${client}-${n}`;
      const { status, body } = await this.grant(key);
      if (status !== 201) throw new Error(`a grant was answered with ${status}: ${body.toString()}`);
      const { entries } = JSON.parse(body.toString()) as { entries: { seq: number }[] };
      this.first ??= { keyBefore: key, answerBefore: body.toString() };
      for (const { seq } of entries) {
        this.acknowledged.add(`1/${seq}`);
        if (sentIn > 0) this.sentInPhase.add(`1/${seq}`);
      }
    }
  }
}
