import { describe, expect, it } from '@jest/globals';
import { describeRolling, isProven } from '../../tools/rolling/report.js';
import { runRolling } from '../../tools/rolling/run-rolling.js';
import { createTestDatabase } from '../support/database.js';

/** A loaded machine takes half a minute for a start. */
const LONGEST_RUN_MS = 600_000;

describe('three replicas restarted one after another under load', () => {
  it(
    'give right answers only, keep what they acknowledged, and end with 0',
    async () => {
      const database = await createTestDatabase();
      // The short form; `npm run rolling` is the long one.
      const options = { databaseUrl: database.url, replicas: 3, rounds: 1, clients: 12, seed: 17 };
      const result = await runRolling(options);
      expect(isProven(result) ? 'proven' : describeRolling(options, result)).toBe('proven');
      expect(result.refusedConnections).toBeGreaterThan(0);
      await database.close();
    },
    LONGEST_RUN_MS,
  );
});
