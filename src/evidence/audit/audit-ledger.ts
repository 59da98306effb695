import type { Client } from 'pg';
import { LedgerSnapshot } from '../../replay/ledger-snapshot.js';
import type { ChainStarts } from '../chain-starts.js';
import { PRINT_EXACTLY } from '../entry-hash.js';
import type { CheckpointFile } from '../file/checkpoint-file.js';
import { LEAF_BYTES, readLeaf, type Leaf } from '../leaf.js';
import { Heads } from '../log/heads.js';
import { EntryReader } from '../log/read-entries.js';
import { BadNote } from '../signed-note.js';
import { FirstEntries, readStarts } from './check-starts.js';
import { checkTable } from './check-table.js';
import { compareGroup, readGroup, type Group } from './compare-group.js';
import { Explainer, previousFrom, type PreviousOf } from './explain-suspects.js';
import type { Finding } from './finding.js';
import { SignedLog, type SomeLeaves } from './signed-log.js';
import { Tally } from './tally.js';
import { WhatIsThere } from './what-is-there.js';

/** Accounts whose last hash is kept at hand; of others it is looked up. Some 150 bytes each. */
const REMEMBERED_ACCOUNTS = 1_000_000;

/** Ranges of positions come from their index, look-ups from the primary key, whatever the planner believes. */
const SESSION_SETTINGS = `
SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; ${PRINT_EXACTLY}`;
const AFTER = `SELECT count(*) AS entries FROM entries WHERE position > $1`;

export interface AuditOptions {
  readonly ownerUrl: string;
  /** The largest. */
  readonly file: CheckpointFile;
  /** Smaller ones of the same ledger. */
  readonly earlier: readonly CheckpointFile[];
  readonly onProgress?: (entries: number) => void;
}

export interface AuditReport {
  readonly findings: readonly Finding[];
  /** Suspicious entries that were counted and not looked at. */
  readonly more: number;
  /** Entries held against what was signed. */
  readonly signed: number;
  /** Entries after the checkpoint, held against the database's own log only. */
  readonly unsigned: number;
  /** Entries that are in no log yet. */
  readonly unlogged: number;
  /** Whose texts were erased. */
  readonly erased: number;
  readonly milliseconds: number;
}

/**
 * Holds every entry against the hash that was signed for it, as of one moment; the service may go on. Nothing in the
 * database is believed: what is read of its log is believed only where it leads to the signed root.
 * @throws BadNote where the file's content is not what its note is about
 */
export async function auditLedger(options: AuditOptions): Promise<AuditReport> {
  const startedAt = performance.now();
  const starts = await readStarts(options.ownerUrl);
  const snapshot = await LedgerSnapshot.take(options.ownerUrl);
  try {
    const ahead = await LedgerSnapshot.join(options.ownerUrl, snapshot.name);
    try {
      for (const { client } of [snapshot, ahead]) await client.query(SESSION_SETTINGS);
      const report = await new Audit(snapshot.client, ahead.client, starts, options).run();
      return { ...report, milliseconds: performance.now() - startedAt };
    } finally {
      await ahead.close();
    }
  } finally {
    await snapshot.close();
  }
}

class Audit {
  private readonly log: SignedLog;
  private readonly heads = new Heads(REMEMBERED_ACCOUNTS);
  private readonly entries = new EntryReader();
  private readonly signed = new Tally();
  private readonly unsigned = new Tally();
  private readonly findings: Finding[] = [];
  private otherwise = 0;
  private readonly firstEntries = new FirstEntries();
  private firstOtherwise: Leaf | undefined;
  private erased = 0;
  private lastPosition: number | null = null;

  /** @param reader reads rows ahead; of the same moment as `client`, which looks up the rest */
  constructor(
    private readonly client: Client,
    private readonly reader: Client,
    private readonly starts: ChainStarts,
    private readonly options: AuditOptions,
  ) {
    this.log = this.openLog();
  }

  async run(): Promise<Omit<AuditReport, 'milliseconds'>> {
    this.findings.push(...(await checkTable(this.client)));
    await this.compareAll(this.log.leaves());
    const believed = this.checkRoots();
    const lastSigned = this.lastPosition;
    await this.compareAll(this.log.leavesBeyond(lastSigned));
    const { rows } = await this.client.query<{ entries: string }>(AFTER, [this.lastPosition ?? -1]);
    this.tellOfTheLog();
    const ofFirstEntries = this.firstEntries.verdict();
    if (ofFirstEntries !== null) this.say('log', ofFirstEntries);
    const previousOf = await this.previousHashes(lastSigned);
    for (const [tally, unsigned] of [
      [this.signed, !believed],
      [this.unsigned, true],
    ] as const) {
      const there = await WhatIsThere.read(this.client, tally.suspects, tally.extras);
      this.findings.push(...new Explainer(there, tally.suspects, tally.extras, previousOf).explain(unsigned));
    }
    return {
      findings: withoutRepetition(this.findings).sort(byEntry),
      more: this.signed.more + this.unsigned.more,
      signed: this.signed.entries,
      unsigned: this.unsigned.entries,
      unlogged: Number(rows[0]!.entries),
      erased: this.erased,
    };
  }

  private openLog(): SignedLog {
    const { file, earlier } = this.options;
    return new SignedLog(
      this.reader,
      file,
      earlier.map(({ checkpoint }) => checkpoint.size),
    );
  }

