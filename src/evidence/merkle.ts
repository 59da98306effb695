import { HASH_BYTES, sha256 } from './sha256.js';

/** The tree of RFC 6962, section 2.1: leaves and nodes are hashed apart, so that neither passes for the other. */
const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;
const EMPTY_ROOT = sha256('');

export function leafHash(data: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(1 + data.length);
  bytes[0] = LEAF_PREFIX;
  data.copy(bytes, 1);
  return sha256(bytes);
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  bytes[0] = NODE_PREFIX;
  left.copy(bytes, 1);
  right.copy(bytes, 1 + HASH_BYTES);
  return sha256(bytes);
}

/** A tree that grows to the right; it remembers one hash for each bit of its size. */
export class GrowingTree {
  size = 0;
  private readonly complete: { readonly level: number; readonly hash: Buffer }[] = [];

  /**
   * Adds a leaf, or a complete subtree of 2^level leaves.
   * @throws RangeError where a subtree of that size cannot begin
   */
  append(hash: Buffer, level = 0): void {
    const leaves = 2 ** level;
    if (this.size % leaves !== 0) throw new RangeError(`no subtree of ${leaves} leaves begins at ${this.size}`);
    let added = { level, hash };
    for (let last = this.complete.at(-1); last?.level === added.level; last = this.complete.at(-1)) {
      this.complete.pop();
      added = { level: added.level + 1, hash: nodeHash(last.hash, added.hash) };
    }
    this.complete.push(added);
    this.size += leaves;
  }

  /** @param rest the root of leaves that follow, fewer than any subtree that was added has */
  root(rest?: Buffer): Buffer {
    const hashes = this.complete.map(({ hash }) => hash);
    if (rest !== undefined) hashes.push(rest);
    return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

export function rootOf(hashes: readonly Buffer[]): Buffer {
  const tree = new GrowingTree();
  for (const hash of hashes) tree.append(hash);
  return tree.root();
}

/** The hash of the complete subtree that is number `index` among those of 2^level leaves. */
export type NodeAt = (level: number, index: number) => Buffer;

/** The root of the first `size` leaves. */
export function treeRoot(node: NodeAt, size: number): Buffer {
  return size === 0 ? EMPTY_ROOT : subtreeRoot(node, 0, size);
}

/** The hashes beside the way from a leaf to the root of the first `size` leaves, lowest first. */
export function inclusionPath(node: NodeAt, index: number, size: number): Buffer[] {
  const path: Buffer[] = [];
  let [first, end] = [0, size];
  while (end - first > 1) {
    const middle = first + largestPowerBelow(end - first);
    if (index < middle) {
      path.unshift(subtreeRoot(node, middle, end));
      end = middle;
    } else {
      path.unshift(subtreeRoot(node, first, middle));
      first = middle;
    }
  }
  return path;
}

/** The root that a leaf and the hashes beside its way lead to; null where so many hashes cannot be. */
export function rootOfPath(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | null {
  if (index < 0 || index >= size) return null;
  let hash = leaf;
  let [at, last] = [index, size - 1];
  for (const beside of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(beside, hash);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, beside);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}

/**
 * What shows that the first `size` leaves begin with the same `from` leaves as ever: RFC 6962, section 2.1.2. Empty where
 * the two are one size, or `from` is 0.
 */
export function consistencyPath(node: NodeAt, from: number, size: number): Buffer[] {
  const path: Buffer[] = [];
  let [first, end] = [0, size];
  if (from === 0) return path;
  while (from < end) {
    const middle = first + largestPowerBelow(end - first);
    if (from <= middle) {
      path.unshift(subtreeRoot(node, middle, end));
      end = middle;
    } else {
      path.unshift(subtreeRoot(node, first, middle));
      first = middle;
    }
  }
  // Whoever has the earlier root needs no node that is all of what it stands for.
  return first === 0 ? path : [subtreeRoot(node, first, end), ...path];
}

function subtreeRoot(node: NodeAt, first: number, end: number): Buffer {
  const leaves = end - first;
  const half = largestPowerBelow(leaves);
  if (half * 2 === leaves || leaves === 1) return node(Math.round(Math.log2(leaves)), first / leaves);
  return nodeHash(subtreeRoot(node, first, first + half), subtreeRoot(node, first + half, end));
}

/** The largest power of two below `count`. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
