/** Writes a small made trace to standard output: `npm run --silent trace:sample > examples/trace-sample.csv`. */
import { seededRandom } from '../client/seeded-random.js';
import { TRACE_HEADER } from './read-trace.js';

const ROWS = 400;
const SEED = 20231116;
const STARTS_AT = Date.UTC(2026, 0, 5, 9, 0, 0);
const MEAN_GAP_MS = 200;
const MEDIAN_CONTEXT_TOKENS = 700;
const MEDIAN_GENERATED_TOKENS = 130;
const MOST_TOKENS = 8000;

const random = seededRandom(SEED);

/** Long-tailed, as token counts are: the exponential of the sum of a few dice around its middle. */
function longTailed(median: number, spread: number): number {
  let dice = 0;
  for (let i = 0; i < 6; i++) dice += random.next() - 0.5;
  return Math.min(MOST_TOKENS, Math.max(1, Math.round(median * Math.exp(dice * spread))));
}

const lines = [`# A made trace, no real requests: tools/trace/make-sample.ts, seed ${SEED}.`, TRACE_HEADER];
let at = STARTS_AT;
for (let row = 0; row < ROWS; row++) {
  at += Math.ceil(-Math.log(1 - random.next()) * MEAN_GAP_MS);
  const timestamp = `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}0000`;
  lines.push(`${timestamp},${longTailed(MEDIAN_CONTEXT_TOKENS, 1.4)},${longTailed(MEDIAN_GENERATED_TOKENS, 1.2)}`);
}
process.stdout.write(`${lines.join('\n')}\n`);
