import type { ChainStarts } from '../chain-starts.js';
import { entryHash, type PrintedEntry } from '../entry-hash.js';
import { entryKey } from '../log/read-entries.js';
import type { Leaf } from '../leaf.js';
import { isErased, isIntact, textsOf, type Extra, type StoredTexts, type Suspect } from './compare-group.js';
import type { Finding, FindingKind } from './finding.js';
import { guesses } from './guesses.js';
import type { Name, WhatIsThere } from './what-is-there.js';

/** Rows whose content is tried in the place of another; all with all. */
const MOST_TRIED_ELSEWHERE = 400;

/** The signed hash of an account's entry before another. */
export type PreviousOf = (leaf: Leaf) => string | undefined;

/** Says of each suspect what was done to it, as far as the signed hashes tell. */
export class Explainer {
  /** Suspects that are indeed not what was signed. */
  private altered: readonly Suspect[] = [];
  private readonly foundElsewhere = new Set<PrintedEntry>();

  constructor(
    private readonly there: WhatIsThere,
    private readonly suspects: readonly Suspect[],
    private readonly extras: readonly Extra[],
    private readonly previousOf: PreviousOf,
  ) {}

  explain(unsigned: boolean): Finding[] {
    const findings: Finding[] = [];
    const say = (kind: FindingKind, entry: Leaf | PrintedEntry, words: string): void => {
      const no = 'hash' in entry ? entry : { accountNo: Number(entry.account_no), seq: Number(entry.seq) };
      const { accountNo, seq } = no;
      findings.push({
        kind,
        entry: { accountNo, seq },
        account: this.nameOf(accountNo)?.account ?? null,
        words,
        unsigned,
      });
    };
    this.altered = this.suspects.filter(suspect => !this.isAsSigned(suspect));
    for (const suspect of this.altered) {
      const [kind, words] = this.explainOne(suspect);
      say(kind, suspect.leaf, words);
    }
    const known = new Set(this.suspects.map(({ leaf }) => `${leaf.accountNo}:${leaf.seq}`));
    for (const { row } of this.extras) {
      if (known.has(entryKey(row)) && !this.isSecond(row)) continue;
      const other = this.foundElsewhere.has(row) ? '; its content is another entry’s, named here too' : '';
      say('inserted', row, `was inserted: at its position ${row.position} none was signed${other}`);
    }
    return findings;
  }

  /** It was suspected because its salt is not where the signed log has it: a log that was made anew has others there. */
  private isAsSigned(suspect: Suspect): boolean {
    const { leaf } = suspect;
    const row = this.rowOf(suspect);
    const previous = this.previousOf(leaf);
    if (row === null || previous === undefined) return false;
    return this.knownTexts(suspect).some(texts => isIntact(row, previous, texts, leaf));
  }

  private rowOf({ leaf, row }: Suspect): PrintedEntry | null {
    return row ?? this.there.rows.get(`${leaf.accountNo}:${leaf.seq}`) ?? null;
  }

  private knownTexts(suspect: Suspect): StoredTexts[] {
    const salt = this.there.salts.get(`${suspect.leaf.accountNo}:${suspect.leaf.seq}`);
    return salt === undefined ? [suspect] : [suspect, { ...suspect, salt }];
  }

  private explainOne(suspect: Suspect): [FindingKind, string] {
    const { leaf } = suspect;
    const row = this.rowOf(suspect);
    const previous = this.previousOf(leaf);
    if (previous === undefined) return ['changed', 'does not follow the entry before it'];
    const known = this.knownTexts(suspect);
    const fits = (candidate: PrintedEntry, more: readonly StoredTexts[] = []): boolean =>
      [...known, ...more].some(
        texts => entryHash(candidate, previous, textsOf(candidate, texts), leaf.format) === leaf.hash,
      );
    if (row !== null && suspect.erased !== null && !isErased(row) && fits(row)) {
      return ['texts-returned', 'has texts again, although they were erased'];
    }
    return (
      this.underAnotherName(leaf, row, fits) ??
      this.elsewhere(suspect, row, fits) ??
      (row === null ? this.gone(leaf) : this.changed(leaf, row, suspect, fits))
    );
  }

