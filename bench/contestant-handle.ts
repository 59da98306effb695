import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Load } from './callers.js';
import type { ContestantName } from './contestant.js';
import type { Measurement } from './statistics.js';

type Order =
  | { type: 'open'; contestant: ContestantName; databaseUrl: string; connections: number }
  | { type: 'run'; load: Load }
  | { type: 'listen' }
  | { type: 'listen-grpc' }
  | { type: 'cpu' }
  | { type: 'close' };
export type Request = Order & { id: number };
export type Reply = { id: number; result: unknown } | { id: number; error: string };

/** The parent's side of one contestant process. */
export class ContestantHandle {
  private lastId = 0;
  private readonly waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();

  private constructor(
    readonly name: ContestantName,
    private readonly databaseUrl: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (reply: Reply) => this.settle(reply));
    child.on('exit', code => {
      for (const { reject } of this.waiting.values()) reject(new Error(`${name} ended with ${code}`));
      this.waiting.clear();
    });
  }

  /** @param connections how many the contestant may use; ours has one per lane and ignores it */
  static async start(name: ContestantName, databaseUrl: string, connections: number): Promise<ContestantHandle> {
    const script = fileURLToPath(new URL('./contestant-process.ts', import.meta.url));
    const handle = new ContestantHandle(name, databaseUrl, fork(script, { serialization: 'advanced' }));
    await handle.open(connections);
    return handle;
  }

  /** Anew, with another number of connections. */
  async open(connections: number): Promise<void> {
    await this.ask({ type: 'open', contestant: this.name, databaseUrl: this.databaseUrl, connections });
  }

  run(load: Load): Promise<Measurement> {
    return this.ask({ type: 'run', load }) as Promise<Measurement>;
  }

  /** Serves over HTTP and answers the port. */
  listen(): Promise<number> {
    return this.ask({ type: 'listen' }) as Promise<number>;
  }

  /** Serves over gRPC and answers the port. */
  listenGrpc(): Promise<number> {
    return this.ask({ type: 'listen-grpc' }) as Promise<number>;
  }

  async cpuMicros(): Promise<number> {
    const { user, system } = (await this.ask({ type: 'cpu' })) as NodeJS.CpuUsage;
    return user + system;
  }

  async stop(): Promise<void> {
    await this.ask({ type: 'close' });
    this.child.disconnect();
  }

  private ask(order: Order): Promise<unknown> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ ...order, id });
    });
  }

  private settle(reply: Reply): void {
    const caller = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('error' in reply) caller?.reject(new Error(`${this.name}: ${reply.error}`));
    else caller?.resolve(reply.result);
  }
}
