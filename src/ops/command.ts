import type { ParseArgsConfig } from 'node:util';
import type { Logger } from 'pino';
import type { Config } from '../config.js';

/** What a command is run with. */
export interface Call {
  readonly config: Config;
  readonly logger: Logger;
  /** Of the login that migrates. */
  readonly ownerUrl: string;
  readonly values: Record<string, string | undefined>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

export interface OpsCommand {
  readonly name: string;
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Being run is not put on record: it is itself one, or shows the record. */
  readonly leavesNoRecord?: true;
  /** Refuses what is wrong with the arguments before anything is opened. */
  check(call: Pick<Call, 'values' | 'flags' | 'positionals'>): void;
  /** True where all is well, false where there are differences. */
  run(call: Call): Promise<boolean>;
}
