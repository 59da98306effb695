import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from '../contract/api.js';
import { GENE } from '../model/genes.js';
import type { GrpcClient } from '../support/grpc-client.js';
import { runScript, type Counts } from './script.js';
import { OverGrpc, OverHttp, OverStream, type Transport } from './transports.js';

/** How many scripts of 100 commands to run, and from which seed. */
const SCRIPTS = Number(process.env['SCRIPTS'] ?? 20);
const SEED = process.env['SCRIPTS_SEED'] === 'fresh' ? Date.now() % 2 ** 31 : Number(process.env['SCRIPTS_SEED'] ?? 7);
const AT_ONCE = 64;
const COMMANDS = 100;
const MS_PER_SCRIPT = 3_000;

let api: Api;
let grpc: GrpcClient;

beforeAll(async () => {
  api = await Api.start();
  grpc = await api.grpc();
  for (const unit of ['images', 'tokens']) await api.put(`/v1/units/${unit}`, { kind: 'prepaid', scale: 6 });
});

afterAll(async () => {
  grpc.close();
  await api.stop();
});

test(
  `${SCRIPTS} scripts of ${COMMANDS} random commands end alike over HTTP, over gRPC and in the model`,
  async () => {
    const script = fc.array(GENE, { minLength: COMMANDS, maxLength: COMMANDS });
    const scripts = fc.sample(script, { numRuns: SCRIPTS, seed: SEED });
    const stream = grpc.stream();
    stream.on('error', () => {});
    const http = new OverHttp(api);
    const ways: readonly Transport[] = [new OverGrpc(grpc), new OverStream(grpc, stream)];
    const counts: Counts = { commands: 0, outcomes: new Map() };
    const differences: string[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < scripts.length && differences.length === 0; at = next++) {
        const found = await runScript(scripts[at]!, `script-${at}`, [http, ways[at % ways.length]!], counts);
        if (found !== null) differences.push(`SCRIPTS_SEED=${SEED}, script ${at}, ${found}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    stream.end();
    if (process.env['SCRIPTS'] !== undefined)
      process.stderr.write(`${counts.commands} commands: ${JSON.stringify([...counts.outcomes])}\n`);
    expect(differences).toEqual([]);
    expect(counts.outcomes.size).toBeGreaterThan(15);
  },
  600_000 + SCRIPTS * MS_PER_SCRIPT,
);
