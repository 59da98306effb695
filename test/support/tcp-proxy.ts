import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * - `lose-request`: the connection ends before the server hears it.
 * - `lose-answer`: the server does it, and the connection ends before anybody hears that.
 * - `stall`: nothing moves any more in either direction, and nobody is told.
 */
export type Fault = 'lose-request' | 'lose-answer' | 'stall';

/** Stands between a client and PostgreSQL, and fails it on purpose. */
export class TcpProxy {
  /** While true, new connections are ended at once. */
  down = false;
  /** While true, nothing moves in either direction, on no connection, and nobody is told. */
  stalled = false;
  /** What contains the marker reaches the server so much later, and what comes behind it on that connection. */
  delayed: { readonly marker: string; readonly ms: number } | null = null;
  /** Until then no answer reaches the client; what it says still reaches the server. */
  answersAfter: Promise<void> | null = null;
  /** Connections so far, those that were ended at once among them. */
  accepted = 0;
  private readonly sockets = new Set<Socket>();
  private armed: { readonly marker: Buffer; readonly fault: Fault; readonly hit: () => void } | null = null;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param databaseUrl of the server it stands before */
  static async open(databaseUrl: string): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, new URL(databaseUrl));
    server.on('connection', client => proxy.accept(client));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The same database, by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Fails the next message to the server that contains `marker`; resolves when it was sent. */
  failOn(marker: string, fault: Fault): Promise<void> {
    return new Promise(hit => (this.armed = { marker: Buffer.from(marker), fault, hit }));
  }

  endAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.endAll();
    await new Promise(resolve => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    this.accepted++;
    if (this.down) return void client.destroy();
    const upstream = connect(Number(this.target.port), this.target.hostname);
    let fault: Fault | null = null;
    let sent: Promise<void> | null = null;
    const send = (data: Buffer): void => {
      const delay = this.delayed !== null && data.includes(`${this.delayed.marker}\0`) ? this.delayed.ms : 0;
      if (delay === 0 && sent === null) return void upstream.write(data);
      sent = (sent ?? Promise.resolve()).then(() => sleep(delay)).then(() => void upstream.write(data));
    };
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        if (fault !== 'stall') peer.destroy();
      });
    }
    client.on('data', data => {
      fault ??= this.stalled ? 'stall' : this.faultFor(data);
      if (fault === 'lose-request') client.destroy();
      else if (fault !== 'stall') send(data);
    });
    upstream.on('data', data => {
      if (this.stalled) fault ??= 'stall';
      if (fault === 'lose-answer') return void client.destroy();
      if (fault === 'stall') return;
      if (this.answersAfter === null) return void client.write(data);
      upstream.pause();
      void this.answersAfter.then(() => {
        client.write(data);
        upstream.resume();
      });
    });
  }

  private faultFor(data: Buffer): Fault | null {
    if (this.armed === null || !data.includes(this.armed.marker)) return null;
    const { fault, hit } = this.armed;
    this.armed = null;
    hit();
    return fault;
  }
}
