import { readFile } from 'node:fs/promises';

/** The variables of the configuration's schema. */
export async function knownVariables(): Promise<ReadonlySet<string>> {
  const source = await readFile('src/config.ts', 'utf8');
  const known = new Set([...source.matchAll(/^ {4}([A-Z][A-Z_]+): optional\(/gm)].map(([, name]) => name!));
  if (!known.has('DATABASE_URL') || known.size < 10) throw new Error('the schema of the configuration was not found');
  return known;
}
