import { Injectable } from '@nestjs/common';
import type { AlertRule } from '../alerts/alert-rule.js';
import { AlertRules } from '../alerts/alert-rules.js';
import type { RuleOwner } from '../alerts/stored-rules.js';
import { targetOf, type Asker } from './asker.js';
import { pageJson } from './page-json.js';
import { alertRule, alertRuleRequest, ruleName } from './requests/alert-rules.js';
import { parseRequest } from './requests/parse-request.js';

/** Calls about alert rules, read and answered as JSON. `account` is as it came, or undefined for rules for all accounts. */
@Injectable()
export class AlertRuleCalls {
  constructor(private readonly rules: AlertRules) {}

  async put(asker: Asker, account: unknown, rule: unknown, body: unknown): Promise<string> {
    const [owner, name] = [ownerOf(asker, account), nameOf(rule)];
    const request = parseRequest(alertRuleRequest, body, 'body');
    return ruleJson(owner, await this.rules.put(owner, alertRule(name, request)));
  }

  async get(asker: Asker, account: unknown, rule: unknown): Promise<string> {
    const owner = ownerOf(asker, account);
    return ruleJson(owner, await this.rules.get(owner, nameOf(rule)));
  }

  /** There are never more than fit on one page. */
  async list(asker: Asker, account: unknown): Promise<string> {
    const owner = ownerOf(asker, account);
    const items = (await this.rules.list(owner)).map(rule => ruleJson(owner, rule));
    return pageJson('alert-rules', { items, next: null });
  }

  async delete(asker: Asker, account: unknown, rule: unknown): Promise<string> {
    const owner = ownerOf(asker, account);
    return ruleJson(owner, await this.rules.delete(owner, nameOf(rule)));
  }
}

function ownerOf(asker: Asker, account: unknown): RuleOwner {
  return { mode: asker.mode, account: account === undefined ? null : targetOf(asker, account).account };
}

function nameOf(rule: unknown): string {
  return parseRequest(ruleName, rule, 'path.rule');
}

function ruleJson({ account }: RuleOwner, { name, enabled, unit, kind, value, measure }: AlertRule): string {
  const threshold = kind === 'amount' ? { amount: value } : { [kind]: Number(value) };
  return JSON.stringify({ rule: name, account, unit, ...threshold, measure, enabled });
}
