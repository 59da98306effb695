import { Client } from 'pg';
import { eraseTexts, RebuildUnderWay } from '../evidence/erase/erase-texts.js';
import { IdCodec } from '../ids/id-codec.js';
import { accountFrom, modeFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { findAccount } from './find-account.js';
import { Misuse } from './misuse.js';

const READ_IDS_SECRET = `SELECT value FROM secrets WHERE name = 'ids'`;

const USAGE = `erase ACCOUNT --reason WHY [--entry ID] [--mode live|test]
    Removes reasons and metadata of an account for good, on a person's request: from its entries, its row, its open
    reservations, stored answers and usage. Amounts and times stay, and so do the hashes that were signed: audits pass. A
    request sent again with a key from before is answered 409 instead of with the first answer.
      --entry ID  of this entry only (and every stored answer from it on)
      --reason    goes on record with who ran it; name no person in it`;

export const ERASE: OpsCommand = {
  name: 'erase',
  usage: USAGE,
  options: { entry: { type: 'string' }, mode: { type: 'string' } },
  check({ values, positionals }) {
    accountFrom(positionals, USAGE);
    modeFrom(values['mode']);
    if (values['reason'] === undefined) throw new Misuse('Say why with --reason: it goes on record.');
  },
  run,
};

async function run({ ownerUrl, values, positionals }: Call): Promise<boolean> {
  const account = accountFrom(positionals, USAGE);
  const { no: accountNo } = await findAccount(ownerUrl, account, modeFrom(values['mode']));
  const owner = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger erase' });
  // The query under way fails with it; without a listener it would end the process.
  owner.on('error', () => {});
  await owner.connect();
  try {
    const seq = values['entry'] === undefined ? null : await seqOf(owner, values['entry'], accountNo);
    const erased = await eraseTexts(owner, accountNo, seq);
    console.log(
      `${erased} entries of ${account} had reasons or metadata; they are erased. Backups, and the write-ahead log kept ` +
        'for them, still have them; on disk the old rows go with the next VACUUM of entries, outcomes, accounts and holds.',
    );
    return true;
  } catch (error) {
    throw error instanceof RebuildUnderWay ? new Misuse(`${error.message}.`) : error;
  } finally {
    await owner.end();
  }
}

async function seqOf(owner: Client, id: string, accountNo: number): Promise<number> {
  const { rows } = await owner.query<{ value: Buffer }>(READ_IDS_SECRET);
  const entry = new IdCodec(rows[0]!.value).decode('entry', id);
  if (entry?.accountNo === accountNo) return entry.number;
  throw new Misuse(`--entry must be an entry of this account, not ${JSON.stringify(id)}.`);
}