  /** The next rows are on their way, on a connection of their own, while some are compared. */
  private async compareAll(all: AsyncGenerator<SomeLeaves>): Promise<void> {
    const groups = this.readGroups(all);
    for (let next = groups.next(); ;) {
      const { done, value } = await next;
      if (done === true) return;
      next = groups.next();
      // Whoever fails first is heard; the other must not go unheard.
      next.catch(() => {});
      await this.compare(value.some, value.group);
    }
  }

  private async *readGroups(all: AsyncGenerator<SomeLeaves>): AsyncGenerator<{ some: SomeLeaves; group: Group }> {
    for await (const some of all) {
      const group = await readGroup(this.reader, this.entries, some.bytes, some.first, some.stored, this.lastPosition);
      this.lastPosition = group.leaves.at(-1)?.position ?? this.lastPosition;
      yield { some, group };
    }
  }

  private async compare(some: SomeLeaves, group: Group): Promise<void> {
    const { suspects, extras, otherwise, erased } = await compareGroup(this.client, group, this.heads, this.starts);
    (some.signed ? this.signed : this.unsigned).add(suspects, extras, group.leaves.length);
    this.erased += erased;
    this.firstEntries.count(group.leaves, suspects);
    this.otherwise += otherwise.length;
    this.firstOtherwise ??= otherwise[0];
    if (!some.signed && some.first < this.options.file.checkpoint.size) this.tellOfTile(group);
    if (group.unreadable > 0) {
      const [from, to] = [some.first + group.leaves.length + 1, some.first + group.leaves.length + group.unreadable];
      this.say('log', `entries ${from} to ${to} of the log are in a format that this version does not know`);
    }
    this.options.onProgress?.(group.leaves.length);
  }

  /** @returns whether what was compared with was signed */
  private checkRoots(): boolean {
    const { file, earlier } = this.options;
    const { size, root } = file.checkpoint;
    const believed = this.log.root().equals(root);
    if (!believed && file.detail !== 'note') {
      throw new BadNote(`${file.path}: what it holds is not what its note was signed for; use an unchanged copy`);
    }
    if (!believed) {
      this.say(
        'log',
        `the log is not the one of which the first ${size} entries were signed: entries, or their order, are not what they ` +
          'were. Which ones, the note alone cannot tell; a file with leaves can',
      );
    }
    for (const { path, checkpoint } of believed ? earlier : []) {
      if (this.log.rootAt(checkpoint.size)?.equals(checkpoint.root) ?? checkpoint.size === 0) continue;
      this.say(
        'inconsistent',
        `${file.path} does not go on from ${path}: before it was signed, something among the first ${checkpoint.size} ` +
          `entries was changed and the log made anew. Audit ${path} by itself to learn what`,
      );
    }
    return believed;
  }

  private tellOfTheLog(): void {
    if (this.otherwise === 0 || this.firstOtherwise === undefined) return;
    const { accountNo, seq } = this.firstOtherwise;
    this.say(
      'log',
      `the database's own log has ${this.otherwise} of the hashes otherwise than they were signed, or not at all: it was ` +
        `changed, or made anew; first at account number ${accountNo}, entry ${seq}`,
    );
  }

  private tellOfTile({ leaves, first, stored }: Group): void {
    const [from, to] = [leaves[0]?.position, leaves.at(-1)?.position];
    const where =
      from === undefined || stored[0] === undefined
        ? ''
        : `, by what the log says now those at positions ${from} to ${to}`;
    this.say(
      'log',
      `entries ${first + 1} to ${Math.min(first + 256, this.options.file.checkpoint.size)} of the log${where}, are not ` +
        'what was signed: one of them, or their order, was changed and the log made anew. A file with leaves tells which',
    );
  }

  /** The hashes before all suspects, from the leaves themselves: what is read of them again is believed as much as before. */
  private async previousHashes(lastSigned: number | null): Promise<PreviousOf> {
    const wanted = new Map<string, string>();
    for (const { leaf } of [...this.signed.suspects, ...this.unsigned.suspects]) {
      wanted.set(`${leaf.accountNo}:${leaf.seq - 1}`, '');
    }
    if (wanted.size === 0) return previousFrom(wanted, this.starts);
    const log = this.openLog();
    for (const all of [log.leaves(), log.leavesBeyond(lastSigned)]) {
      for await (const { bytes } of all) {
        for (let at = 0; at < bytes.length; at += LEAF_BYTES) {
          const leaf = readLeaf(bytes, at);
          const key = leaf === null ? '' : `${leaf.accountNo}:${leaf.seq}`;
          if (leaf !== null && wanted.get(key) === '') wanted.set(key, leaf.hash);
        }
      }
    }
    return previousFrom(new Map([...wanted].filter(([, hash]) => hash !== '')), this.starts);
  }

  private say(kind: Finding['kind'], words: string): void {
    this.findings.push({ kind, entry: null, account: null, words, unsigned: false });
  }
}

/** What is said of an entry by what was signed need not be said by what was not. */
function withoutRepetition(findings: readonly Finding[]): Finding[] {
  const key = ({ entry }: Finding): string => `${entry?.accountNo}:${entry?.seq}`;
  const told = new Set(findings.filter(({ entry, unsigned }) => entry !== null && !unsigned).map(key));
  return findings.filter(finding => !finding.unsigned || !told.has(key(finding)));
}

/** What is about no entry first. */
function byEntry(a: Finding, b: Finding): number {
  if (a.entry === null || b.entry === null) return (a.entry === null ? 0 : 1) - (b.entry === null ? 0 : 1);
  return a.entry.accountNo - b.entry.accountNo || a.entry.seq - b.entry.seq;
}
