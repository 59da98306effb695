import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  consistencyPath,
  GrowingTree,
  inclusionPath,
  leafHash,
  rootOf,
  rootOfPath,
  treeRoot,
  type NodeAt,
} from './merkle.js';

const sha = (...parts: (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 6962, section 2.1, word for word. */
function merkleTreeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha('');
  if (leaves.length === 1) return sha(Buffer.of(0), leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.of(1), merkleTreeHash(leaves.slice(0, k)), merkleTreeHash(leaves.slice(k)));
}

const nodesOf = (leaves: readonly Buffer[]): NodeAt => {
  return (level, index) => merkleTreeHash(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
};
const someLeaves = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => Buffer.from(`leaf ${i}`));
const sizeAndIndex = fc.integer({ min: 1, max: 600 }).chain(size => fc.tuple(fc.constant(size), fc.nat(size - 1)));

/** RFC 6962, section 2.1.2, word for word. */
function subproof(m: number, leaves: readonly Buffer[], isComplete: boolean): Buffer[] {
  if (m === leaves.length) return isComplete ? [] : [merkleTreeHash(leaves)];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isComplete), merkleTreeHash(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), merkleTreeHash(leaves.slice(0, k))];
}

describe('the Merkle tree', () => {
  it('has the roots that the vectors of certificate transparency have', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const hashes = inputs.map(hex => leafHash(Buffer.from(hex, 'hex')));
    expect(rootOf([]).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(rootOf(hashes.slice(0, 1)).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(rootOf(hashes).toString('hex')).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  it('has the root of RFC 6962 however it grew: leaf by leaf, or by subtrees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 4 }), (size, level) => {
        const leaves = someLeaves(size);
        const tree = new GrowingTree();
        const whole = Math.floor(size / 2 ** level);
        for (let i = 0; i < whole; i++) tree.append(nodesOf(leaves)(level, i), level);
        for (const leaf of leaves.slice(whole * 2 ** level)) tree.append(leafHash(leaf));
        expect(tree.size).toBe(size);
        expect(tree.root()).toEqual(merkleTreeHash(leaves));
        expect(treeRoot(nodesOf(leaves), size)).toEqual(merkleTreeHash(leaves));
      }),
    );
  });

  it('takes no subtree where none of its size can begin', () => {
    const tree = new GrowingTree();
    tree.append(leafHash(Buffer.of()));
    expect(() => tree.append(leafHash(Buffer.of()), 1)).toThrow(RangeError);
  });

  it('proves every leaf of every size', () => {
    fc.assert(
      fc.property(sizeAndIndex, ([size, index]) => {
        const leaves = someLeaves(size);
        const path = inclusionPath(nodesOf(leaves), index, size);
        expect(rootOfPath(leafHash(leaves[index]!), index, size, path)).toEqual(merkleTreeHash(leaves));
      }),
      { numRuns: 60 },
    );
  });

  it('proves no other leaf, at no other place, in no tree of another size, with no hash more, less or changed', () => {
    fc.assert(
      fc.property(sizeAndIndex, fc.nat(), ([size, index], chosen) => {
        const leaves = someLeaves(size);
        const root = merkleTreeHash(leaves);
        const path = inclusionPath(nodesOf(leaves), index, size);
        const leaf = leafHash(leaves[index]!);
        const proves = (...args: Parameters<typeof rootOfPath>): boolean => rootOfPath(...args)?.equals(root) ?? false;
        expect(proves(leafHash(Buffer.from('forged')), index, size, path)).toBe(false);
        if (size > 1) expect(proves(leaf, (index + 1) % size, size, path)).toBe(false);
        expect(proves(leaf, index, size, [...path, root])).toBe(false);
        expect(proves(leaf, size, size, path)).toBe(false);
        if (path.length === 0) return;
        expect(proves(leaf, index, size, path.slice(1))).toBe(false);
        const changed = path.map((hash, at) => (at === chosen % path.length ? sha(hash) : hash));
        expect(proves(leaf, index, size, changed)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('shows that it goes on from every size it had as RFC 6962 says', () => {
    fc.assert(
      fc.property(sizeAndIndex, ([size, index]) => {
        const leaves = someLeaves(size);
        for (const from of [index + 1, size]) {
          expect(consistencyPath(nodesOf(leaves), from, size)).toEqual(subproof(from, leaves, true));
        }
        expect(consistencyPath(nodesOf(leaves), 0, size)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
