import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const READY = /is ready at (\S+) and, over gRPC, at \S+:(\d+)$/;
/** What Linux counts processor time in; the same on every architecture Node runs on. */
const MICROS_PER_TICK = 10_000;
const GRANT_COMMANDS_PER_BATCH = 500;

/** Those of `npm start`, with which the benchmark begins too: every contestant has them. */
const HEAP_OPTIONS = ['--max-semi-space-size=32', '--no-allocation-site-pretenuring'];

/** The real service as `npm start` runs it (`dist/src/main.js`), on a database of the benchmark's server. */
export class Service {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly grpcPort: number,
    readonly apiKey: string,
  ) {}

  static async start(databaseUrl: string): Promise<Service> {
    const apiKey = `crd_live_${randomUUID()}`;
    const child = spawn(process.execPath, ['--enable-source-maps', ...HEAP_OPTIONS, 'dist/src/main.js'], {
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        API_KEY: apiKey,
        PORT: '0',
        GRPC_PORT: '0',
        // What follows the entries is no part of an answer, and has processes of its own where it matters.
        ROLE: 'api',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<never>((_, reject) => {
      child.once('exit', code => reject(new Error(`the service ended with ${code} before it was ready`)));
    });
    const ready = (async () => {
      for await (const line of createInterface({ input: child.stdout })) {
        const found = READY.exec(line);
        if (found !== null) return { url: found[1]!, grpcPort: Number(found[2]) };
      }
      throw new Error('the service closed its output before it was ready');
    })();
    const { url, grpcPort } = await Promise.race([ready, exited]);
    exited.catch(() => undefined);
    child.stdout.resume();
    return new Service(child, Number(new URL(url).port), grpcPort, apiKey);
  }

  /** Grants every account what the benchmark spends, through the API like everybody. */
  async grant(
    accounts: readonly string[],
    amounts: readonly { amount: string; category: string; priority: number }[],
  ): Promise<void> {
    const commands = accounts.flatMap(account =>
      amounts.map((grant, index) => ({
        id: `${account}-${index}`,
        type: 'grant',
        account,
        idempotency_key: `seed-${index}`,
        ...grant,
      })),
    );
    for (let at = 0; at < commands.length; at += GRANT_COMMANDS_PER_BATCH) {
      const response = await fetch(`http://127.0.0.1:${this.port}/v1/batch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ commands: commands.slice(at, at + GRANT_COMMANDS_PER_BATCH) }),
      });
      const answer = (await response.json()) as { results?: { status: number }[] };
      const refused = answer.results?.find(({ status }) => status !== 201);
      if (!response.ok || refused) throw new Error(`seeding the service failed: ${JSON.stringify(refused ?? answer)}`);
    }
  }

  /** Processor time of the service so far; NaN where there is no /proc. */
  async cpuMicros(): Promise<number> {
    const stat = await readFile(`/proc/${this.child.pid}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) return Number.NaN;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
  }

  async stop(): Promise<void> {
    const exited = new Promise(resolve => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await exited;
  }
}
