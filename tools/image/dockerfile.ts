import { readFile } from 'node:fs/promises';

export interface Instruction {
  /** Upper case, such as `COPY`. */
  readonly name: string;
  /** As it stands there, lines joined. */
  readonly text: string;
}

export interface Stage {
  readonly image: string;
  /** What later stages call it; null for the last. */
  readonly alias: string | null;
  readonly instructions: readonly Instruction[];
}

const INSTRUCTION = /^([A-Z]+)\s+(.*)$/s;
const FROM = /^(\S+)(?:\s+AS\s+(\S+))?$/;

/** The stages of a Dockerfile, as far as this project's own needs it: no ARG, no heredocs, no escapes. */
export async function readDockerfile(path: string): Promise<Stage[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => !/^\s*(#|$)/.test(line));
  const stages: { image: string; alias: string | null; instructions: Instruction[] }[] = [];
  for (const line of lines.join('\n').replaceAll('\\\n', ' ').split('\n')) {
    const [, name = '', text = ''] = INSTRUCTION.exec(line) ?? [];
    if (name === 'FROM') {
      const [, image = '', alias = null] = FROM.exec(text) ?? [];
      stages.push({ image, alias, instructions: [] });
    } else if (name === '' || stages.length === 0) throw new Error(`cannot read this line of the Dockerfile: ${line}`);
    else stages.at(-1)!.instructions.push({ name, text: text.trim() });
  }
  return stages;
}

/** The exec form of CMD and HEALTHCHECK. */
export function execForm(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

export interface Copy {
  /** The stage it comes from; null for the build context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copyOf(text: string): Copy {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith('--from=') === true ? words.shift()!.slice('--from='.length) : null;
  return { from, sources: words.slice(0, -1), target: words.at(-1)! };
}

/** What the build context holds, by the patterns of .dockerignore: the last that matches counts. */
export async function readContextFilter(path: string): Promise<(file: string) => boolean> {
  const patterns = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '' && !line.startsWith('#'));
  const rules = patterns.map(pattern => ({
    keeps: pattern.startsWith('!'),
    matches: new RegExp(`^${expression(pattern.replace(/^!/, ''))}(/|$)`),
  }));
  return file => rules.findLast(({ matches }) => matches.test(file))?.keeps ?? true;
}

function expression(glob: string): string {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return escaped.replaceAll('**/', '\0').replaceAll('*', '[^/]*').replaceAll('\0', '(?:.*/)?');
}