  private underAnotherName(leaf: Leaf, row: PrintedEntry | null, fits: (row: PrintedEntry) => boolean) {
    if (row === null) return null;
    for (const [accountNo, names] of this.there.names) {
      for (const { mode, account } of names) {
        if (mode === row.mode && account === row.account) continue;
        if (!fits({ ...row, mode, account })) continue;
        const now = accountNo === leaf.accountNo ? '' : `, which is now account number ${accountNo}`;
        return found('renamed', `is of another account by name: it was ${account} (${mode})${now}`);
      }
    }
    return null;
  }

  /** Whether what was here stands in the place of another entry. */
  private elsewhere(
    suspect: Suspect,
    row: PrintedEntry | null,
    fits: (row: PrintedEntry, more?: readonly StoredTexts[]) => boolean,
  ) {
    const { leaf } = suspect;
    const here = { account_no: String(leaf.accountNo), seq: String(leaf.seq), position: String(leaf.position) };
    // Entries of two accounts may be alike but for these: one that is what it was is nobody else's.
    const candidates = [...this.altered, ...this.extras].slice(0, MOST_TRIED_ELSEWHERE);
    for (const candidate of candidates) {
      const other = candidate.row;
      if (other === null || other === row) continue;
      const names = [...(this.there.names.get(leaf.accountNo) ?? []), { mode: other.mode, account: other.account }];
      for (const name of names) {
        const content = { ...other, ...here, mode: name.mode, account: name.account };
        if (!fits(content, [{ ...candidate, erased: suspect.erased }])) continue;
        this.foundElsewhere.add(other);
        const place = `${other.account ?? `account number ${other.account_no}`}, entry ${other.seq}, position ${other.position}`;
        if (row === null) return found('moved', `is now ${place}: it was moved there`);
        return found('swapped', `has other content: its own stands at ${place}`);
      }
    }
    return null;
  }

  private gone({ accountNo, seq }: Leaf): [FindingKind, string] {
    const last = this.there.lastSeqs.get(accountNo);
    if (last === undefined) return ['cut-off', 'is gone, and the account has no entries left'];
    return last < seq ? ['cut-off', `is gone: the account was cut off after entry ${last}`] : ['missing', 'is gone'];
  }

  private changed(
    leaf: Leaf,
    row: PrintedEntry,
    texts: StoredTexts,
    fits: (row: PrintedEntry) => boolean,
  ): [FindingKind, string] {
    for (const { field, was } of guesses(row, leaf, this.there.units)) {
      if (row[field] === was || !fits({ ...row, [field]: was })) continue;
      if (field === 'position')
        return ['moved', `was moved in the order of all entries, from position ${was} to ${row.position}`];
      return ['changed', `was changed: ${field} is ${row[field] ?? 'empty'}, and was ${was ?? 'empty'}`];
    }
    const without = { ...row, reason: null, metadata: null, settings_metadata: null };
    if (texts.erased === null && !isErased(row) && fits(without)) {
      return ['changed', 'was changed: it had no reason and no metadata'];
    }
    if (texts.erased === null && !isErased(row) && !this.there.salts.has(`${leaf.accountNo}:${leaf.seq}`)) {
      return [
        'changed',
        'was changed, or the salt of its texts was: the log no longer has it, and they cannot be checked',
      ];
    }
    return ['changed', 'was changed; which of its fields, the signed hash does not tell'];
  }

  /** Another row under a number that has one already. */
  private isSecond(row: PrintedEntry): boolean {
    return this.suspects.every(
      suspect => entryKey(row) !== `${suspect.leaf.accountNo}:${suspect.leaf.seq}` || suspect.row !== null,
    );
  }

  private nameOf(accountNo: number): Name | undefined {
    return this.there.names.get(accountNo)?.[0];
  }
}

function found(kind: FindingKind, words: string): [FindingKind, string] {
  return [kind, words];
}

/** The signed hashes before these leaves, of so many as are wanted. */
export function previousFrom(hashes: ReadonlyMap<string, string>, starts: ChainStarts): PreviousOf {
  return leaf => (leaf.seq === 1 ? starts.of(leaf) : hashes.get(`${leaf.accountNo}:${leaf.seq - 1}`));
}
