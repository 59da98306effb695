import { Pool } from 'pg';
import { GetConsistencyProof, GetConsistencyProofHandler } from '../evidence/proof/get-consistency-proof.js';
import { GetEntryProof, GetEntryProofHandler } from '../evidence/proof/get-entry-proof.js';
import { IdCodec } from '../ids/id-codec.js';
import { loadIdSecret } from '../ids/id-secret.js';
import { countFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';

export const PROOF: OpsCommand = {
  name: 'proof',
  usage: `proof ENTRY [--size N]
proof --from N [--size N]
    Prints, as JSON, a proof for somebody who keeps a checkpoint: that an entry is under it, or that it goes on from an
    earlier one. They check it without the ledger, by clients/check-proof/check-proof.mjs and the public key.
      ENTRY     id of the entry: ent_…
      --size N  of the checkpoint, which is its second line; the newest, unless you say otherwise
      --from N  size of the earlier checkpoint`,
  options: { size: { type: 'string' }, from: { type: 'string' } },
  check: call => void read(call),
  run,
};

function read({ values, positionals }: Pick<Call, 'values' | 'positionals'>) {
  const [entry, ...more] = positionals;
  const from = countFrom('from', values['from']);
  const size = countFrom('size', values['size']);
  if (more.length > 0 || (entry === undefined) === (from === null)) {
    throw new Misuse('Name one entry by its id, or an earlier checkpoint with --from N.');
  }
  if (from !== null && size !== null && from > size) throw new Misuse('--from must not be more than --size.');
  return { entry, from, size };
}

async function run({ ownerUrl, values, positionals }: Call): Promise<boolean> {
  const { entry, from, size } = read({ values, positionals });
  const pool = new Pool({ connectionString: ownerUrl, max: 1 });
  // The query under way fails with it; without a listener it would end the process.
  pool.on('error', () => {});
  try {
    console.log(
      entry === undefined
        ? await new GetConsistencyProofHandler(pool).execute(new GetConsistencyProof(from!, size))
        : await proveEntry(pool, entry, size),
    );
    return true;
  } finally {
    await pool.end();
  }
}

async function proveEntry(pool: Pool, id: string, size: number | null): Promise<string> {
  const decoded = new IdCodec(await loadIdSecret(pool)).decode('entry', id);
  if (decoded === null) throw new Misuse(`${JSON.stringify(id)} is no id of an entry.`);
  const asked = { accountNo: decoded.accountNo, seq: decoded.number, mode: null };
  return new GetEntryProofHandler(pool).execute(new GetEntryProof(id, asked, size));
}
