import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import {
  StreamCommandsRequest,
  StreamCommandsResponse,
} from '../../src/transport/grpc/generated/credits/v1/commands.js';
import { expectInTime } from '../support/in-time.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { startService, type RunningService } from '../support/service.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const GRANT = 'POST /v1/accounts/:account/grants';

describe('traces', () => {
  let database: TestDatabase;
  let receiver: OtlpReceiver;
  let service: RunningService;

  beforeEach(async () => {
    database = await createTestDatabase();
    receiver = await OtlpReceiver.open();
  });

  afterEach(async () => {
    await receiver.close();
    await database.close();
  });

  async function start(env: Record<string, string> = {}): Promise<void> {
    const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ROLE: 'api', ...env };
    service = await startService({ databaseUrl: database.url, env: tracing });
  }

  async function grant(key: string, headers: Record<string, string> = {}): Promise<number> {
    const answer = await fetch(`${service.url}/v1/accounts/traced/grants`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${service.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': key,
        ...headers,
      },
      body: '{"amount":"1"}',
    });
    await answer.arrayBuffer();
    return answer.status;
  }

  test("lead from the caller's span to the request, from there to its batch and to what PostgreSQL was asked", async () => {
    await start();
    expect(await grant('one', { traceparent: `00-${TRACE}-${CALLER}-01`, 'request-id': 'mine' })).toBe(201);
    // Sends what is left.
    expect(await service.stop()).toBe(0);

    const [request] = receiver.named(GRANT);
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2 });
    const attributes = Object.fromEntries(request!.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
    expect(attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/accounts/:account/grants',
      'http.response.status_code': 201,
      'credits.request_id': 'mine',
    });
    const [batch] = receiver.named('ledger batch');
    expect(batch!.parentSpanId ?? '').toBe('');
    expect(batch!.links).toMatchObject([{ traceId: TRACE, spanId: request!.spanId }]);
    expect(request!.links).toMatchObject([{ traceId: batch!.traceId, spanId: batch!.spanId }]);
    const [append] = receiver.named('append_batch');
    expect(append).toMatchObject({ traceId: batch!.traceId, parentSpanId: batch!.spanId, kind: 3 });
    const moments = [request!, batch!, append!].map(span => BigInt(span.startTimeUnixNano));
    expect(moments).toEqual([...moments].sort((a, b) => Number(a - b)));
    expect(BigInt(append!.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(request!.endTimeUnixNano));
  });

  test("have a span for each message of a stream, below its caller's, until its last result", async () => {
    await start();
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${service.apiKey}`);
    metadata.set('traceparent', `00-${TRACE}-${CALLER}-01`);
    const client = new Client(service.grpc, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(
      '/credits.v1.CreditsService/StreamCommands',
      (message: StreamCommandsRequest) => Buffer.from(StreamCommandsRequest.encode(message).finish()),
      bytes => StreamCommandsResponse.decode(bytes),
      metadata,
    );
    const grant = (key: string) => ({ id: key, grant: { account: 'traced', idempotency_key: key, amount: '1' } });
    stream.write({ commands: [grant('a'), grant('b')] });
    stream.write({ commands: [{ id: 'c', reserve: { account: 'traced', idempotency_key: 'c', amount: '9' } }] });
    stream.end();
    let results = 0;
    for await (const message of stream) results += (message as StreamCommandsResponse).results!.length;
    client.close();
    expect(results).toBe(3);
    await service.stop();
    const messages = receiver.named('credits.v1.CreditsService/StreamCommands');
    expect(messages).toHaveLength(2);
    for (const span of messages) {
      expect(span).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, kind: 2 });
      expect(span.links?.length).toBeGreaterThan(0);
    }
    const counted = messages.flatMap(({ attributes }) => attributes.filter(({ key }) => key === 'credits.commands'));
    expect(counted.map(({ value }) => Number(Object.values(value)[0]))).toEqual([2, 1]);
  });

  test('link one batch to every request it served', async () => {
    await start();
    await Promise.all(Array.from({ length: 20 }, (_, i) => grant(`many-${i}`)));
    await service.stop();
    const requests = receiver.named(GRANT);
    expect(requests).toHaveLength(20);
    // A call may be in two batches, where the first found its account written, or named, by another meanwhile.
    const links = receiver.named('ledger batch').flatMap(({ links: its = [] }) => its.map(({ spanId }) => spanId));
    expect([...new Set(links)].sort()).toEqual(requests.map(({ spanId }) => spanId).sort());
  });

  test('leave out what the caller did not sample, batches too, and take the share that is configured of the rest', async () => {
    await start({ OTEL_TRACES_SAMPLER_ARG: '0' });
    await grant('not sampled', { traceparent: `00-${TRACE}-${CALLER}-00` });
    await grant('not chosen');
    await grant('sampled', { traceparent: `00-${TRACE}-${CALLER}-01` });
    await service.stop();
    expect(receiver.named(GRANT)).toHaveLength(1);
    expect(receiver.named('ledger batch')).toHaveLength(1);
    expect(receiver.named('ledger batch')[0]!.links).toHaveLength(1);
  });

  test('cost no request its answer when the collector is away, and keep no stop waiting', async () => {
    await expectInTime(15_000, async attempt => {
      await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
      for (const key of ['a', 'b', 'c']) expect(await grant(`${key}-${attempt}`)).toBe(201);
      const startedAt = performance.now();
      expect(await service.stop()).toBe(0);
      return performance.now() - startedAt;
    });
  });
});
