import { expect, test } from '@jest/globals';
import { rehearseRestore } from '../../tools/restore/rehearse-restore.js';

const LONGEST_RUN_MS = 600_000;

// The short form; `npm run restore:rehearse` is the long one.
test(
  'a ledger lost under load is restored to a moment: all that was acknowledged before it, nothing sent after it, verified and served',
  async () => {
    const { problems, entriesBefore, entriesLost } = await rehearseRestore({ clients: 4, phaseMs: 500 });
    expect(problems).toEqual([]);
    expect(entriesBefore).toBeGreaterThan(10);
    expect(entriesLost).toBeGreaterThan(10);
  },
  LONGEST_RUN_MS,
);
