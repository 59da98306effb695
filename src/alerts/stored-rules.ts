import type { ClientBase, Pool } from 'pg';
import { transact } from '../database/transact.js';
import type { Mode } from '../keys/api-key.js';
import type { AlertRule } from './alert-rule.js';

/** For all accounts of a mode, or for one; more than anybody reads would only cost every entry. */
export const MOST_RULES = 20;

/** Whose rules: of one account, or (null) of every account of the mode. */
export interface RuleOwner {
  readonly mode: Mode;
  readonly account: string | null;
}

/** A rule as it is kept. */
export interface StoredRule extends AlertRule {
  /** Names it within the service. */
  readonly no: number;
}

const COLUMNS = `no, name, enabled, unit, kind, trim_scale(value)::text AS value, measure`;

/** Rules of one owner are put one after the other, or their limit would be none. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('alert_rules'), hashtext($1))`;
const PUT = `
INSERT INTO alert_rules (mode, account, name, enabled, unit, kind, value, measure)
SELECT $1, $2, $3, $4, $5, $6, $7::numeric, $8
WHERE EXISTS (SELECT FROM alert_rules WHERE mode = $1 AND account IS NOT DISTINCT FROM $2 AND name = $3)
   OR (SELECT count(*) FROM alert_rules WHERE mode = $1 AND account IS NOT DISTINCT FROM $2) < ${MOST_RULES}
ON CONFLICT ON CONSTRAINT alert_rules_once DO UPDATE SET
  enabled = excluded.enabled, unit = excluded.unit, kind = excluded.kind, value = excluded.value, measure = excluded.measure
RETURNING ${COLUMNS}`;
/** What was told of lots by a rule that meant something else does not count. */
const FORGET_TOLD = `DELETE FROM told_expiries WHERE rule = $1`;
const FIND = `
SELECT ${COLUMNS} FROM alert_rules WHERE mode = $1 AND account IS NOT DISTINCT FROM $2 AND name = $3`;
const LIST = `
SELECT ${COLUMNS} FROM alert_rules WHERE mode = $1 AND account IS NOT DISTINCT FROM $2 ORDER BY name`;
const DELETE_RULE = `
DELETE FROM alert_rules WHERE mode = $1 AND account IS NOT DISTINCT FROM $2 AND name = $3 RETURNING ${COLUMNS}`;
const OF_ALL = `SELECT mode, ${COLUMNS} FROM alert_rules WHERE account IS NULL`;
const OF_ACCOUNTS = `
SELECT w.place::int AS place, r.*
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(mode, account, place)
CROSS JOIN LATERAL (
  SELECT ${COLUMNS} FROM alert_rules r WHERE r.mode = w.mode AND r.account = w.account ORDER BY r.no
) r`;

/** The table alert_rules. */
export class StoredRules {
  constructor(private readonly pool: Pool) {}

  /** Undefined where the owner has as many rules as it may. */
  put({ mode, account }: RuleOwner, rule: AlertRule): Promise<StoredRule | undefined> {
    const { name, enabled, unit, kind, value, measure } = rule;
    return transact(this.pool, async client => {
      await client.query(LOCK, [`${mode}:${account ?? ''}`]);
      const before = (await client.query<StoredRule>(FIND, [mode, account, name])).rows[0];
      const values = [mode, account, name, enabled, unit, kind, value, measure];
      const stored = (await client.query<StoredRule>(PUT, values)).rows[0];
      const means = ({ unit, kind, value }: AlertRule): string => `${unit} ${kind} ${value}`;
      if (before !== undefined && means(before) !== means(stored!)) await client.query(FORGET_TOLD, [before.no]);
      return stored;
    });
  }

  async find({ mode, account }: RuleOwner, name: string): Promise<StoredRule | undefined> {
    return (await this.pool.query<StoredRule>(FIND, [mode, account, name])).rows[0];
  }

  /** By name. */
  async list({ mode, account }: RuleOwner): Promise<StoredRule[]> {
    return (await this.pool.query<StoredRule>(LIST, [mode, account])).rows;
  }

  async delete({ mode, account }: RuleOwner, name: string): Promise<StoredRule | undefined> {
    return (await this.pool.query<StoredRule>(DELETE_RULE, [mode, account, name])).rows[0];
  }
}

/** Those for all accounts, by mode. */
export async function readRulesForAll(client: ClientBase): Promise<ReadonlyMap<Mode, readonly StoredRule[]>> {
  const { rows } = await client.query<StoredRule & { mode: Mode }>(OF_ALL);
  return new Map((['live', 'test'] as const).map(mode => [mode, rows.filter(rule => rule.mode === mode)]));
}

/** The accounts' own, in the order of the accounts. */
export async function readOwnRules(
  client: ClientBase,
  accounts: readonly { readonly mode: Mode; readonly id: string }[],
): Promise<StoredRule[][]> {
  const own: StoredRule[][] = accounts.map(() => []);
  const values = [accounts.map(({ mode }) => mode), accounts.map(({ id }) => id)];
  for (const { place, ...rule } of (await client.query<StoredRule & { place: number }>(OF_ACCOUNTS, values)).rows) {
    own[place - 1]!.push(rule);
  }
  return own;
}
