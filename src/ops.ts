import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { ConfigError, loadConfig } from './config.js';
import { attachDatabase } from './database/attach-database.js';
import { EmbeddedPostgresError } from './database/embedded/embedded-postgres-error.js';
import { UnusableDatabaseError } from './database/unusable-database-error.js';
import { AUTO_TOP_UPS } from './ops/auto-top-ups-command.js';
import { AUDIT } from './ops/audit-command.js';
import { BALANCE } from './ops/balance-command.js';
import { CHECKPOINT } from './ops/checkpoint-command.js';
import type { OpsCommand } from './ops/command.js';
import { ERASE } from './ops/erase-command.js';
import { EXPLAIN } from './ops/explain-command.js';
import { FINANCE } from './ops/finance-command.js';
import { JOBS } from './ops/jobs-command.js';
import { Misuse } from './ops/misuse.js';
import { putOnRecord, REASON_OPTION, reasonFrom } from './ops/on-record.js';
import { PLANS } from './ops/plans-command.js';
import { PROJECTIONS } from './ops/projections-command.js';
import { PROOF } from './ops/proof-command.js';
import { REBUILD } from './ops/rebuild-command.js';
import { RECONCILE } from './ops/reconcile-command.js';
import { RESUME } from './ops/resume-command.js';
import { RUNS } from './ops/runs-command.js';
import { RATE_CARDS } from './ops/rate-cards-command.js';
import { STRIPE } from './ops/stripe-command.js';
import { USAGE_COMMAND } from './ops/usage-command.js';
import { VERIFY } from './ops/verify-command.js';
import { LedgerError } from './shared/ledger-error.js';

const COMMANDS: readonly OpsCommand[] = [
  VERIFY,
  REBUILD,
  EXPLAIN,
  BALANCE,
  FINANCE,
  PROJECTIONS,
  JOBS,
  PLANS,
  RUNS,
  RESUME,
  CHECKPOINT,
  PROOF,
  AUDIT,
  ERASE,
  RATE_CARDS,
  STRIPE,
  RECONCILE,
  USAGE_COMMAND,
  AUTO_TOP_UPS,
];
const DIFFERENCES = 1;
const NOT_ANSWERED = 2;

const HELP = `Usage: npm run ops -- COMMAND

${COMMANDS.map(({ usage }) => usage).join('\n\n')}

Works on the ledger of DATABASE_URL, else on the embedded one of DATA_DIR (./.data), through the service that runs it or
by itself. Who used it, on what, and why (--reason TEXT) stays on record: runs shows it.
Exit codes: 0 all is well, 1 differences, 2 no answer, and why.`;

/** Answers the exit code. */
async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(HELP);
    return name === undefined ? NOT_ANSWERED : 0;
  }
  const command = COMMANDS.find(candidate => candidate.name === name);
  if (command === undefined) {
    throw new Misuse(
      `There is no command ${JSON.stringify(name)}: ${COMMANDS.map(known => known.name).join(', ')}, help.`,
    );
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(`Usage: npm run ops -- ${command.usage}`);
    return 0;
  }
  return run(command, rest);
}

async function run(command: OpsCommand, rest: readonly string[]): Promise<number> {
  const options = command.leavesNoRecord ? command.options : { ...command.options, ...REASON_OPTION };
  const parsed = parseArgs({ args: [...rest], options, allowPositionals: true });
  const given = Object.entries(parsed.values);
  const values = Object.fromEntries(given.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  const flags = new Set(given.filter(([, value]) => value === true).map(([option]) => option));
  const { positionals } = parsed;
  command.check({ values, flags, positionals });
  reasonFrom(values);
  const config = loadConfig();
  // Standard output belongs to the answer.
  const logger = pino({ level: 'warn', base: null }, pino.destination(2));
  const { ownerUrl, close } = await attachDatabase(config, logger);
  try {
    const call = { config, logger, ownerUrl, values, flags, positionals };
    if (!command.leavesNoRecord) await putOnRecord(command.name, call);
    const fine = await command.run(call);
    return fine ? 0 : DIFFERENCES;
  } finally {
    await close();
  }
}

/** These say what is wrong and what to do; a stack trace would only hide it. */
function isInWords(error: unknown): error is Error {
  const types = [Misuse, ConfigError, EmbeddedPostgresError, UnusableDatabaseError, LedgerError];
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  return types.some(type => error instanceof type) || String(code).startsWith('ERR_PARSE_ARGS');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(isInWords(error) ? error.message : error);
  process.exitCode = NOT_ANSWERED;
}
