// Makes src/transport/grpc/generated from proto/: messages, and the descriptors that reflection serves. With --check it
// only says whether what is there is what it would make. Needs no network.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = 'src/transport/grpc/generated';
const BIN = join(import.meta.dirname, '..', 'node_modules', '.bin');
const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` };
const run = promisify(execFile);

/**
 * ts-proto ends a message where a zero or a group's end stands in place of a tag, and reads the rest as its parent's.
 * Without that it takes both for fields it does not know, which `StrictReader` refuses.
 */
const LENIENT_END = / +if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\n +break;\n +\}\n/g;

/** Everything below `root`, as it would be below the repository. */
async function generate(root) {
  await run('buf', ['generate', 'proto', '--template', 'proto/buf.gen.yaml', '--output', root], { env });
  for (const [name, text] of await filesBelow(root)) {
    await writeFile(join(root, FOLDER, name), text.replace(LENIENT_END, ''));
  }
  const image = join(root, 'descriptors.binpb');
  await run('buf', ['build', 'proto', '--as-file-descriptor-set', '--exclude-source-info', '-o', image], { env });
  const lines = (await readFile(image, 'base64')).match(/.{1,110}/g).map(line => `  '${line}',`);
  await rm(image);
  const text = `// Generated from proto/: a google.protobuf.FileDescriptorSet.\nconst BASE64 = [\n${lines.join('\n')}\n];\n`;
  const file = `${text}\nexport const DESCRIPTORS: Buffer = Buffer.from(BASE64.join(''), 'base64');\n`;
  await writeFile(join(root, FOLDER, 'descriptors.ts'), file);
}

async function filesBelow(root) {
  const entries = await readdir(join(root, FOLDER), { recursive: true, withFileTypes: true });
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(paths.map(async path => [path.slice(join(root, FOLDER).length), await readFile(path, 'utf8')])),
  );
}

if (process.argv[2] === '--check') {
  const root = await mkdtemp(join(tmpdir(), 'credits-ledger-proto-'));
  try {
    await mkdir(join(root, FOLDER), { recursive: true });
    await generate(root);
    const [made, present] = await Promise.all([filesBelow(root), filesBelow('.')]);
    const names = new Set([...made.keys(), ...present.keys()]);
    const different = [...names].filter(name => made.get(name) !== present.get(name));
    for (const name of different) console.error(`${FOLDER}${name} is not what proto/ makes: npm run proto`);
    process.exitCode = different.length === 0 ? 0 : 1;
  } finally {
    await rm(root, { recursive: true });
  }
} else {
  await generate('.');
}
