import { expect } from '@jest/globals';
import { verifyLedger } from '../../src/replay/verify/verify-ledger.js';
import { auditLedger } from '../support/audit.js';
import { Api } from './api.js';

/** Two replicas of the service over one database. */
export async function startReplicas(): Promise<readonly [Api, Api]> {
  const first = await Api.start();
  return [first, await Api.start(first)];
}

/** What verify finds in the whole ledger: nothing, if all is well. */
export async function differencesIn({ database }: Api) {
  const whole = { ownerUrl: database.url, accountNo: null, mode: null, until: null, threads: 1 };
  return (await verifyLedger(whole)).differences;
}

/** Stops them; what they wrote must be whole, and what its entries say. */
export async function stopReplicas(replicas: readonly [Api, Api]): Promise<void> {
  const [first] = replicas;
  expect(await auditLedger(first.database)).toEqual([]);
  expect(await differencesIn(first)).toEqual([]);
  for (const replica of replicas.toReversed()) await replica.stop();
}
