// What Jest gives to whoever imports fast-check: the same, with cases that are the same each time. A case that nobody has
// met before is for whoever looks for it, not for whoever waits whether a change may go in: `npm run test:properties`.
import * as fastCheck from '../../node_modules/fast-check/lib/fast-check.js';

const { PROPERTY_SEED = '20261122', PROPERTY_RUNS } = process.env;
const seed = PROPERTY_SEED === 'fresh' ? Date.now() % 2 ** 31 : Number(PROPERTY_SEED);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED must be an integer or fresh, not ${PROPERTY_SEED}`);

fastCheck.configureGlobal({ seed });

/** As fast-check's own, with as many runs of every property as PROPERTY_RUNS says. */
export function assert(property, parameters) {
  return fastCheck.assert(property, {
    ...parameters,
    ...(PROPERTY_RUNS !== undefined && { numRuns: Number(PROPERTY_RUNS) }),
  });
}

export * from '../../node_modules/fast-check/lib/fast-check.js';
export default { ...fastCheck.default, assert };
