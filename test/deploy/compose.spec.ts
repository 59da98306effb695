import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { knownVariables } from './known-variables.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [field: string]: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Of https://github.com/compose-spec/compose-spec: what this file uses, so that a misspelt one is noticed. */
const FIELDS =
  'image build command environment ports volumes depends_on healthcheck restart init read_only cap_drop security_opt stop_grace_period shm_size tmpfs user'.split(
    ' ',
  );
const HEALTH_CHECK_FIELDS = ['test', 'interval', 'timeout', 'retries', 'start_period'];
const DURATION = /^\d+(ms|s|m)$/;

describe('docker-compose.yml', () => {
  let compose: Compose;
  let text: string;

  beforeAll(async () => {
    text = await readFile('docker-compose.yml', 'utf8');
    compose = parse(text, { merge: true }) as Compose;
  });

  const services = () => Object.entries(compose.services);

  test('uses only fields that Compose has, with durations that have a unit', () => {
    for (const [name, service] of services()) {
      expect([name, Object.keys(service).filter(field => !FIELDS.includes(field))]).toEqual([name, []]);
      const check = service.healthcheck ?? {};
      expect([name, Object.keys(check).filter(field => !HEALTH_CHECK_FIELDS.includes(field))]).toEqual([name, []]);
      const { interval, timeout } = check as { interval?: string; timeout?: string };
      for (const duration of [service['stop_grace_period'], interval, timeout]) {
        if (duration !== undefined) expect(duration).toMatch(DURATION);
      }
    }
  });

  test('refers only to services and volumes that it has, and waits for their health where they have one', () => {
    const named = new Set(Object.keys(compose.volumes));
    for (const [name, { depends_on: others = {}, volumes = [] }] of services()) {
      for (const [other, { condition }] of Object.entries(others)) {
        expect([name, other in compose.services, condition]).toEqual([name, true, 'service_healthy']);
      }
      for (const volume of volumes) expect([name, named.has(volume.split(':')[0]!)]).toEqual([name, true]);
    }
  });

  test('sets only variables that the service knows, to values that it takes', async () => {
    const known = await knownVariables();
    for (const name of ['api', 'worker']) {
      const environment = compose.services[name]!.environment!;
      expect([name, Object.keys(environment).filter(variable => !known.has(variable))]).toEqual([name, []]);
      // YAML has numbers and booleans, Compose wants text.
      expect(Object.values(environment).filter(value => typeof value !== 'string')).toEqual([]);
    }
    expect(compose.services['api']!.environment!['ROLE']).toBe('api');
    expect(compose.services['worker']!.environment!['ROLE']).toBe('worker');
  });

  test('has no password of its own: it does not start before the operator has set one', () => {
    const passwords = text.match(/\$\{POSTGRES_PASSWORD[^}]*\}/g) ?? [];
    expect(passwords.length).toBeGreaterThan(1);
    for (const password of passwords) expect(password).toMatch(/^\$\{POSTGRES_PASSWORD:\?.+\}$/);
    expect(text).not.toMatch(/PASSWORD: (?!\$\{)/);
  });

  test('lets nobody in from another machine, and only to the ports that the service listens on', () => {
    for (const [name, { ports = [] }] of services()) {
      for (const port of ports) expect([name, port]).toEqual([name, expect.stringMatching(/^127\.0\.0\.1:/)]);
    }
    const inside = compose.services['api']!.ports!.map(port => port.replace(/^.*:/, ''));
    expect(inside).toEqual(['3000', '50051']);
  });

  test('gives a stop the time the service may take', () => {
    for (const name of ['api', 'worker']) {
      expect(Number.parseInt(String(compose.services[name]!['stop_grace_period']), 10)).toBeGreaterThan(30);
    }
  });

  test('keeps what PostgreSQL 18 writes on a volume', () => {
    expect(compose.services['postgres']).toMatchObject({
      image: 'postgres:18',
      // From 18 on the image keeps its clusters below here, not in …/data.
      volumes: ['postgres:/var/lib/postgresql'],
    });
  });
});
