import { Arena } from './arena.js';
import { describeMachine } from './machine.js';
import { parseOptions, USAGE, type Options, type WorkloadName } from './options.js';
import { writeDocument } from './report/document.js';
import { resultAsText } from './report/table.js';
import type { Result } from './result.js';
import { BenchServer } from './server.js';
import { judge } from './targets.js';
import { evidence } from './workloads/evidence.js';
import { followers } from './workloads/followers.js';
import { slowFsync } from './workloads/fsync.js';
import { GrantedService } from './workloads/granted-service.js';
import { GrownLedger } from './workloads/growth.js';
import { grpc } from './workloads/grpc.js';
import { HttpWorkloads } from './workloads/http.js';
import { latency, throughput } from './workloads/in-process.js';
import { replay } from './workloads/replay.js';

async function bench(options: Options): Promise<boolean> {
  const server = await BenchServer.start();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.stop().finally(() => process.exit(130)));
  }
  const arena = new Arena(server, options, line => console.error(line));
  const service = new GrantedService(arena);
  const http = new HttpWorkloads(arena, service);
  const grown = new GrownLedger(arena);
  const run: Record<WorkloadName, () => Promise<Result>> = {
    'in-process-spread': () => throughput(arena, 'in-process-spread', 'spread'),
    'in-process-hot': () => throughput(arena, 'in-process-hot', 'hot'),
    'plans-spread': () => throughput(arena, 'plans-spread', 'spread', '', 'ours-on-plans'),
    'plans-hot': () => throughput(arena, 'plans-hot', 'hot', '', 'ours-on-plans'),
    'latency-spread': () => latency(arena, 'latency-spread', 'spread'),
    'latency-hot': () => latency(arena, 'latency-hot', 'hot'),
    'http-spread': () => http.run('http-spread', 'spread'),
    'http-hot': () => http.run('http-hot', 'hot'),
    'grpc-spread': () => grpc(arena, service, 'grpc-spread', 'spread'),
    'grpc-hot': () => grpc(arena, service, 'grpc-hot', 'hot'),
    'fsync-hot': () => slowFsync(arena),
    growth: () => grown.costOfGrowth(),
    replay: () => replay(grown),
    followers: () => followers(grown),
    evidence: () => evidence(arena),
  };
  try {
    const machine = await describeMachine(server);
    console.log(
      `${machine.join('\n')}\n${options.rounds} rounds of ${options.slotSeconds} s, interleaved; median, min – max\n`,
    );
    const results: Result[] = [];
    for (const workload of options.workloads) {
      const result = await run[workload]();
      console.log(`${resultAsText(result)}\n`);
      results.push(result);
    }
    if (options.write) await writeDocument(machine, options, results, arena.sweeps);
    return results.every(({ ratios }) =>
      ratios.every(({ value, target }) => judge(value.median, target) !== 'below floor'),
    );
  } finally {
    await service.stop();
    await grown.close();
    await arena.close();
    await server.stop();
  }
}

const options = parseOptions(process.argv.slice(2));
if (options === 'help') {
  console.log(USAGE);
} else {
  const reached = await bench(options);
  if (!reached) console.log('Some floors were missed.');
  process.exitCode = options.check && !reached ? 1 : 0;
}
