import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { findLastingPort } from '../../tools/lasting-port.js';
import { createTestDatabase } from '../support/database.js';
import { startService } from '../support/service.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

/** Prometheus's own, of which none of our metrics is. */
const OF_PROMETHEUS = ['up'];

describe('deploy/alerts.yaml', () => {
  let rules: Rule[];

  beforeAll(async () => {
    rules = parse(await readFile('deploy/alerts.yaml', 'utf8')).groups.flatMap(
      ({ rules: its }: { rules: Rule[] }) => its,
    );
  });

  test('asks only for metrics that a process has', async () => {
    const database = await createTestDatabase();
    const port = await findLastingPort();
    const service = await startService({ databaseUrl: database.url, env: { METRICS_PORT: String(port) } });
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const known = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
    const names = rules.flatMap(({ expr }) => expr.match(/\b(credits|nodejs|process)_\w+|\bup\b/g) ?? []);
    expect(names.length).toBeGreaterThanOrEqual(rules.length);
    const unknown = names.filter(name => !known.has(name.replace(/_(bucket|sum|count)$/, '')) && !known.has(name));
    expect(unknown.filter(name => !OF_PROMETHEUS.includes(name))).toEqual([]);
    await service.stop();
    await database.close();
  });

  test('explains every alert in docs/operations.md, and no other', async () => {
    const operations = await readFile('docs/operations.md', 'utf8');
    const explained = [...operations.matchAll(/^\| `(Credits\w+)`/gm)].map(([, name]) => name);
    expect(explained.sort()).toEqual(rules.map(({ alert }) => alert).sort());
    for (const { alert, labels, annotations, for: duration } of rules) {
      expect([alert, labels.severity]).toEqual([alert, expect.stringMatching(/^(page|ticket)$/)]);
      expect([alert, annotations.summary]).toEqual([alert, expect.stringMatching(/^[A-Z].+\.$/)]);
      expect(duration).toMatch(/^\d+m$/);
    }
  });
});
