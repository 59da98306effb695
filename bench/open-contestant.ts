import { Lean } from './competitors/lean.js';
import { LeanOnPlans } from './competitors/lean-on-plans.js';
import { SameState } from './competitors/same-state.js';
import { Ours } from './ours.js';
import { OursOnPlans } from './ours-on-plans.js';
import type { Contestant, ContestantName } from './contestant.js';

/** What the service starts with. */
const LANES = 1;

/** @param connections the pool of a competitor; ours has one connection per lane whatever is said here */
export async function openContestant(
  name: ContestantName,
  databaseUrl: string,
  connections: number,
): Promise<Contestant> {
  switch (name) {
    case 'lean':
      return new Lean(databaseUrl, connections);
    case 'lean-on-plans':
      return new LeanOnPlans(databaseUrl, connections);
    case 'same-state':
      return new SameState(databaseUrl, connections);
    case 'same-state-on-plans':
      return new SameState(databaseUrl, connections, true);
    case 'ours':
      return Ours.open(databaseUrl, LANES);
    case 'ours-on-plans':
      return OursOnPlans.open(databaseUrl, LANES);
  }
}
