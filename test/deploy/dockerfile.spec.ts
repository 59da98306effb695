import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyOf, execForm, readContextFilter, readDockerfile, type Stage } from '../../tools/image/dockerfile.js';

// `npm run image:rehearse` carries out every step of it and starts what comes out.
describe('Dockerfile', () => {
  let stages: Stage[];
  let last: Stage;
  const text = (name: string) => last.instructions.find(instruction => instruction.name === name)!.text;

  beforeAll(async () => {
    stages = await readDockerfile('Dockerfile');
    last = stages.at(-1)!;
  });

  test('copies only what the repository has and .dockerignore lets through', async () => {
    const inContext = await readContextFilter('.dockerignore');
    const copies = stages.flatMap(({ instructions }) => instructions.filter(({ name }) => name === 'COPY'));
    expect(copies.length).toBeGreaterThan(4);
    for (const { from, sources } of copies.map(copy => copyOf(copy.text))) {
      if (from !== null) expect(stages.map(({ alias }) => alias)).toContain(from);
      else
        for (const source of sources)
          expect([await stat(source), inContext(source)]).toEqual([expect.anything(), true]);
    }
  });

  test('builds from sources alone: no secret, no data, no dependency of this machine gets into the context', async () => {
    const inContext = await readContextFilter('.dockerignore');
    for (const file of [
      '.env',
      '.git/config',
      '.data/postgres-password',
      'node_modules/pg/package.json',
      'dist/x.js',
    ]) {
      expect([file, inContext(file)]).toEqual([file, false]);
    }
    expect(inContext(join('src', 'config.spec.ts'))).toBe(false);
    expect(inContext(join('src', 'config.ts'))).toBe(true);
  });

  test('runs on Node 24, as a user without rights, what npm start runs', async () => {
    expect(stages.map(({ image }) => image)).toEqual(stages.map(() => 'node:24-bookworm-slim'));
    expect(text('USER')).toBe('node');
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { start: string } };
    expect(execForm(text('CMD')).join(' ')).toBe(scripts.start.replace(/^exec /, ''));
  });

  test('checks its health with what the image has', () => {
    const [command, flag] = execForm(text('HEALTHCHECK'));
    expect([command, flag]).toEqual(['node', '-e']);
  });
});
