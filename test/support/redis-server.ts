import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLastingPort } from '../../tools/lasting-port.js';
import { eventually } from './data-dir.js';

/** A Redis of the test's own that keeps nothing: what it held when it was killed is gone. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly dir: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<RedisServer> {
    const dir = await mkdtemp(join(tmpdir(), 'credits-ledger-redis-'));
    const server = new RedisServer(dir, await findLastingPort());
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Again on the same port, empty. */
  async restart(): Promise<void> {
    const options = ['--port', this.port, '--bind', '127.0.0.1', '--dir', this.dir, '--save', '', '--appendonly', 'no'];
    this.child = spawn('redis-server', options.map(String), { stdio: 'ignore' });
    await eventually(async () => (await this.say('PING')).startsWith('+PONG'));
  }

  async kill9(): Promise<void> {
    const child = this.child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async flush(): Promise<void> {
    await this.say('FLUSHALL');
  }

  /** Alive, but answers nobody, as one behind a broken network. */
  freeze(): void {
    this.child!.kill('SIGSTOP');
  }

  thaw(): void {
    this.child!.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill9();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** One command, one answer; an empty one where there is no server. */
  private say(command: string): Promise<string> {
    return new Promise(resolve => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${command}\r\n`));
      socket.on('data', data => {
        socket.destroy();
        resolve(String(data));
      });
      socket.on('error', () => resolve(''));
    });
  }
}
