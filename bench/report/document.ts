import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import type { PoolTrial } from '../arena.js';
import type { Options } from '../options.js';
import type { Result } from '../result.js';
import { chartOf } from './chart.js';
import { number, resultsAsMarkdown } from './table.js';

/** Writes docs/benchmarks.md and docs/benchmarks.svg. */
export async function writeDocument(
  machine: readonly string[],
  options: Options,
  results: readonly Result[],
  sweeps: ReadonlyMap<string, readonly PoolTrial[]>,
): Promise<void> {
  const text = `# Benchmarks

Written by \`npm run bench -- --write\`. Every workload is *reserve, then commit*; every contestant runs in turn, A B C A B C, on
the same PostgreSQL in the same run, ${options.rounds} rounds of ${options.slotSeconds} s each. Ratios are taken within a round; shown are median, lowest and highest.

- **ours**: this service, everything on.
- **same-state**: the same ledger by hand, one transaction per command behind a row lock: lots, holds that remember them, debt, what time does,
  deltas, idempotency key and stored answer, snapshots, the same CHECKs and indexes, the same pure decisions; prepared statements, its best pool.
- **lean**: \`BEGIN; SELECT … FOR UPDATE; INSERT entry; UPDATE account; INSERT outcome; COMMIT\`, no lots, no deltas; prepared, its best pool.
- **on plans**: every account has a plan with two limits and every event is priced by a rate card. Everybody leaves three entries a command, the event
  with the first, and answers with all three; the others have the price in their code, open no windows and check no lots against balances.

All three answer with JSON of the same shape and are equally durable. Over HTTP the competitors sit behind the same Nest on Fastify,
without authentication or validation; ours is the service as it is shipped, as the process
that answers callers (\`ROLE=api\`): what follows the entries runs in another. PostgreSQL's log is written into files it had before,
as on a server that has run for a while. The load shares the machine with what it measures.

![Commands per second](benchmarks.svg)

## Machine
${machine.map(line => `- ${line}`).join('\n')}

## Results
${resultsAsMarkdown(results)}

## Pools tried
| competitor and load | ${[...(sweeps.values().next().value ?? [])].map(({ connections }) => connections).join(' | ')} |
|---|${[...(sweeps.values().next().value ?? [])].map(() => '---:|').join('')}
${[...sweeps].map(([title, trials]) => `| ${title} | ${trials.map(({ perSecond, p99Ms }) => `${number(perSecond)}/s, p99 ${number(p99Ms)} ms`).join(' | ')} |`).join('\n')}
`;
  const style = await resolveConfig('docs/benchmarks.md');
  await writeFile('docs/benchmarks.md', await format(text, { ...style, parser: 'markdown' }));
  await writeFile('docs/benchmarks.svg', chartOf(results));
}
