import { Client } from 'pg';
import { ChainStarts } from '../chain-starts.js';
import type { Leaf } from '../leaf.js';
import type { Suspect } from './compare-group.js';

/** As the owner: who only looks at a ledger may not see its secrets. */
export async function readStarts(ownerUrl: string): Promise<ChainStarts> {
  const owner = new Client({ connectionString: ownerUrl, application_name: 'credits-ledger replay' });
  // The query under way fails with it; without a listener it would end the process.
  owner.on('error', () => {});
  await owner.connect();
  return ChainStarts.loadIfThere(owner).finally(() => owner.end());
}

/** Tells whether the secret that chains begin with is another: then no first entry fits, and each is suspected for it. */
export class FirstEntries {
  private intact = 0;
  private changed = 0;

  /** Those that are gone say nothing of what they followed. */
  count(leaves: readonly Leaf[], suspects: readonly Suspect[]): void {
    const suspected = suspects.filter(({ leaf }) => followsTheSecret(leaf));
    this.changed += suspected.filter(({ row }) => row !== null).length;
    this.intact += leaves.filter(followsTheSecret).length - suspected.length;
  }

  /** In words; null where nothing is wrong with all of them at once. */
  verdict(): string | null {
    if (this.intact > 0 || this.changed < 2) return null;
    return (
      'no first entry of an account is what was signed: all were changed, or the row chains of the table secrets was, ' +
      'from which what they follow is made'
    );
  }
}

function followsTheSecret({ seq, format }: Leaf): boolean {
  return seq === 1 && format > 1;
}
