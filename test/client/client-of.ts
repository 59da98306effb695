import { CreditsLedger, LedgerError, type CreditsLedgerOptions } from '../../clients/typescript/src/index.js';
import { createTestDatabase } from '../support/database.js';
import { startService, type RunningService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** The real service, and a way to it that can be made to fail. */
export interface ServiceBehindProxy {
  readonly service: RunningService;
  readonly proxy: TcpProxy;
  /** A client that goes through the proxy. */
  clientOf(more?: Partial<CreditsLedgerOptions>): CreditsLedger;
  close(): Promise<void>;
}

export async function startBehindProxy(): Promise<ServiceBehindProxy> {
  const database = await createTestDatabase();
  const service = await startService({ databaseUrl: database.url });
  const proxy = await TcpProxy.open(service.url);
  return {
    service,
    proxy,
    clientOf: more => new CreditsLedger({ url: proxy.url, apiKey: service.apiKey, ...more }),
    close: async () => {
      await proxy.close();
      await service.stop();
      await database.close();
    },
  };
}

/** What a call is refused with. */
export async function failureOf(call: Promise<unknown>): Promise<LedgerError> {
  const error = await call.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof LedgerError) return error;
  throw error;
}

/** A `fetch` that gives these answers first, and counts. */
export function answering(...answers: readonly (Response | Error)[]) {
  const left = [...answers];
  let count = 0;
  return {
    count: () => count,
    fetch: (async (input, init) => {
      count++;
      const answer = left.length === 1 && answers.length === 1 ? left[0] : left.shift();
      if (answer instanceof Error) throw answer;
      return answer?.clone() ?? fetch(input, init);
    }) as typeof fetch,
  };
}

/** A refusal as the ledger writes it. */
export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  const problem = { type: 'about:blank', title: '', status, detail: 'of a test', code, request_id: 'req_1' };
  return Response.json({ ...problem, retryable: 'retry-after' in headers }, { status, headers });
}
