export const RULE_KINDS = ['amount', 'percent', 'runs_out_within_seconds', 'expires_within_seconds'] as const;
/** What the value of a rule is: whole units, percent of what the last grant left, or seconds. */
export type RuleKind = (typeof RULE_KINDS)[number];

export const MEASURES = ['unspent', 'available'] as const;
/** What a rule looks at: `unspent` is available and held together, which work in flight does not move up and down. */
export type Measure = (typeof MEASURES)[number];

/** When to tell about a unit of an account. */
export interface AlertRule {
  /** Names it among the rules of its account, or among those for all accounts. */
  readonly name: string;
  /** An own rule that is not enabled silences the one of the same name for all accounts. */
  readonly enabled: boolean;
  readonly unit: string;
  readonly kind: RuleKind;
  /** A canonical decimal. */
  readonly value: string;
  readonly measure: Measure;
}

/** The rules of an account: its own, and those for all accounts of whose name it has none. Only those that are enabled. */
export function rulesInForce<Rule extends AlertRule>(forAll: readonly Rule[], own: readonly Rule[]): readonly Rule[] {
  if (own.length === 0) return forAll.filter(({ enabled }) => enabled);
  const byName = new Map([...forAll, ...own].map(rule => [rule.name, rule]));
  return [...byName.values()].filter(({ enabled }) => enabled);
}
