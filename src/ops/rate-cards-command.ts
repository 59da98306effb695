import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { stringify } from 'yaml';
import { APP_ROLE, createAppPool } from '../database/connections.js';
import { cardDefinition, type CardDefinition } from '../rates/card-definition.js';
import { cardDifferences } from '../rates/card-differences.js';
import { CardsInEffect } from '../rates/cards-in-effect.js';
import { RateCards } from '../rates/rate-cards.js';
import { StoredCards } from '../rates/stored-cards.js';
import { LedgerError } from '../shared/ledger-error.js';
import { cardId } from '../transport/requests/rate-card.js';
import { parseRequest } from '../transport/requests/parse-request.js';
import { UnitRegistry } from '../units/unit-registry.js';
import type { Call, OpsCommand } from './command.js';
import { Misuse } from './misuse.js';
import { readDocument, wrongIn } from './read-document.js';

const MOST_CARDS = 100;
const USAGE = `rate-cards diff FILE | rate-cards apply FILE --reason TEXT [--draft] [--yes] | rate-cards export CARD
    Prices from a file of YAML or JSON: {rate_cards: {CARD: {rounding, meters, …}}}, each as PUT /v1/rate-cards/CARD takes
    it. diff: what would change against the version in effect; exit code 1 where anything would. apply: shows it, asks,
    and publishes what changed, card by card. export: such a file of the version in effect, to standard output.
      --draft        drafts, which price nothing, instead of versions, which never change
      --yes          does not ask
      --reason TEXT  why; stays on record with who did it`;

const file = z.strictObject({
  rate_cards: z
    .record(cardId, cardDefinition, 'must be an object of rate cards by id')
    .refine(cards => Object.keys(cards).length <= MOST_CARDS, `must have at most ${MOST_CARDS} cards`),
});

export const RATE_CARDS: OpsCommand = {
  name: 'rate-cards',
  usage: USAGE,
  options: { draft: { type: 'boolean' }, yes: { type: 'boolean' } },
  check({ positionals, values, flags }) {
    const [action = '', of, ...more] = positionals;
    if (!['diff', 'apply', 'export'].includes(action) || of === undefined || more.length > 0) {
      throw new Misuse(`rate-cards takes one of these.\nUsage: ${USAGE}`);
    }
    if (action !== 'apply') return;
    if (values['reason'] === undefined) throw new Misuse('Say why with --reason: it goes on record.');
    if (!flags.has('yes') && !process.stdin.isTTY) {
      throw new Misuse('Nobody is there to be asked: look with rate-cards diff first, then give --yes.');
    }
  },
  run,
};

async function run({ ownerUrl, logger, positionals, flags }: Call): Promise<boolean> {
  const login = { url: ownerUrl, role: APP_ROLE };
  const pool = createAppPool({ login, logger, applicationName: 'credits-ledger ops' });
  try {
    const stored = new StoredCards(pool);
    const cards = new RateCards(stored, new CardsInEffect(stored), new UnitRegistry(pool));
    const [action, of = ''] = positionals;
    if (action === 'export') return await exportCard(cards, of);
    const changed = await showChanges(cards, await readCards(of));
    if (action === 'diff') return changed.length === 0;
    const agreed = changed.length === 0 || flags.has('yes') || (await isAgreed());
    if (!agreed) throw new Misuse('Nothing was changed.');
    for (const [card, definition] of changed) await apply(cards, card, definition, flags.has('draft'), of);
    return true;
  } finally {
    await pool.end();
  }
}

async function readCards(path: string): Promise<[string, CardDefinition][]> {
  const document = await readDocument(path);
  try {
    return Object.entries(parseRequest(file, document, 'file').rate_cards);
  } catch (error) {
    throw wrongIn(path, error);
  }
}

/** Tells what would change, and answers the cards in which anything would. */
async function showChanges(
  cards: RateCards,
  wanted: readonly [string, CardDefinition][],
): Promise<[string, CardDefinition][]> {
  const changed: [string, CardDefinition][] = [];
  for (const [card, definition] of wanted) {
    const before = await definitionOf(cards, card);
    const differences = cardDifferences(before, definition);
    if (before === undefined) console.log(`${card}: new`);
    else if (differences.length === 0) console.log(`${card}: as it is`);
    else console.log(`${card}: changes`);
    if (before !== undefined) {
      for (const { at, before: was, after } of differences)
        console.log(`  ${at}: ${was ?? 'not there'} → ${after ?? 'gone'}`);
    }
    if (before === undefined || differences.length > 0) changed.push([card, definition]);
  }
  return changed;
}

async function apply(
  cards: RateCards,
  card: string,
  definition: CardDefinition,
  draft: boolean,
  path: string,
): Promise<void> {
  try {
    const { version } = draft ? await cards.draft(card, definition) : await cards.publish(card, definition, null);
    console.log(draft ? `${card}: version ${version} is a draft` : `${card}: version ${version} is in effect`);
  } catch (error) {
    throw wrongIn(path, error);
  }
}

async function exportCard(cards: RateCards, card: string): Promise<boolean> {
  const definition = await definitionOf(cards, card);
  if (definition === undefined) throw new Misuse(`No version of a rate card ${JSON.stringify(card)} is in effect.`);
  process.stdout.write(stringify({ rate_cards: { [card]: definition } }, { lineWidth: 0 }));
  return true;
}

/** Of the version in effect. */
async function definitionOf(cards: RateCards, card: string): Promise<CardDefinition | undefined> {
  try {
    const { definition, version, inEffect } = await cards.find(card, undefined);
    return version === inEffect ? definition : undefined;
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'rate_card_not_found') return undefined;
    throw error;
  }
}

async function isAgreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Apply this? (yes/no) ')).trim());
  } finally {
    terminal.close();
  }
}
