import { Injectable } from '@nestjs/common';
import { RateCards } from '../rates/rate-cards.js';
import { SimulateCard } from '../rates/simulate/simulate-card.js';
import type { CardSummary, CardVersion, VersionSummary } from '../rates/stored-cards.js';
import { formatMoment } from '../shared/moment.js';
import { pageOf } from '../shared/page.js';
import type { Asker } from './asker.js';
import { decodeCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import { cardId, putRateCardRequest, rateCardQuery, simulateRateCardRequest } from './requests/rate-card.js';

/** Calls about rate cards, read and answered the same way for every transport, as JSON. */
@Injectable()
export class RateCardCalls {
  constructor(
    private readonly cards: RateCards,
    private readonly simulation: SimulateCard,
  ) {}

  async put(id: unknown, body: unknown): Promise<string> {
    const card = parseRequest(cardId, id, 'path.card');
    const { publish, effective_at: effectiveAt, ...definition } = parseRequest(putRateCardRequest, body, 'body');
    if (!publish) return JSON.stringify(cardJson(await this.cards.draft(card, definition)));
    const at = effectiveAt === undefined ? null : new Date(effectiveAt);
    return JSON.stringify(cardJson(await this.cards.publish(card, definition, at)));
  }

  async get(id: string, query: unknown): Promise<string> {
    const { version } = parseRequest(rateCardQuery, query, 'query');
    const { versions, inEffect, ...found } = await this.cards.find(id, version);
    return JSON.stringify({ ...cardJson(found), version_in_effect: inEffect, versions: versions.map(versionJson) });
  }

  async simulate({ mode }: Asker, id: unknown, body: unknown): Promise<string> {
    const card = parseRequest(cardId, id, 'path.card');
    const request = parseRequest(simulateRateCardRequest, body, 'body');
    const { version, over = card, account = null, from, to } = request;
    const candidate = await this.cards.candidate(card, version);
    const found = await this.simulation.run(candidate, { mode, account, card: over, from, to });
    const times = { from: formatMoment(from), to: formatMoment(to) };
    return JSON.stringify({ id: card, version: candidate.version, over, ...times, ...found });
  }

  async list(query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.cards.list(decodeCursor('rate-cards', after) ?? '', limit + 1);
    return pageJson(
      'rate-cards',
      pageOf(found, limit, summaryJson, ({ card }) => card),
    );
  }
}

function cardJson({ card, definition, ...version }: CardVersion) {
  return { id: card, ...versionJson(version), ...definition };
}

function versionJson({ version, publishedAt, effectiveAt }: VersionSummary) {
  const status = publishedAt === null ? 'draft' : 'published';
  return { version, status, published_at: publishedAt, effective_at: effectiveAt };
}

function summaryJson({ card, name, inEffect, newest, draft }: CardSummary): string {
  return JSON.stringify({
    id: card,
    ...(name !== null && { name }),
    version_in_effect: inEffect,
    newest_version: newest,
    draft_version: draft,
  });
}
