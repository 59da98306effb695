// A contestant in a process of its own, so that nobody's garbage is collected on another's time. Driven by messages from
// contestant-handle.ts.
import { openContestant } from './open-contestant.js';
import { runCallers } from './callers.js';
import type { Contestant } from './contestant.js';
import { startGrpcFrontEnd } from './competitors/grpc-front-end.js';
import { startFrontEnd, type FrontEnd } from './competitors/front-end.js';
import type { Reply, Request } from './contestant-handle.js';

let contestant: Contestant | undefined;
let frontEnd: FrontEnd | undefined;

process.on('message', (request: Request) => {
  void answer(request).then(reply => process.send!(reply));
});
process.on('disconnect', () => process.exit());

async function answer(request: Request): Promise<Reply> {
  try {
    return { id: request.id, result: await obey(request) };
  } catch (error) {
    return { id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function obey(request: Request): Promise<unknown> {
  switch (request.type) {
    case 'open':
      await close();
      contestant = await openContestant(request.contestant, request.databaseUrl, request.connections);
      return undefined;
    case 'run':
      return runCallers(opened(), request.load);
    case 'listen':
      frontEnd = await startFrontEnd(opened());
      return frontEnd.port;
    case 'listen-grpc':
      frontEnd = await startGrpcFrontEnd(opened());
      return frontEnd.port;
    case 'cpu':
      return process.cpuUsage();
    case 'close':
      return close();
  }
}

function opened(): Contestant {
  if (contestant === undefined) throw new Error('open a contestant first');
  return contestant;
}

async function close(): Promise<void> {
  await frontEnd?.close();
  await contestant?.close();
  frontEnd = undefined;
  contestant = undefined;
}
