import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { eraseTexts } from '../../src/evidence/erase/erase-texts.js';
import { EvidenceLog } from '../../src/evidence/log/evidence-log.js';
import { signLog } from '../../src/evidence/log/sign-log.js';
import type { SigningKey } from '../../src/evidence/signed-note.js';
import { loadSigningKey } from '../../src/evidence/signing-key.js';
import { CheckProof } from '../support/check-proof.js';
import type { RequestOf, UnaryMethod } from '../support/grpc-client.js';
import { asHttpJson, readByProto, withoutDefaults } from '../support/proto-json.js';
import { follow, lastPosition, recomputedLeaves, storedLeaves } from '../support/evidence.js';
import { Api, type Json } from './api.js';

describe('what customers take with them', () => {
  let api: Api;
  let checker: CheckProof;
  let key: SigningKey;
  let followed = 0;
  const log = new EvidenceLog();

  beforeAll(async () => {
    api = await Api.start();
    checker = await CheckProof.install();
    key = await loadSigningKey(api.database.ownerPool, undefined);
  });

  afterAll(async () => {
    await api.stop();
    await checker.remove();
  });

  const granted = async (account: string, more: object = {}, as?: string): Promise<Json> => {
    const sent = as === undefined ? {} : { as };
    const { body } = await api.post(
      `/v1/accounts/${encodeURIComponent(account)}/grants`,
      { amount: '10', ...more },
      sent,
    );
    return body.entries[0];
  };
  const proofOf = (entry: string, query = '') => api.get(`/v1/entries/${entry}/proof${query}`);

  /** What the jobs of a worker do. */
  async function logAll(): Promise<void> {
    const last = await lastPosition(api.database);
    await follow(api.database, log, [followed, last]);
    followed = last;
  }

  async function sign(): Promise<Json> {
    await logAll();
    await signLog(api.database.appPool, key);
    return (await api.get('/v1/checkpoints/latest')).body;
  }

  const check = (proof: string, ...notes: string[]) => checker.check(proof, ...notes, key.publicKey.toString());

  test('there is no checkpoint before the first, and no proof', async () => {
    const { id } = await granted('early');
    for (const answer of [
      await api.get('/v1/checkpoints/latest'),
      await api.get('/v1/checkpoints/consistency?from=1'),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'checkpoint_not_found' } });
    }
    expect(await proofOf(id)).toMatchObject({ status: 409, body: { code: 'entry_not_signed', retryable: true } });
    await logAll();
    expect(await proofOf(id)).toMatchObject({ status: 409, body: { code: 'entry_not_signed', retryable: true } });
  });

  test('every kind of entry is proven to whoever has the checkpoint and the key, by one file and no network', async () => {
    const account = 'Jörg "x" 😀';
    const { id } = await granted(account, { reason: 'wélcome', metadata: { order: '17 "' } });
    const path = `/v1/accounts/${encodeURIComponent(account)}`;
    const { body: held } = await api.post(`${path}/reservations`, { amount: '4', metadata: { job: 'a' } });
    await api.post(`/v1/reservations/${held.reservation.id}/commit`, { amount: '3' });
    await api.put(path, { metadata: { tier: 'gold' } });
    await api.post(`${path}/freeze`, { reason: 'a look' });
    const { note, size } = await sign();
    const { body: list } = await api.get(`${path}/entries`);
    expect(list.data.map(({ type }: Json) => type)).toEqual(['freeze', 'configure', 'commit', 'reserve', 'grant']);
    for (const entry of list.data) {
      const { text, body } = await proofOf(entry.id);
      expect(body).toMatchObject({ entry: entry.id, account, seq: entry.seq, checkpoint: note });
      const { code, words } = await check(text, note);
      expect({ code, words }).toMatchObject({ code: 0, words: expect.stringContaining(`of the ${size} entries`) });
      expect(words).toContain(`entry ${entry.seq} of account ${JSON.stringify(account)}`);
      expect(words).toContain(`type: "${entry.type}"`);
    }
    const { words } = await check((await proofOf(id)).text, note);
    expect(words).toContain('which is not signed: 10\n');
    expect(words).toContain('reason: "wélcome"');
    expect(words).toContain(String.raw`metadata: "{\"order\": \"17 \\\"\"}"`);
  });

  test('an entry is proven under every checkpoint that has it, and each goes on from those before', async () => {
    const kept: Json[] = [];
    const entries: Json[] = [];
    for (const more of [1, 200, 60, 300]) {
      const commands = Array.from({ length: more }, (_, i) => {
        const [id, account] = [String(i), `many ${i % 7}`];
        return { id, type: 'grant', account, amount: '1', idempotency_key: `${more} ${i}` };
      });
      await api.post('/v1/batch', { commands }, { key: null });
      entries.push(await granted('marked'));
      kept.push(await sign());
    }
    for (const [i, { id }] of entries.entries()) {
      for (const [j, { size, note }] of kept.entries()) {
        const answer = await proofOf(id, `?size=${size}`);
        if (j < i) {
          expect(answer).toMatchObject({ status: 409, body: { code: 'entry_not_signed', retryable: false } });
        } else {
          expect({ i, j, ...(await check(answer.text, note)) }).toMatchObject({ code: 0 });
        }
      }
    }
    for (const [j, later] of kept.entries()) {
      for (const earlier of kept.slice(0, j + 1)) {
        const { text } = await api.get(`/v1/checkpoints/consistency?from=${earlier.size}&to=${later.size}`);
        expect(await check(text, earlier.note, later.note)).toMatchObject({ code: 0 });
      }
    }
    const toNewest = await api.get(`/v1/checkpoints/consistency?from=${kept[0].size}`);
    expect(toNewest.body).toMatchObject({ to: kept.at(-1).size, checkpoint: kept.at(-1).note });
  });

  test('a proof shows nothing of who stands beside the entry, not even to whoever guesses all of it', async () => {
    await granted('padding');
    await sign();
    for (let i = 0; i < 4; i++) await granted(`neighbour ${i}`);
    const { size } = await sign();
    const leaves = await storedLeaves(api.database);
    const { rows } = await api.database.ownerPool.query(
      `SELECT e.account_no, e.seq FROM entries e JOIN account_names n USING (account_no) WHERE n.id LIKE 'neighbour%'
       ORDER BY e.position`,
    );
    const hashes = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const { body } = await api.get(`/v1/accounts/neighbour%20${i}/entries`);
      const { text, body: proof } = await proofOf(body.data[0].id);
      for (let other = 0; other < 4; other++) if (other !== i) expect(text).not.toContain(`neighbour ${other}`);
      for (const hash of proof.path) hashes.add(hash);
    }
    // What is beside an entry is there as a hash; with zeros before the first entry, all that entered it could be guessed.
    const beside = leaves.slice(size - 4).map(leaf => sha256(Buffer.concat([Buffer.of(0), leaf])));
    expect(beside.some(hash => hashes.has(hash))).toBe(true);
    const guessed = await recomputedLeaves(api.database, undefined, () => '0'.repeat(64));
    expect(rows).toHaveLength(4);
    for (const leaf of guessed) expect(hashes.has(sha256(Buffer.concat([Buffer.of(0), leaf])))).toBe(false);
  });

  test('texts that were erased are in no proof, which holds as before', async () => {
    const { id } = await granted('jane', { reason: 'for Jane Doe' });
    const { note, size } = await sign();
    const owner = new Client({ connectionString: api.database.url });
    await owner.connect();
    const { rows } = await owner.query<{ no: string }>(`SELECT account_no AS no FROM account_names WHERE id = 'jane'`);
    await eraseTexts(owner, Number(rows[0]!.no), null).finally(() => owner.end());
    const { text, body } = await proofOf(id, `?size=${size}`);
    expect(body.texts).toBeUndefined();
    const { code, words } = await check(text, note);
    expect({ code, words }).toMatchObject({ code: 0, words: expect.stringContaining('may have been erased') });
    expect(text + words).not.toContain('Jane');
  });

  test('nothing is proven of an entry or a log that is not what was signed', async () => {
    const { id } = await granted('changed');
    const { size } = await sign();
    const { ownerPool } = api.database;
    const tamper = (sql: string) =>
      ownerPool.query(`ALTER TABLE entries DISABLE TRIGGER entries_only_erased; ${sql};
      ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_erased`);
    const ofChanged = `account_no = (SELECT account_no FROM account_names WHERE id = 'changed')`;
    const broken = { status: 500, body: { code: 'evidence_broken', retryable: false } };
    await tamper(`UPDATE entries SET amount = amount + 1 WHERE ${ofChanged}`);
    expect(await proofOf(id)).toMatchObject(broken);
    await tamper(`UPDATE entries SET amount = amount - 1 WHERE ${ofChanged}`);
    expect(await proofOf(id)).toMatchObject({ status: 200 });
    await ownerPool.query(
      `CREATE TABLE kept_nodes AS TABLE log_nodes; UPDATE log_nodes SET hash = sha256('x') WHERE index = 0`,
    );
    expect(await proofOf(id)).toMatchObject(broken);
    expect(await api.get(`/v1/checkpoints/consistency?from=${size}`)).toMatchObject(broken);
    await ownerPool.query('DELETE FROM log_nodes WHERE index = 0');
    expect(await proofOf(id)).toMatchObject(broken);
    await ownerPool.query('TRUNCATE log_nodes; INSERT INTO log_nodes TABLE kept_nodes');
    expect(await proofOf(id)).toMatchObject({ status: 200 });
  });

  test('an entry of the other mode, of another kind of id, or of nobody is not there', async () => {
    const ofTest = await api.makeKey({ mode: 'test' });
    const live = await granted('of live');
    const other = await granted('of test', {}, ofTest);
    const { body: reserved } = await api.post('/v1/accounts/of%20live/reservations', { amount: '1' });
    await sign();
    expect(await proofOf(live.id)).toMatchObject({ status: 200 });
    expect(await api.get(`/v1/entries/${other.id}/proof`, { as: ofTest })).toMatchObject({ status: 200 });
    expect(await api.get(`/v1/entries/${live.id}/proof`, { as: ofTest })).toMatchObject({ status: 404 });
    for (const id of [other.id, reserved.reservation.id, `${live.id.slice(0, -1)}!`, 'x', 'a%00b', 'y'.repeat(300)]) {
      expect(await proofOf(id)).toMatchObject({ status: 404, body: { code: 'entry_not_found' } });
    }
  });

  test('sizes that are none are named, and those nobody signed are not there', async () => {
    const { id } = await granted('sizes');
    const { size } = await sign();
    for (const wrong of ['0', '-1', '1.5', 'x', '', '9007199254740993', '1e300']) {
      for (const path of [`/v1/entries/${id}/proof?size=${wrong}`, `/v1/checkpoints/consistency?from=${wrong}`]) {
        const location = path.includes('size') ? 'query.size' : 'query.from';
        expect(await api.get(path)).toMatchObject({ status: 422, body: { errors: [{ location }] } });
      }
    }
    expect(await api.get('/v1/checkpoints/consistency')).toMatchObject({
      status: 422,
      body: { errors: [{ location: 'query.from', message: 'is required' }] },
    });
    expect(await api.get(`/v1/checkpoints/consistency?from=${size}&to=${size - 1}`)).toMatchObject({ status: 422 });
    for (const path of [`/v1/entries/${id}/proof?size=${size + 1}`, `/v1/checkpoints/consistency?from=${size + 1}`]) {
      expect(await api.get(path)).toMatchObject({
        status: 404,
        body: { code: 'checkpoint_not_found', retryable: false },
      });
    }
  });

  test('gRPC tells the same', async () => {
    const { id } = await granted('over gRPC', { reason: 'r' });
    const checkpoint = await sign();
    const grpc = await api.grpc();
    try {
      const ask = async <M extends UnaryMethod>(method: M, request: RequestOf<M>): Promise<Json> => {
        const { bytes } = await grpc.ask(method, request);
        return asHttpJson(
          readByProto(
            method.replace(/^./, letter => letter.toUpperCase()),
            bytes,
          ),
        );
      };
      expect(await ask('getLatestCheckpoint', {})).toEqual(checkpoint);
      const { body, text } = await proofOf(id);
      const over = await ask('getEntryProof', { entry: id, size: checkpoint.size });
      expect(over).toEqual(body);
      expect(await check(JSON.stringify(over), checkpoint.note)).toEqual(await check(text, checkpoint.note));
      const consistency = await api.get('/v1/checkpoints/consistency?from=' + checkpoint.size);
      expect(await ask('getConsistencyProof', { from: checkpoint.size })).toEqual(withoutDefaults(consistency.body));
      await expect(ask('getEntryProof', { entry: 'ent_x' })).rejects.toMatchObject({ code: 'entry_not_found' });
      await expect(ask('getConsistencyProof', {})).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(ask('getConsistencyProof', { from: checkpoint.size + 1 })).rejects.toMatchObject({
        code: 'checkpoint_not_found',
      });
    } finally {
      grpc.close();
    }
  });

  test('need the scope ledger:read, and tell a test key as much', async () => {
    const reads = await api.makeKey({ mode: 'test', scopes: ['ledger:read'] });
    const writes = await api.makeKey({ scopes: ['ledger:write'] });
    expect(await api.get('/v1/checkpoints/latest', { as: reads })).toMatchObject({ status: 200 });
    for (const path of ['checkpoints/latest', 'checkpoints/consistency?from=1', 'entries/x/proof']) {
      expect(await api.get(`/v1/${path}`, { as: writes })).toMatchObject({ status: 403 });
      expect(await api.get(`/v1/${path}`, { as: null })).toMatchObject({ status: 401 });
    }
  });
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}
