import { credentials, loadPackageDefinition, type GrpcObject } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { GrpcClient } from '../../support/grpc-client.js';
import { Api, type Json } from '../api.js';

const { resolve } = createRequire(import.meta.url);

/** As `grpcurl` and a prober have it: a client of the file, with no key. */
function clientOf(file: string, service: string, address: string): Json {
  const object = loadPackageDefinition(loadSync(file, { keepCase: true, enums: String, oneofs: true }));
  const Service = service.split('.').reduce((at, name) => at[name] as GrpcObject, object) as Json;
  return new Service(address, credentials.createInsecure());
}

describe('beside the calls of the ledger, gRPC', () => {
  let api: Api;
  let grpc: GrpcClient;

  beforeAll(async () => {
    api = await Api.start();
    grpc = await api.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await api.stop();
  });

  test('tells its health to whoever asks or watches: not serving while the database is away', async () => {
    const health = clientOf(
      resolve('grpc-health-check/proto/health/v1/health.proto'),
      'grpc.health.v1.Health',
      grpc.address,
    );
    for (const service of ['', 'credits.v1.CreditsService']) {
      const { status } = await new Promise<Json>((done, fail) => {
        health.Check({ service }, (error: Error | null, answer: Json) => (error ? fail(error) : done(answer)));
      });
      expect(status).toBe('SERVING');
    }
    const seen: string[] = [];
    const watch = health.Watch({ service: '' });
    const saw = (status: string) =>
      new Promise<void>(done => watch.on('data', (told: Json) => told.status === status && done()));
    watch.on('data', ({ status }: Json) => seen.push(status));
    watch.on('error', () => {});
    const asked = jest.spyOn(api.database.appPool, 'query').mockImplementation((() => {
      return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    }) as never);
    await saw('NOT_SERVING');
    asked.mockRestore();
    await saw('SERVING');
    expect(seen).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
    watch.cancel();
    health.close();
  });

  test('describes itself by reflection: every call, with all its messages', async () => {
    const file = resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto');
    const reflection = clientOf(file, 'grpc.reflection.v1.ServerReflection', grpc.address);
    const stream = reflection.ServerReflectionInfo();
    const answers: Json[] = [];
    stream.on('data', (answer: Json) => answers.push(answer));
    const ended = new Promise(done => stream.on('end', done));
    stream.write({ list_services: '*' });
    stream.write({ file_containing_symbol: 'credits.v1.CreditsService' });
    stream.end();
    await ended;
    reflection.close();
    const services = answers[0].list_services_response.service.map(({ name }: Json) => name);
    expect(services).toContain('credits.v1.CreditsService');
    const described = Buffer.concat(answers[1].file_descriptor_response.file_descriptor_proto).toString('latin1');
    for (const name of ['StreamCommands', 'ReserveCreditsRequest', 'idempotency_key', 'LOT_CATEGORY_PAID']) {
      expect(described).toContain(name);
    }
  });
});
