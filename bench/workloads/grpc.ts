import type { Arena } from '../arena.js';
import type { Load } from '../callers.js';
import { runGrpcLoad, type GrpcLoad, type GrpcMeasurement } from '../grpc-load.js';
import type { WorkloadName } from '../options.js';
import type { Result } from '../result.js';
import { interleave } from '../rounds.js';
import { rateOf, ratioOf } from '../statistics.js';
import { targetOf } from '../targets.js';
import type { GrantedService } from './granted-service.js';
import { figureOf } from './http.js';
import { describeAccounts } from './in-process.js';

const CALLERS = 256;

/** One stream of commands to the service, against a hand-written service of unary calls. */
export async function grpc(
  arena: Arena,
  granted: GrantedService,
  workload: WorkloadName,
  accounts: Load['accounts'],
): Promise<Result> {
  const service = await granted.started();
  const { handle, connections } = await arena.atItsBest('lean', accounts, 'perSecond');
  const port = await handle.listenGrpc();
  const load = { apiKey: service.apiKey, callers: CALLERS, accounts, seconds: arena.options.slotSeconds };
  const ours: GrpcLoad = { ...load, port: service.grpcPort, serverCpuMicros: () => service.cpuMicros() };
  const theirs: GrpcLoad = { ...load, port, serverCpuMicros: () => handle.cpuMicros() };
  const rounds = await interleave<GrpcMeasurement>(
    [
      { name: 'ours', run: () => runGrpcLoad(ours, 'stream') },
      { name: 'lean', run: () => runGrpcLoad(theirs, 'unary') },
    ],
    arena.options.rounds,
  );
  const [stream, unary] = [rounds.get('ours')!, rounds.get('lean')!];
  return {
    title: `gRPC, ${CALLERS} callers, ${describeAccounts(accounts)}`,
    figures: [
      figureOf('ours', 'the service, one stream', stream),
      figureOf('lean', `unary calls, pool of ${connections}`, unary),
    ],
    ratios: [
      {
        label: '÷ lean',
        value: ratioOf(stream.map(rateOf), unary.map(rateOf)),
        target: targetOf(workload, 'lean'),
      },
    ],
  };
}
