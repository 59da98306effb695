/** Where a lot may be spent: every list given must contain the spend's value. */
export interface AppliesTo {
  readonly meters?: readonly string[];
  readonly models?: readonly string[];
  readonly members?: readonly string[];
}
