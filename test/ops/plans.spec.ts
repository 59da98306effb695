import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyFile } from '../../src/ops/plans/apply-file.js';
import { plansFileSchema } from '../../src/ops/plans/plans-file.js';
import { PLANS } from '../../src/ops/plans-command.js';
import { Api, expectStatus, type Json } from '../contract/api.js';

const run = promisify(execFile);
const EXAMPLE = 'examples/plans/plans.yaml';

describe('plans as files', () => {
  let api: Api;
  let folder: string;

  beforeAll(async () => {
    api = await Api.start();
    folder = await mkdtemp(join(tmpdir(), 'credits-ledger-plans-'));
  });

  afterAll(async () => {
    await api.stop();
    await rm(folder, { recursive: true });
  });

  const plan = async (id: string): Promise<Json> => expectStatus(200, await api.get(`/v1/plans/${id}`));

  test('are shown before they are applied, applied all together with their units, and then differ no more', async () => {
    const shown = await ops('plans', 'diff', EXAMPLE);
    expect(shown.code).toBe(1);
    expect(shown.output).toContain('unit premium_renders: allowance, 0 digits after the point');
    expect(shown.output).toContain('plan pro: not published → version 1');
    expect(shown.output).toContain(
      '  + prices: [{"amount":"20.00","currency":"usd"},{"amount":"19.00","currency":"eur"}]',
    );
    expect((await api.get('/v1/plans')).body.data).toEqual([]);

    const applied = await ops('plans', 'apply', EXAMPLE, '--yes', '--reason', 'ticket 12');
    expect(applied).toMatchObject({ code: 0 });
    expect(applied.output).toContain('pro: version 1 is sold');
    expect(await plan('pro')).toMatchObject({
      version: 1,
      definition: { fallback: 'free', grants: [{ amount: '1000' }] },
    });
    expect((await api.get('/v1/plans', { as: null })).body.data.map(({ id }: Json) => id)).toEqual(['free', 'pro']);
    const [version] = (await api.get('/v1/plans/pro/versions')).body.data;
    expect(version.published_by).toMatch(/.@./);

    expect(await ops('plans', 'diff', EXAMPLE)).toEqual({ code: 0, output: 'nothing would change\n' });
    expect(await ops('plans', 'apply', EXAMPLE, '--yes', '--reason', 'again')).toMatchObject({ code: 0 });
    expect((await plan('pro')).version).toBe(1);
  });

  test('are on record: who applied what, and why', async () => {
    const { rows } = await api.database.ownerPool.query(
      `SELECT action, arguments, reason, actor FROM ops_runs WHERE reason = 'ticket 12'`,
    );
    expect(rows).toEqual([
      {
        action: 'plans',
        arguments: { of: ['apply', EXAMPLE], yes: true },
        reason: 'ticket 12',
        actor: expect.stringContaining('@'),
      },
    ]);
  });

  test('tell what becomes of each place, and leave alone what they do not name', async () => {
    const file = await write('change.json', {
      plans: { free: { name: 'Free', public: true, grants: [{ unit: 'credits', amount: 30 }], order: 5 } },
    });
    const { output } = await ops('plans', 'diff', file);
    expect(output).toContain('plan free: version 1 → version 2');
    expect(output).toContain('  ~ grants[0].amount: "20" → "30"');
    expect(output).toContain('  - limits[0]: ');
    expect(output).toContain('  - description: "To see what it can do."');
    expect(output).toContain('plan pro: not in the file, stays as it is');
    expect(await ops('plans', 'apply', file, '--yes', '--reason', 'more')).toMatchObject({ code: 0 });
    expect(await plan('free')).toMatchObject({ version: 2 });
    expect(await plan('pro')).toMatchObject({ version: 1, archived_at: null });
  });

  test('come back as they are sold, ready to be applied elsewhere', async () => {
    const { code, output } = await ops('plans', 'export');
    expect(code).toBe(0);
    const file = join(folder, 'export.yaml');
    await writeFile(file, output);
    expect(await ops('plans', 'diff', file)).toMatchObject({ code: 0 });
    const other = await Api.start();
    try {
      const there = await opsOn(other, 'plans', 'apply', file, '--yes', '--reason', 'a new place');
      expect(there).toMatchObject({ code: 0 });
      const [here, theirs] = [await api.get('/v1/plans/pro'), await other.get('/v1/plans/pro')];
      expect(theirs.body.definition).toEqual(here.body.definition);
    } finally {
      await other.stop();
    }
    expect((await ops('plans', 'export', 'team')).output).not.toContain('pro');
    expect(await ops('plans', 'export', 'nothing')).toMatchObject({ code: 2 });
  });

  test('may be drafts, and end a sale', async () => {
    const file = await write('draft.json', { plans: { team: { name: 'Team, but new' } } });
    expect(await ops('plans', 'apply', file, '--draft', '--yes', '--reason', 'an idea')).toMatchObject({ code: 0 });
    expect(await plan('team')).toMatchObject({ version: 1, draft: { name: 'Team, but new' } });
    expect(await ops('plans', 'diff', file, '--draft')).toMatchObject({ code: 0 });
    expect(await ops('plans', 'archive', 'team', '--reason', 'nobody wants it')).toMatchObject({ code: 0 });
    expect((await plan('team')).archived_at).not.toBeNull();
    const { output } = await ops('plans', 'diff', EXAMPLE);
    expect(output).toContain('plan team: version 1 → version 1\n  is archived, and would be sold again');
    expect(await ops('plans', 'archive', 'nothing', '--reason', 'x')).toMatchObject({ code: 2 });
    const inUse = await ops('plans', 'archive', 'free', '--reason', 'x');
    expect(inUse).toMatchObject({ code: 2, output: expect.stringContaining('pro fall back') });
  });

  test.each<[string, string | object | undefined, string]>([
    ['an amount too fine', { plans: { bad: { name: 'Bad', grants: [{ unit: 'credits', amount: 1.5 }] } } }, 'file.plans.bad.grants[0].amount must be'],
    ['a unit that is not there', { plans: { bad: { name: 'Bad', grants: [{ unit: 'gold', amount: 1 }] } } }, 'file.plans.bad.grants[0].unit names no unit'],
    ['a field nobody knows', { plans: { bad: { name: 'Bad', colour: 'red' } } }, 'file.plans.bad.colour is not a field'],
    ['a fallback that is not sold', { plans: { bad: { name: 'Bad', fallback: 'nowhere' } } }, 'file.plans.bad.fallback there is no plan'],
    ['two plans that fall back to each other', { plans: { a: { name: 'A', fallback: 'b' }, b: { name: 'B', fallback: 'a' } } }, 'file.plans.a.fallback must be a plan without a fallback'],
    ['another kind of a unit in use', { units: { credits: { kind: 'allowance', scale: 6 } }, plans: {} }, 'is in use'],
    ['a name that cannot be a plan', { plans: { 'a b': { name: 'Bad' } } }, 'file.plans.a b must match'],
    ['no file at all', undefined, 'cannot be read'],
    ['no plans at all', '[]', 'file must be an object'],
    ['a member twice', 'plans:\n  a: {name: A}\n  a: {name: B}\n', 'Map keys must be unique'],
    ['no YAML', 'plans: [', 'bad.yaml'],
    ['a character that cannot be kept', 'plans: {a: {name: "a\\0b"}}', 'bad.yaml'],
    ['a billion laughs', `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replace(/./g, c => `${c}: &${c} [${Array.from({ length: 10 }, () => `*${String.fromCharCode(c.charCodeAt(0) - 1)}`)}]\n`)}`, 'alias'],
  ])('are refused as a whole with %s', async (_, content, words) => {
    const before = await everything();
    const file = content === undefined ? 'no-such-bad.yaml' : await write('bad.yaml', content);
    const applied = applyFile(api.database.appPool, file, { publish: true, say: () => {}, agreed: async () => true });
    await expect(applied).rejects.toThrow(words);
    expect(await everything()).toEqual(before);
  }); // prettier-ignore

  test('are not applied where what was shown is not what is there any more', async () => {
    const file = await write('race.json', { plans: { raced: { name: 'Mine' } } });
    const agreed = async () => {
      expectStatus(200, await api.put('/v1/plans/raced', { name: 'Theirs', publish: true }));
      return true;
    };
    const applied = applyFile(api.database.appPool, file, { publish: true, say: () => {}, agreed });
    await expect(applied).rejects.toThrow('raced has been published meanwhile, as version 1');
    expect(await plan('raced')).toMatchObject({ version: 1, definition: { name: 'Theirs' } });
  });

  test('are not applied by whoever says no', async () => {
    const before = await everything();
    const file = await write('no.json', {
      units: { gold: { kind: 'prepaid', scale: 0 } },
      plans: { no: { name: 'No' } },
    });
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    await applyFile(api.database.appPool, file, { publish: true, say, agreed: async () => false });
    expect(said.at(-1)).toBe('nothing was changed');
    expect(await everything()).toEqual(before);
  });

  test.each<[string[], Record<string, string>, string[], string]>([
    [[], {}, [], 'Usage'],
    [['fly', EXAMPLE], {}, [], 'Usage'],
    [['diff'], {}, [], 'Usage'],
    [['diff', EXAMPLE, EXAMPLE], {}, [], 'Usage'],
    [['apply', EXAMPLE], {}, ['yes'], '--reason'],
    [['apply', EXAMPLE], { reason: 'x' }, [], '--yes'],
    [['archive', 'pro'], {}, [], '--reason'],
  ])('are not touched by plans %j with %j %j, which says what is missing', (positionals, values, flags, words) => {
    expect(() => PLANS.check({ positionals, values, flags: new Set(flags) })).toThrow(words);
  });

  async function write(name: string, content: string | object): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  async function everything(): Promise<unknown> {
    const plans = await api.database.ownerPool.query('SELECT * FROM plans ORDER BY id');
    const versions = await api.database.ownerPool.query('SELECT plan, version FROM plan_versions ORDER BY 1, 2');
    const units = await api.database.ownerPool.query('SELECT * FROM units ORDER BY 1');
    return [plans.rows, versions.rows, units.rows];
  }

  function ops(...args: string[]): Promise<{ code: number; output: string }> {
    return opsOn(api, ...args);
  }

  async function opsOn(ledger: Api, ...args: string[]): Promise<{ code: number; output: string }> {
    const main = join(process.env['TEST_COMPILED_SERVICE']!, 'src', 'ops.js');
    const env = { PATH: process.env['PATH'], DATABASE_URL: ledger.database.url };
    try {
      const { stdout } = await run(process.execPath, [main, ...args], { env });
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }
});

test('schemas/plans.schema.json is what the definitions are checked with; `npm run openapi` writes it', async () => {
  expect(JSON.parse(await readFile('schemas/plans.schema.json', 'utf8'))).toEqual(plansFileSchema());
});
