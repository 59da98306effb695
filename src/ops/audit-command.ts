import { existsSync, readFileSync } from 'node:fs';
import { Pool } from 'pg';
import { auditLedger, type AuditReport } from '../evidence/audit/audit-ledger.js';
import type { Finding } from '../evidence/audit/finding.js';
import { CheckpointFile } from '../evidence/file/checkpoint-file.js';
import { BadNote, PublicKey } from '../evidence/signed-note.js';
import { IdCodec } from '../ids/id-codec.js';
import { loadIdSecret } from '../ids/id-secret.js';
import { countFrom } from './arguments.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { progressBar } from './progress-bar.js';

const DEFAULT_SHOWN = 100;

export const AUDIT: OpsCommand = {
  name: 'audit',
  usage: `audit --checkpoint FILE --key KEY [EARLIER-FILE …] [--show N]
    Holds every entry against the hash that was signed for it, and names each that was changed, removed, moved, inserted
    or swapped since, whoever did it and whatever was recomputed afterwards. The service may go on writing. Believes FILE
    and KEY, and nothing in the database; entries after the checkpoint can only be held against the database's own log.
      --checkpoint FILE  as \`ops checkpoint\` wrote it; the more it holds, the closer the audit comes to the entry
      --key KEY          the public key, or a file that holds it; from \`ops checkpoint --public-key\`, kept elsewhere
      EARLIER-FILE       checkpoints from before: FILE must go on from them
      --show N           show the first N findings (${DEFAULT_SHOWN})`,
  options: { checkpoint: { type: 'string' }, key: { type: 'string' }, show: { type: 'string' } },
  check: ({ values }) => void read(values),
  run,
};

function read(values: Call['values']): { path: string; key: PublicKey; shown: number } {
  const { checkpoint: path, key, show } = values;
  if (path === undefined) throw new Misuse('Name the checkpoint to audit against with --checkpoint FILE.');
  if (key === undefined) {
    throw new Misuse('Give the public key with --key: without it, anybody may have signed the checkpoint.');
  }
  return { path, key: keyFrom(key), shown: countFrom('show', show) ?? DEFAULT_SHOWN };
}

function keyFrom(text: string): PublicKey {
  try {
    return PublicKey.parse(existsSync(text) ? readFileSync(text, 'utf8') : text);
  } catch (error) {
    throw error instanceof BadNote ? new Misuse(`--key: ${error.message}.`) : error;
  }
}

async function run({ ownerUrl, values, positionals }: Call): Promise<boolean> {
  const { path, key, shown } = read(values);
  const files: CheckpointFile[] = [];
  const progress = progressBar('auditing');
  try {
    for (const each of [path, ...positionals]) files.push(await CheckpointFile.open(each, key));
    const [file, ...earlier] = files as [CheckpointFile, ...CheckpointFile[]];
    const larger = earlier.find(({ checkpoint }) => checkpoint.size > file.checkpoint.size);
    if (larger !== undefined)
      throw new Misuse(`${larger.path} is later than ${path}: give the latest as --checkpoint.`);
    progress.start(file.checkpoint.size);
    const onProgress = (entries: number): void => progress.advance(entries);
    const report = await auditLedger({ ownerUrl, file, earlier, onProgress }).finally(() => progress.stop());
    await show(report, ownerUrl, shown);
    return report.findings.length === 0;
  } catch (error) {
    throw inWords(error);
  } finally {
    for (const file of files) await file.close();
  }
}

function inWords(error: unknown): unknown {
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (error instanceof BadNote) return new Misuse(`${message}.`);
  return path !== undefined && code !== undefined ? new Misuse(`${path} cannot be read (${code}).`) : error;
}

async function show(report: AuditReport, ownerUrl: string, shown: number): Promise<void> {
  const { findings, more, signed, unsigned, unlogged, erased, milliseconds } = report;
  const ids = findings.some(({ entry }) => entry !== null) ? await openIds(ownerUrl) : undefined;
  for (const finding of findings.slice(0, shown)) console.log(findingText(finding, ids));
  const hidden = findings.length - Math.min(shown, findings.length) + more;
  if (hidden > 0) console.log(`… and ${hidden.toLocaleString('en')} more`);
  const count = (entries: number): string => entries.toLocaleString('en');
  const rate = count(Math.round(((signed + unsigned) / milliseconds) * 1000));
  const seconds = (milliseconds / 1000).toFixed(1);
  const result = findings.length === 0 ? 'nothing was changed' : `${count(findings.length + more)} findings`;
  console.log(`${count(signed)} signed entries in ${seconds} s (${rate} entries/s): ${result}`);
  if (erased > 0) console.log(`${count(erased)} of the entries had texts that were erased; the rest of them is intact`);
  if (unsigned + unlogged > 0) {
    console.log(
      `${count(unsigned + unlogged)} entries came after the checkpoint: ${count(unsigned)} were held against the ` +
        `database's own log only, ${count(unlogged)} are in no log yet`,
    );
  }
}

function findingText({ kind, entry, account, words, unsigned }: Finding, ids: IdCodec | undefined): string {
  if (entry === null) return `${kind}: ${words}`;
  const whose = account === null ? `account number ${entry.accountNo}` : `account ${account}`;
  const id = idOf(entry, ids);
  const note = unsigned ? ' (by the database’s own log, which nobody signed)' : '';
  return `${kind}: ${whose}, entry ${entry.seq}${id === null ? '' : ` (${id})`} ${words}${note}`;
}

/** Numbers of rows that were made up need not have one. */
function idOf({ accountNo, seq }: NonNullable<Finding['entry']>, ids: IdCodec | undefined): string | null {
  try {
    return ids?.encode('entry', accountNo, seq) ?? null;
  } catch {
    return null;
  }
}

async function openIds(ownerUrl: string): Promise<IdCodec> {
  const pool = new Pool({ connectionString: ownerUrl, max: 1 });
  pool.on('error', () => {});
  try {
    return new IdCodec(await loadIdSecret(pool));
  } finally {
    await pool.end();
  }
}
