import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Misuse } from '../client/run-tool.js';
import { readTrace, type BadRow, type TraceRow } from './read-trace.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'credits-ledger-trace-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function read(text: string): Promise<{ rows: TraceRow[]; bad: BadRow[] }> {
  const file = join(directory, 'trace.csv');
  await writeFile(file, text);
  const bad: BadRow[] = [];
  const rows: TraceRow[] = [];
  for await (const row of readTrace(file, problem => bad.push(problem))) rows.push(row);
  return { rows, bad };
}

describe('reading a trace', () => {
  it('reads Windows line ends, seven digits of a second, and a last line without an end', async () => {
    const { rows, bad } = await read(
      'TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:04.0319600,3180,8',
    );
    expect(bad).toEqual([]);
    expect(rows).toEqual([
      { line: 2, at: Date.UTC(2023, 10, 16, 18, 17, 3, 979), contextTokens: 4808, generatedTokens: 10 },
      { line: 3, at: Date.UTC(2023, 10, 16, 18, 17, 4, 31), contextTokens: 3180, generatedTokens: 8 },
    ]);
  });

  it('names the line of every row that cannot be read, and goes on', async () => {
    const { rows, bad } = await read(
      [
        '# a comment',
        'TIMESTAMP,ContextTokens,GeneratedTokens',
        '2023-11-16 18:17:03,1,2',
        '2023-11-16 18:17:03,1',
        'yesterday,1,2',
        '2023-13-45 18:17:03,1,2',
        '2023-11-16 18:17:03,-1,2',
        '2023-11-16 18:17:03,1,1e3',
        '',
        'x'.repeat(5_000_000),
        '2023-11-16 18:17:04,3,4',
      ].join('\n'),
    );
    expect(rows.map(({ line }) => line)).toEqual([3, 11]);
    expect(bad).toEqual([
      { line: 4, problem: 'has 2 fields instead of 3' },
      { line: 5, problem: 'has no readable time: "yesterday"' },
      { line: 6, problem: 'has no readable time: "2023-13-45 18:17:03"' },
      { line: 7, problem: 'ContextTokens is not a count: "-1"' },
      { line: 8, problem: 'GeneratedTokens is not a count: "1e3"' },
      { line: 10, problem: 'is too long to be a row' },
    ]);
  });

  it.each(['', 'a,b,c\n1,2,3\n'])('refuses a file that is no trace: %j', async text => {
    await expect(read(text)).rejects.toThrow(Misuse);
  });
});
