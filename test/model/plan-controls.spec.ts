import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { GENES } from './genes.js';
import { MEMBER_BUGS } from './member-bugs.js';
import { PLANS_WORLD } from './next-plan.js';
import { PLAN_BUGS } from './plan-bugs.js';
import { runSequence } from './run-sequence.js';

/** How many random sequences a bug may survive: a twentieth of what `npm test` runs. */
const SEQUENCES = 1000;
const sequences = fc.sample(GENES, { seed: 20_261_121, numRuns: SEQUENCES });

describe('the comparison with the naive model of plans and members finds a domain in which', () => {
  it.each([...Object.entries(PLAN_BUGS), ...Object.entries(MEMBER_BUGS)])('%s', (name, domain) => {
    const caught = sequences.findIndex(genes => runSequence(genes, { world: PLANS_WORLD, domain }) !== null);
    if (process.env['MODEL_TABLE'] !== undefined) process.stderr.write(`${String(caught + 1).padStart(5)}  ${name}\n`);
    expect(caught).toBeGreaterThanOrEqual(0);
  });

  it('nothing is wrong, never', () => {
    expect(sequences.slice(0, 40).every(genes => runSequence(genes, { world: PLANS_WORLD }) === null)).toBe(true);
  });
});

describe('docs/proof.md', () => {
  it.each([
    ['Seeded bugs of plans', PLAN_BUGS],
    ["Seeded bugs of members and of an account's own amounts", MEMBER_BUGS],
  ])('lists each of these: %s', async (title, bugs) => {
    const sections = (await readFile('docs/proof.md', 'utf8')).split(/^## /m);
    const section = sections.find(part => part.startsWith(`${title}\n`)) ?? '';
    expect([...section.matchAll(/^- (.+)$/gm)].map(([, name]) => name)).toEqual(Object.keys(bugs));
  });
});
