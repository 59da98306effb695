// Compiles the service once per test run, in a fraction of a second and without checking types, so that tests can spawn
// it as a user would: as plain JavaScript. Inside node_modules, where its imports resolve; the caller removes it.
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { transformFile } from '@swc/core';

const SOURCES = ['src', 'migrations', 'test/support'];

/** @returns {Promise<string>} the folder that holds `src/main.js` and the rest */
export async function compileService() {
  const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const outDir = await mkdtemp(join(cache, 'credits-ledger-test-'));
  await writeFile(join(outDir, 'package.json'), '{ "type": "module" }');
  const files = (await Promise.all(SOURCES.map(folder => readdir(folder, { recursive: true, withFileTypes: true }))))
    .flat()
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map(entry => join(entry.parentPath, entry.name));
  await Promise.all(files.map(file => compile(file, join(outDir, file.replace(/\.ts$/, '.js')))));
  return outDir;
}

async function compile(source, target) {
  const { code } = await transformFile(source);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
}
