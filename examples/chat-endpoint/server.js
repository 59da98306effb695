// A chat endpoint that is paid for in credits: POST /chat {"prompt": "…"} answers with tokens as they come.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { CreditsLedger, LedgerError } from '@credits-ledger/client';
import { generate } from './provider.js';

/** What an answer may cost at most is held; what it cost is committed. */
const MOST_PER_ANSWER = '2';
const PRICE_PER_TOKEN = '0.01';

const ledger = new CreditsLedger({ url: process.env.CREDITS_URL, apiKey: process.env.CREDITS_API_KEY });

const server = createServer((request, response) => {
  if (request.method !== 'POST' || request.url !== '/chat') return response.writeHead(404).end();
  chat(request, response).catch(error => refuse(response, error));
});

async function chat(request, response) {
  const user = request.headers['x-user']; // stands for your session
  const { prompt } = await json(request);

  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());

  // The reserve comes before the first byte, so a user without credits gets a status of his own, not a broken stream.
  await ledger.withReservation(user, { amount: MOST_PER_ANSWER, signal: hungUp.signal }, async hold => {
    for await (const token of generate(prompt, hold.signal)) {
      response.write(token);
      hold.use(PRICE_PER_TOKEN);
    }
  });
  response.end();
}

function refuse(response, error) {
  // Whoever hung up has paid for what he got, and hears nothing any more.
  if (response.destroyed) return;
  if (response.headersSent) return response.destroy();
  const [status, message] = statusOf(error);
  if (status === 500) console.error(error);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}

function statusOf(error) {
  if (error instanceof SyntaxError) return [400, 'the body must be JSON'];
  if (!(error instanceof LedgerError)) return [500, 'something went wrong'];
  if (error.code !== 'insufficient_credits') return [503, 'try again in a moment'];
  return [402, error.retryable ? 'your other answers hold the rest: wait for one to end' : 'top up to go on'];
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`chat at http://127.0.0.1:${server.address().port}/chat`);
});
process.once('SIGTERM', () => server.close());
