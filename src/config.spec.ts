import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from './config.js';

describe('configuration', () => {
  test('is complete without a single variable', () => {
    expect(loadConfig({})).toEqual({
      databaseUrl: undefined,
      databaseAppUrl: undefined,
      redisUrl: undefined,
      role: 'all',
      dataDir: resolve('./.data'),
      host: '127.0.0.1',
      port: 3000,
      grpcPort: 50051,
      metricsPort: null,
      apiKey: undefined,
      shutdownDelaySeconds: 1,
      usageProperties: ['model', 'feature'],
      tracing: null,
      logLevel: 'info',
      lanes: 1,
      allowUnsafeDurability: false,
      webhooksAllowLoopback: false,
      embeddedPostgresSettings: {},
      stripe: { secretKeys: [], webhookSecrets: [], apiBase: null },
      checkpointKey: undefined,
      checkpointSeconds: 300,
    });
  });

  test('takes an empty variable as unset', () => {
    expect(loadConfig({ PORT: '', API_KEY: '', DATABASE_URL: '' })).toEqual(loadConfig({}));
  });

  test('reads settings for the embedded PostgreSQL', () => {
    const config = loadConfig({ EMBEDDED_POSTGRES_SETTINGS: 'synchronous_commit=off, commit_delay=1000' });
    expect(config.embeddedPostgresSettings).toEqual({ synchronous_commit: 'off', commit_delay: '1000' });
  });

  test.each([
    ['DATABASE_URL', 'mysql://somewhere/ledger', 'postgres://'],
    ['DATABASE_URL', 'localhost', 'postgres://'],
    ['REDIS_URL', 'localhost:6379', 'redis://'],
    ['REDIS_URL', 'http://cache', 'redis://'],
    ['ROLE', 'leader', 'all, api or worker'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'http://collector:4318'],
    ['OTEL_TRACES_SAMPLER_ARG', '2', '0 to 1'],
    ['PORT', 'http', 'port number'],
    ['PORT', '70000', 'port number'],
    ['PORT', '30.5', 'port number'],
    ['GRPC_PORT', '-1', 'port number'],
    ['API_KEY', 'crd_test_0123456789abcdef', 'crd_live_'],
    ['API_KEY', 'crd_live_short', '24 characters'],
    ['API_KEY', 'crd_live_with spaces in it 0123', 'printable ASCII'],
    ['LOG_LEVEL', 'loud', ''],
    ['LANES', '0', 'whole number'],
    ['ALLOW_UNSAFE_DURABILITY', 'yes', 'true or false'],
    ['WEBHOOKS_ALLOW_LOOPBACK', '1', 'true or false'],
    ['EMBEDDED_POSTGRES_SETTINGS', 'fsync', 'synchronous_commit=off'],
  ])('names %s when it is %s', (variable, value, fix) => {
    const load = () => loadConfig({ [variable]: value });
    expect(load).toThrow(variable);
    expect(load).toThrow(fix);
  });

  test('names every wrong variable at once', () => {
    const load = () => loadConfig({ PORT: 'x', LANES: 'y' });
    expect(load).toThrow('PORT');
    expect(load).toThrow('LANES');
  });

  test('refuses an app login without the login that migrates', () => {
    expect(() => loadConfig({ DATABASE_APP_URL: 'postgres://app@db/ledger' })).toThrow('DATABASE_URL');
  });

  test('does not repeat the value, which may be a secret', () => {
    expect(() => loadConfig({ API_KEY: 'crd_live_hush' })).not.toThrow('hush');
  });
});
