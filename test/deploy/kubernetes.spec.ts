import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { knownVariables } from './known-variables.js';

const FOLDER = 'deploy/kubernetes';

// oxlint-disable-next-line typescript/no-explicit-any
type Manifest = any;

/** What each kind of object is served as. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  Namespace: 'v1',
  ServiceAccount: 'v1',
  Service: 'v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
};

describe('deploy/kubernetes', () => {
  let objects: Manifest[];
  let listed: string[];
  const ofKind = (kind: string): Manifest[] => objects.filter(object => object.kind === kind);
  const containers = (): Manifest[] => ofKind('Deployment').flatMap(({ spec }) => spec.template.spec.containers);

  beforeAll(async () => {
    listed = parse(await readFile(join(FOLDER, 'kustomization.yaml'), 'utf8')).resources;
    const texts = await Promise.all(listed.map(file => readFile(join(FOLDER, file), 'utf8')));
    objects = texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS({ maxAliasCount: 0 })));
  });

  test('is listed file by file, each object with the version it is served as and a name of its own', async () => {
    expect([...listed, 'kustomization.yaml'].sort()).toEqual((await readdir(FOLDER)).sort());
    for (const { kind, apiVersion } of objects) expect([kind, apiVersion]).toEqual([kind, API_VERSIONS[kind]]);
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('selects the pods it means: deployments, services and budgets alike', () => {
    const pods = ofKind('Deployment').map(({ spec }) => spec.template.metadata.labels);
    const selectors = [
      ...ofKind('Deployment').map(({ spec }) => spec.selector.matchLabels),
      ...ofKind('PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels),
      ...ofKind('Service').map(({ spec }) => spec.selector),
      ...ofKind('NetworkPolicy').map(({ spec }) => spec.podSelector.matchLabels),
    ];
    expect(selectors.length).toBeGreaterThan(5);
    for (const selector of selectors) {
      const matches = pods.filter(labels => Object.entries(selector).every(([name, value]) => labels[name] === value));
      expect([selector, matches.length > 0]).toEqual([selector, true]);
    }
  });

  test('refers only to ports and accounts that are there', () => {
    for (const { spec } of ofKind('Deployment')) {
      expect(ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain(
        spec.template.spec.serviceAccountName,
      );
    }
    for (const { name, ports, ...container } of containers()) {
      const named = ports.map((port: Manifest) => port.name);
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        expect([name, named]).toEqual([name, expect.arrayContaining([container[probe].httpGet.port])]);
      }
    }
    const api = containers().find(({ name }) => name === 'api');
    const ports = api.ports.map((port: Manifest) => port.name);
    for (const { spec } of ofKind('Service'))
      for (const { targetPort } of spec.ports) expect(ports).toContain(targetPort);
  });

  test('sets only variables that the service knows, as text, and takes every secret from a secret', async () => {
    const known = await knownVariables();
    for (const { env } of containers()) {
      for (const { name, value, valueFrom } of env) {
        expect([name, known.has(name)]).toEqual([name, true]);
        if (/URL|KEY|SECRET|PASSWORD/.test(name)) expect(valueFrom?.secretKeyRef).toBeDefined();
        else expect([name, typeof value]).toEqual([name, 'string']);
      }
    }
  });

  test('asks livez whether to restart and readyz whether to send requests, never the other way round', () => {
    for (const { startupProbe, livenessProbe, readinessProbe } of containers()) {
      expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
        '/livez',
        '/livez',
        '/readyz',
      ]);
    }
  });

  test('gives no rights: no root, no writes to the image, no capabilities, no token', () => {
    for (const { spec } of ofKind('Deployment')) {
      const pod = spec.template.spec;
      expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } });
      for (const { securityContext } of pod.containers) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  test('lets a replica end in peace, and never takes away one before the next is ready', () => {
    for (const { spec } of ofKind('Deployment')) {
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(30);
      expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
      expect(spec.template.spec.containers[0].resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
    }
    for (const { spec, metadata } of ofKind('PodDisruptionBudget')) {
      const { replicas } = ofKind('Deployment').find(other => other.metadata.name === metadata.name).spec;
      expect(replicas).toBeGreaterThan(spec.minAvailable);
    }
  });
});
