import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signCheckpoint } from '../../../src/evidence/checkpoint.js';
import {
  consistencyPath,
  inclusionPath,
  leafHash,
  rootOf,
  treeRoot,
  type NodeAt,
} from '../../../src/evidence/merkle.js';
import { SigningKey } from '../../../src/evidence/signed-note.js';
import { CheckProof } from '../../support/check-proof.js';

const key = new SigningKey('a-ledger', Buffer.alloc(32, 7));
const publicKey = key.publicKey.toString();

/** An entry that no database ever had, as the log would have it. */
function contentOf(index: number, more: Record<string, string> = {}): string {
  const members = {
    format: 'credits-ledger/entry/2',
    previous: '0a'.repeat(32),
    account: `user_${index}`,
    account_no: '7',
    seq: String(index + 1),
    position: String(index + 100),
    type: 'grant',
    unit: 'credits',
    amount: '12500000',
    ...more,
  };
  return JSON.stringify(members, Object.keys(members).sort());
}

function leafOf(content: string): Buffer {
  const { account_no, seq, position, format } = JSON.parse(content) as Record<string, string>;
  const head = Buffer.alloc(25, Number(format!.at(-1)));
  [account_no, seq, position].forEach((number, i) => head.writeBigInt64BE(BigInt(number!), 1 + 8 * i));
  return Buffer.concat([head, createHash('sha256').update(content).digest()]);
}

class Tree {
  readonly node: NodeAt;
  constructor(readonly contents: readonly string[]) {
    const leaves = contents.map(content => leafHash(leafOf(content)));
    this.node = (level, index) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
  }

  note(size = this.contents.length): string {
    return signCheckpoint(key, size, treeRoot(this.node, size));
  }

  proof(index: number, size = this.contents.length): Record<string, unknown> {
    const path = inclusionPath(this.node, index, size).map(hash => hash.toString('base64'));
    return { format: 'credits-ledger/proof/1', index, content: this.contents[index], path, scale: 6 };
  }

  consistency(from: number, size: number): Record<string, unknown> {
    const path = consistencyPath(this.node, from, size).map(hash => hash.toString('base64'));
    return { format: 'credits-ledger/consistency/1', from, to: size, path };
  }
}

