import { Pool } from 'pg';
import { openCheckpoint } from '../evidence/checkpoint.js';
import type { Detail } from '../evidence/file/checkpoint-file.js';
import { exportCheckpoint } from '../evidence/file/export-checkpoint.js';
import { signLog } from '../evidence/log/sign-log.js';
import { loadSigningKey } from '../evidence/signing-key.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { progressBar } from './progress-bar.js';

const DETAILS: readonly Detail[] = ['leaves', 'tiles', 'note'];

export const CHECKPOINT: OpsCommand = {
  name: 'checkpoint',
  usage: `checkpoint --out FILE [--detail leaves|tiles|note]
checkpoint --public-key
    Signs the log of all entries as it stands, and writes it to a new FILE. Keep it, and the public key, where those who
    run the database cannot change them.
      --detail leaves  57 bytes an entry: an audit names each entry (this, unless you say otherwise)
      --detail tiles   32 bytes for 256 entries: an audit names the 256 where entries and log were changed together
      --detail note    some 200 bytes: an audit tells whether anything was changed
      --public-key     print the key that checkpoints are checked with`,
  options: { out: { type: 'string' }, detail: { type: 'string' }, 'public-key': { type: 'boolean' } },
  check({ values, flags, positionals }) {
    detailFrom(values['detail']);
    if (positionals.length > 0)
      throw new Misuse(`checkpoint takes no ${JSON.stringify(positionals[0])}: use --out FILE.`);
    if (values['out'] === undefined && !flags.has('public-key'))
      throw new Misuse('Name the file to write with --out FILE.');
  },
  run,
};

function detailFrom(text = 'leaves'): Detail {
  const detail = DETAILS.find(known => known === text);
  if (detail !== undefined) return detail;
  throw new Misuse(`--detail must be ${DETAILS.join(', ')}, not ${JSON.stringify(text)}.`);
}

async function run({ config, ownerUrl, values, flags }: Call): Promise<boolean> {
  const pool = new Pool({ connectionString: ownerUrl, max: 1 });
  // The query under way fails with it; without a listener it would end the process.
  pool.on('error', () => {});
  try {
    const key = await loadSigningKey(pool, config.checkpointKey);
    if (flags.has('public-key')) console.log(key.publicKey.toString());
    const path = values['out'];
    if (path === undefined) return true;
    const note = await signLog(pool, key);
    if (note === null) throw new Misuse('The log is empty: the service has not followed any entry yet.');
    const { size } = openCheckpoint(note, key.publicKey);
    const client = await pool.connect();
    const progress = progressBar('writing');
    progress.start(size);
    try {
      const detail = detailFrom(values['detail']);
      await exportCheckpoint(client, path, { note, size, detail }, entries => progress.advance(entries));
    } catch (error) {
      throw inWords(error, path);
    } finally {
      progress.stop();
      client.release();
    }
    console.log(`${size.toLocaleString('en')} entries, signed by ${key.publicKey.toString()}, are in ${path}`);
    return true;
  } finally {
    await pool.end();
  }
}

function inWords(error: unknown, path: string): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return error;
  return new Misuse(
    code === 'EEXIST' ? `${path} is there already: name a new file.` : `${path} cannot be written (${code}).`,
  );
}
