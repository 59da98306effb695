import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { findLastingPort } from '../../tools/lasting-port.js';
import { webhookEvent } from '../../src/webhooks/event.js';

/** An event as a receiver reads it: it knows what it expects. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Received = any;

/** How a receiver answers: a status, `hang` (never), or `cut` (the connection ends without an answer). */
export type Behaviour = number | 'hang' | 'cut';

/** Somebody's server: checks every signature and body, remembers what it took, and answers as the test says. */
export class Receiver {
  /** What it answered 2xx to, in order. */
  readonly taken: Received[] = [];
  /** All requests, whatever the answer. */
  readonly asked: { event: Received; headers: IncomingMessage['headers'] }[] = [];
  /** What was wrong with what came. */
  readonly faults: string[] = [];
  secrets: string[] = [];
  behave: (event: Received) => Behaviour | Promise<Behaviour> = () => 204;
  answerHeaders: Record<string, string> = {};

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async open(): Promise<Receiver> {
    const port = await findLastingPort();
    const server = createServer();
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
    const receiver = new Receiver(server, port);
    server.on('request', (request, response) => void receiver.take(request, response));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Of one account, in the order in which they were taken; each once, as by somebody who knows ids. */
  of(account: string): Received[] {
    const seen = new Set<string>();
    return this.taken.filter(event => event.account === account && !seen.has(event.id) && seen.add(event.id));
  }

  /** Nobody listens on the port any more, until it is opened again. */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }

  async reopen(): Promise<void> {
    await new Promise<void>(resolve => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const event = JSON.parse(body) as Received;
    this.asked.push({ event, headers: request.headers });
    this.check(request, body, event);
    const behaviour = await this.behave(event);
    if (behaviour === 'hang') return;
    if (behaviour === 'cut') return void request.socket.destroy();
    if (behaviour >= 200 && behaviour < 300) this.taken.push(event);
    response.writeHead(behaviour, this.answerHeaders).end();
  }

  private check(request: IncomingMessage, body: string, event: Received): void {
    const described = webhookEvent.safeParse(event);
    if (!described.success) this.faults.push(`${body}: ${described.error.message}`);
    if (request.headers['webhook-id'] !== event.id) this.faults.push(`${body}: another webhook-id`);
    for (const secret of this.secrets) {
      try {
        new Webhook(secret).verify(body, request.headers as Record<string, string>);
      } catch (error) {
        this.faults.push(`${body}: ${String(error)}`);
      }
    }
  }
}
