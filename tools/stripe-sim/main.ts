import { parseArgs } from 'node:util';
import { Misuse, positiveInteger, runTool } from '../client/run-tool.js';
import { StripeSimulator } from './simulator.js';

const USAGE = `Usage: npm run stripe:sim -- [options]

Starts a Stripe to test against: the API for the real SDK, Checkout in a browser, signed webhooks. Everything is in memory
and gone when it ends.

  --port N         where it listens (default 12111)
  --webhook URL    who is sent webhooks (default http://localhost:3000/webhooks/stripe)
  --secret TEXT    what signs them (default whsec_simulator)
  --thin           send thin events in place of snapshots
  --live           live mode: keys begin with sk_live_
  --tax PERCENT    tax on what is sold with automatic tax, a whole number (default 20)

Its front page lists payments, and lets you settle, refund and dispute them.`;

async function serve(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '12111' },
      webhook: { type: 'string', default: 'http://localhost:3000/webhooks/stripe' },
      secret: { type: 'string', default: 'whsec_simulator' },
      thin: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      tax: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  if (!URL.canParse(values.webhook))
    throw new Misuse(`--webhook must be a URL, not ${JSON.stringify(values.webhook)}.`);
  const simulator = await StripeSimulator.start({
    port: positiveInteger('port', values.port),
    livemode: values.live,
    taxPercent: positiveInteger('tax', values.tax),
  });
  simulator.endpoints.add(values.webhook, { payload: values.thin ? 'thin' : 'snapshot', secrets: [values.secret] });
  console.log(`A Stripe to test against, at ${simulator.url}. Start credits-ledger against it:

  STRIPE_API_BASE=${simulator.url} \\
  STRIPE_SECRET_KEY=${simulator.secretKey} \\
  STRIPE_WEBHOOK_SECRET=${values.secret} \\
  npm start

Webhooks go to ${values.webhook}. Ctrl-C ends it.`);
  await new Promise(resolve => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await simulator.stop();
  return true;
}

await runTool(serve);
