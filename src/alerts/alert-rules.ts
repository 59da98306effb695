import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { LedgerError } from '../shared/ledger-error.js';
import { UnitRegistry } from '../units/unit-registry.js';
import type { AlertRule } from './alert-rule.js';
import { MOST_RULES, StoredRules, type RuleOwner } from './stored-rules.js';

/** When to tell: rules for all accounts of a mode, and an account's own, which come before those of the same name. */
@Injectable()
export class AlertRules {
  private readonly stored: StoredRules;

  constructor(
    pool: Pool,
    private readonly units: UnitRegistry,
  ) {
    this.stored = new StoredRules(pool);
  }

  /**
   * Makes the rule, or puts it in the place of the one of that name.
   * @throws LedgerError unit_not_found
   * @throws LedgerError too_many_alert_rules
   */
  async put(owner: RuleOwner, rule: AlertRule): Promise<AlertRule> {
    await this.units.find(rule.unit);
    const stored = await this.stored.put(owner, rule);
    if (stored !== undefined) return stored;
    const whose = owner.account === null ? 'for all accounts' : 'of the account';
    throw new LedgerError('too_many_alert_rules', `there are ${MOST_RULES} rules ${whose}: delete one first`);
  }

  /** @throws LedgerError alert_rule_not_found */
  async get(owner: RuleOwner, name: string): Promise<AlertRule> {
    return mustBe(await this.stored.find(owner, name));
  }

  /** By name; never more than fit on a page. */
  list(owner: RuleOwner): Promise<AlertRule[]> {
    return this.stored.list(owner);
  }

  /** @throws LedgerError alert_rule_not_found */
  async delete(owner: RuleOwner, name: string): Promise<AlertRule> {
    return mustBe(await this.stored.delete(owner, name));
  }
}

function mustBe(rule: AlertRule | undefined): AlertRule {
  if (rule === undefined) throw new LedgerError('alert_rule_not_found', 'there is no such rule');
  return rule;
}
