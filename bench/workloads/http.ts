import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Arena } from '../arena.js';
import type { Load } from '../callers.js';
import { runHttpLoad, type HttpLoad, type HttpMeasurement } from '../http-load.js';
import type { WorkloadName } from '../options.js';
import type { Figure, Result } from '../result.js';
import { interleave, type Slot } from '../rounds.js';
import { rateOf, ratioOf, spreadOf } from '../statistics.js';
import { targetOf } from '../targets.js';
import type { GrantedService } from './granted-service.js';
import { describeAccounts } from './in-process.js';

const CONNECTIONS = 64;
const COMPETITORS = ['same-state', 'lean'] as const;

/** The whole way: sockets, front end, engine. Ours is the real service; the competitors have the cheapest front end. */
export class HttpWorkloads {
  constructor(
    private readonly arena: Arena,
    private readonly service: GrantedService,
  ) {}

  async run(workload: WorkloadName, accounts: Load['accounts']): Promise<Result> {
    const service = await this.service.started();
    const load = (port: number, serverCpuMicros: () => Promise<number>): HttpLoad => ({
      port,
      apiKey: service.apiKey,
      connections: CONNECTIONS,
      accounts,
      seconds: this.arena.options.slotSeconds,
      serverCpuMicros,
    });
    const settings = new Map([['ours', 'the service']]);
    const slots: Slot<HttpMeasurement>[] = [
      { name: 'ours', run: () => runHttpLoad(load(service.port, () => service.cpuMicros())) },
    ];
    for (const name of COMPETITORS) {
      const { handle, connections } = await this.arena.atItsBest(name, accounts, 'perSecond');
      const port = await handle.listen();
      settings.set(name, `pool of ${connections}`);
      slots.push({ name, run: () => runHttpLoad(load(port, () => handle.cpuMicros())) });
    }
    const rounds = await interleave(slots, this.arena.options.rounds);
    const ours = rounds.get('ours')!.map(rateOf);
    return {
      title: `HTTP, ${CONNECTIONS} connections, ${describeAccounts(accounts)}`,
      figures: [
        ...[...rounds].map(([name, measured]) => figureOf(name, settings.get(name)!, measured)),
        await this.loadAlone(accounts),
      ],
      ratios: COMPETITORS.map(name => ({
        label: `÷ ${name}`,
        value: ratioOf(ours, rounds.get(name)!.map(rateOf)),
        target: targetOf(workload, name),
      })),
    };
  }

  /** The same load against a server that does nothing: the load must be able to ask for far more than anyone answers. */
  private async loadAlone(accounts: Load['accounts']): Promise<Figure> {
    const child = fork(fileURLToPath(new URL('../canned-process.ts', import.meta.url)));
    const port = await new Promise<number>(resolve => child.once('message', message => resolve(message as number)));
    const measured: HttpMeasurement[] = [];
    for (let round = 0; round < 3; round++) {
      const serverCpuMicros = async (): Promise<number> => Number.NaN;
      const load = { port, apiKey: 'none', connections: CONNECTIONS, accounts, seconds: 0.5, serverCpuMicros };
      measured.push(await runHttpLoad(load));
    }
    child.disconnect();
    return figureOf('the load alone', 'canned answers', measured);
  }
}

export function figureOf(contestant: string, setting: string, measured: readonly HttpMeasurement[]): Figure {
  const median = (values: number[]): string => spreadOf(values).median.toFixed(1);
  const p50 = median(measured.map(({ p50Ms }) => p50Ms));
  const p99 = median(measured.map(({ p99Ms }) => p99Ms));
  const server = median(measured.map(({ nodeMicrosPerCommand }) => nodeMicrosPerCommand));
  const client = median(measured.map(({ clientMicrosPerCommand }) => clientMicrosPerCommand));
  return {
    contestant,
    setting,
    value: spreadOf(measured.map(rateOf)),
    unit: 'commands/s',
    notes: `p50 ${p50} ms, p99 ${p99} ms, µs per command: server ${server}, load ${client}`,
  };
}
