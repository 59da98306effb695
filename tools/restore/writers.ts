import type { LedgerClient, Reply } from '../client/ledger-client.js';

const TIMEOUT_MS = 10_000;
const ACCOUNT = '/v1/accounts/restored';

/** Clients that spend one credit after another of one account, and note which entries they were told of. */
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
    this.done = this.fund().then(() => Promise.all(Array.from({ length: this.clients }, (_, n) => this.write(n))));
  }

  startPhase(): void {
    this.phase++;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.done;
    this.client.close();
  }

  charge(key: string): Promise<Reply> {
    return this.client.send({ method: 'POST', path: `${ACCOUNT}/charges`, key, body: '{"amount":"1"}' }, TIMEOUT_MS);
  }

  private async fund(): Promise<void> {
    const grant = { method: 'POST', path: `${ACCOUNT}/grants`, key: 'fund', body: '{"amount":"1000000000"}' } as const;
    this.take(await this.client.send(grant, TIMEOUT_MS));
  }

  private async write(client: number): Promise<void> {
    for (let n = 0; this.running; n++) {
      const sentIn = this.phase;
      const key = `${client}-${n}`;
      const answer = await this.charge(key);
      const seqs = this.take(answer);
      this.first ??= { keyBefore: key, answerBefore: answer.body.toString() };
      if (sentIn > 0) for (const seq of seqs) this.sentInPhase.add(`1/${seq}`);
    }
  }

  /** The seqs of the entries it tells of. */
  private take({ status, body }: Reply): number[] {
    if (status !== 201) throw new Error(`a request was answered with ${status}: ${body.toString()}`);
    const { entries } = JSON.parse(body.toString()) as { entries: { seq: number }[] };
    for (const { seq } of entries) this.acknowledged.add(`1/${seq}`);
    return entries.map(({ seq }) => seq);
  }
}
