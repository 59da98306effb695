import { setTimeout as sleep } from 'node:timers/promises';

const TOKEN_MS = 20;

/** Stands for a model provider: says the prompt back, word by word, until the signal comes. */
export async function* generate(prompt, signal) {
  for (const word of prompt.split(/\s+/)) {
    await sleep(TOKEN_MS, undefined, { signal });
    yield `${word} `;
  }
}