describe('the checker of proofs, by itself', () => {
  let checker: CheckProof;
  const tree = new Tree(Array.from({ length: 21 }, (_, i) => contentOf(i)));

  beforeAll(async () => {
    checker = await CheckProof.install();
  });

  afterAll(() => checker.remove());

  const check = (proof: unknown, ...rest: (string | Buffer)[]) => checker.check(JSON.stringify(proof), ...rest);

  it('takes the proof of any entry under any checkpoint that has it', async () => {
    for (const [index, size] of [
      [0, 1],
      [0, 2],
      [1, 2],
      [2, 3],
      [6, 7],
      [7, 8],
      [8, 9],
      [0, 21],
      [15, 21],
      [16, 21],
      [20, 21],
    ] as const) {
      const { code, words } = await check(tree.proof(index, size), tree.note(size), publicKey);
      expect({ index, size, code, words }).toMatchObject({ code: 0 });
      expect(words).toContain(
        `account "user_${index}" is number ${index + 1} of the ${size} entries that "a-ledger" signed`,
      );
      expect(words).toContain('which is not signed: 12.5');
    }
  });

  it('takes what it was given together with a whole checkpoint file', async () => {
    const file = Buffer.concat([Buffer.from(`${tree.note()}\nleaves\n`), randomBytes(21 * 57)]);
    expect(await check(tree.proof(3), file, publicKey)).toMatchObject({ code: 0 });
  });

  it('refuses an entry of which one character is another', async () => {
    const proof = tree.proof(5);
    for (const content of [contentOf(5, { amount: '12500001' }), contentOf(5, { member: 'm' }), contentOf(4)]) {
      const { code, words } = await check({ ...proof, content }, tree.note(), publicKey);
      expect({ code, words }).toMatchObject({ code: 1, words: expect.stringContaining('not under this checkpoint') });
    }
  });

  it('refuses a proof for another place, another size, or with a hash more, less or changed', async () => {
    const proof = tree.proof(5);
    const path = proof['path'] as string[];
    const other = randomBytes(32).toString('base64');
    const wrong = [
      [{ ...proof, index: 6 }, tree.note()],
      [{ ...proof, index: 21 }, tree.note()],
      [proof, tree.note(20)],
      [{ ...tree.proof(0, 1), index: 1 }, tree.note(1)],
      [{ ...proof, path: [...path, other] }, tree.note()],
      [{ ...proof, path: path.slice(1) }, tree.note()],
      [{ ...proof, path: [other, ...path.slice(1)] }, tree.note()],
    ] as const;
    for (const [each, note] of wrong) expect(await check(each, note, publicKey)).toMatchObject({ code: 1 });
  });

  it('refuses a checkpoint that another key signed, that was changed, or that is of another log', async () => {
    const note = tree.note();
    const namesake = new SigningKey('a-ledger', Buffer.alloc(32, 8));
    const changed = note.replace('\n21\n', '\n22\n');
    const elsewhere = key.sign(note.slice(0, note.indexOf('\n\n') + 1).replace('a-ledger', 'b-ledger'));
    for (const [each, words] of [
      [signCheckpoint(namesake, 21, treeRoot(tree.node, 21)), 'is not signed by'],
      [changed, 'its signature does not fit'],
      [elsewhere, 'is no checkpoint of the log'],
    ] as const) {
      expect(await check(tree.proof(5), each, publicKey)).toMatchObject({
        code: 1,
        words: expect.stringContaining(words),
      });
    }
  });

  it('refuses content that says two things at once', async () => {
    const twice = contentOf(0).replace('"amount":"12500000"', '"amount":"1","amount":"12500000"');
    const spaced = contentOf(0).replace(',', ', ');
    for (const content of [twice, spaced]) {
      const signed = new Tree([content]);
      expect(await check(signed.proof(0), signed.note(), publicKey)).toMatchObject({ code: 1 });
    }
    for (const content of ['null', '[]', '{}', contentOf(0, { seq: '-1' })]) {
      const { code } = await check({ ...tree.proof(0), content }, tree.note(), publicKey);
      expect({ content, code }).toEqual({ content, code: content === '{}' ? 2 : 1 });
    }
  });

  it('shows texts only where they are those that were signed', async () => {
    const texts = { salt: '03'.repeat(16), reason: 'welcome', metadata: '{"job": "a"}' };
    const signed = { format: 'credits-ledger/texts/1', ...texts };
    const hash = createHash('sha256')
      .update(JSON.stringify(signed, Object.keys(signed).sort()))
      .digest('hex');
    const written = new Tree([contentOf(0, { texts: hash }), contentOf(1)]);
    const shown = await check({ ...written.proof(0), texts }, written.note(), publicKey);
    expect(shown).toMatchObject({ code: 0, words: expect.stringContaining('reason: "welcome"') });
    const erased = await check(written.proof(0), written.note(), publicKey);
    expect(erased).toMatchObject({ code: 0, words: expect.stringContaining('may have been erased') });
    for (const other of [{ ...texts, reason: 'x' }, { ...texts, more: 'x' }, { ...texts, salt: 7 }, 'welcome']) {
      expect(await check({ ...written.proof(0), texts: other }, written.note(), publicKey)).toMatchObject({ code: 1 });
    }
    expect(await check({ ...written.proof(1), texts }, written.note(), publicKey)).toMatchObject({ code: 1 });
  });

  it('lets no name move the cursor of who reads it', async () => {
    const hostile = new Tree([contentOf(0, { account: 'a\u001b[2J\u009b2J\u202eb\nProven' })]);
    const { code, words } = await check(hostile.proof(0), hostile.note(), publicKey);
    expect(code).toBe(0);
    expect(words).toContain(String.raw`"a\u001b[2J\u009b2J\u202eb\nProven"`);
  });

  it('says what it cannot read', async () => {
    const unreadable = [
      ['{', 'is not JSON'],
      ['{"format": "credits-ledger/proof/2"}', 'is not of the format'],
      [JSON.stringify({ ...tree.proof(0), index: 1.5 }), 'index'],
      [JSON.stringify({ ...tree.proof(0), path: ['AA=='] }), 'path'],
      [JSON.stringify({ ...tree.proof(0), content: contentOf(0, { format: 'credits-ledger/entry/9' }) }), 'newer'],
    ] as const;
    for (const [proof, words] of unreadable) {
      expect(await checker.check(proof, tree.note(), publicKey)).toMatchObject({
        code: 2,
        words: expect.stringContaining(words),
      });
    }
    const damaged = `${publicKey.slice(0, -2)}A=`;
    expect(await check(tree.proof(0), tree.note(), damaged)).toMatchObject({
      code: 2,
      words: expect.stringContaining('key'),
    });
    expect(await check(tree.proof(0), 'no note', publicKey)).toMatchObject({ code: 2 });
  });

  it('takes that a checkpoint goes on from an earlier one, of any two sizes', async () => {
    for (const [from, size] of [
      [1, 1],
      [1, 2],
      [2, 3],
      [3, 7],
      [4, 7],
      [6, 8],
      [7, 8],
      [8, 9],
      [8, 21],
      [13, 21],
      [16, 21],
      [20, 21],
      [21, 21],
    ] as const) {
      const verdict = await check(tree.consistency(from, size), tree.note(from), tree.note(size), publicKey);
      expect({ from, size, ...verdict }).toMatchObject({ code: 0 });
    }
  });

  it('refuses it where an entry before the earlier one was changed and everything signed again', async () => {
    const remade = new Tree(tree.contents.map((content, i) => (i === 2 ? contentOf(2, { amount: '1' }) : content)));
    for (const [from, size] of [
      [3, 7],
      [4, 7],
      [8, 21],
      [13, 21],
      [21, 21],
    ] as const) {
      for (const proof of [tree.consistency(from, size), remade.consistency(from, size)]) {
        const verdict = await check(proof, tree.note(from), remade.note(size), publicKey);
        expect({ from, size, ...verdict }).toMatchObject({ code: 1 });
      }
    }
    const { path } = tree.consistency(13, 21) as { path: string[] };
    for (const other of [path.slice(1), [...path, path[0]], []]) {
      const proof = { ...tree.consistency(13, 21), path: other };
      expect(await check(proof, tree.note(13), tree.note(21), publicKey)).toMatchObject({ code: 1 });
    }
    expect(await check(tree.consistency(13, 21), tree.note(21), tree.note(13), publicKey)).toMatchObject({ code: 2 });
  });
});
