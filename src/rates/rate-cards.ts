import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { LedgerError } from '../shared/ledger-error.js';
import { UnitRegistry, type Unit } from '../units/unit-registry.js';
import { CARD_ID, type CardDefinition } from './card-definition.js';
import { CardsInEffect } from './cards-in-effect.js';
import { compileCard, definitionErrors } from './compile-card.js';
import type { CompiledCard } from './compiled-card.js';
import { StoredCards, type CardSummary, type CardVersion, type VersionSummary } from './stored-cards.js';

/** Errors told at once. */
const MOST_ERRORS = 20;
/** What a card of 64 KiB comes to when compiled, times this, is some 50 MB at worst. */
const MOST_COMPILED = 100;

/** A version of a card, and which others there are. */
export interface CardHistory extends CardVersion {
  /** The version that prices events now; null where none does yet. */
  readonly inEffect: number | null;
  /** The newest hundred, newest first. */
  readonly versions: readonly VersionSummary[];
}

/** Rate cards: prices of events, in versions. Published versions never change, so those compiled are remembered. */
@Injectable()
export class RateCards {
  private readonly compiled = new LRUCache<string, CompiledCard>({ max: MOST_COMPILED });

  constructor(
    private readonly stored: StoredCards,
    private readonly inEffect: CardsInEffect,
    private readonly units: UnitRegistry,
  ) {}

  /**
   * What prices events of this card now; undefined where nothing does.
   * @param account of test mode, which may live by a clock; null for the real time
   */
  async current(card: string, account: string | null): Promise<CompiledCard | undefined> {
    const { version } = await this.inEffect.find(card, account);
    return version === null ? undefined : this.published(card, version);
  }

  /** As `current`, of the default card or, where there are others, of the card that `otherwise` names. */
  async currentOr(
    card: string,
    account: string | null,
    otherwise: () => Promise<string>,
  ): Promise<CompiledCard | undefined> {
    const { version, amongOthers } = await this.inEffect.find(card, account);
    const named = amongOthers ? await otherwise() : card;
    if (named !== card) return this.current(named, account);
    return version === null ? undefined : this.published(card, version);
  }

  /** A version that an event was priced by. */
  async published(card: string, version: number): Promise<CompiledCard> {
    const key = `${card}\n${version}`;
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const found = await this.stored.version(card, version);
    if (found === undefined || found.publishedAt === null)
      throw new Error(`rate card ${card} has no version ${version}`);
    const compiled = compileCard(card, version, found.definition);
    this.compiled.set(key, compiled);
    return compiled;
  }

  /** @throws LedgerError invalid_request, unit_not_found */
  async draft(card: string, definition: CardDefinition): Promise<CardVersion> {
    await this.check(definition);
    return this.stored.draft(card, definition);
  }

  /** @throws LedgerError invalid_request, unit_not_found */
  async publish(card: string, definition: CardDefinition, effectiveAt: Date | null): Promise<CardVersion> {
    // A price means nothing while the digits of its unit may still change.
    for (const unit of await this.check(definition)) await this.units.putToUse(unit);
    return this.stored.publish(card, definition, effectiveAt);
  }

  /**
   * @param version undefined for the one in effect, or the newest where none is
   * @throws LedgerError rate_card_not_found
   */
  async find(card: string, version: number | undefined): Promise<CardHistory> {
    if (!CARD_ID.test(card)) throw notFound(card);
    const { version: inEffect } = await this.inEffect.find(card, null);
    const number = version ?? inEffect;
    const found = number === null ? await this.stored.newest(card) : await this.stored.version(card, number);
    if (found === undefined) throw notFound(card, version);
    return { ...found, inEffect, versions: await this.stored.versions(card) };
  }

  /**
   * What might be published next: the draft, or the newest version where there is none.
   * @param version undefined for that one
   * @throws LedgerError rate_card_not_found
   */
  async candidate(card: string, version: number | undefined): Promise<CardVersion> {
    const found = version === undefined ? await this.stored.newest(card) : await this.stored.version(card, version);
    if (found === undefined) throw notFound(card, version);
    return found;
  }

  list(after: string, limit: number): Promise<CardSummary[]> {
    return this.stored.list(after, limit);
  }

  /** What stands in the way of a definition beyond its shape; the units it is in where nothing does. */
  private async check(definition: CardDefinition): Promise<Unit[]> {
    const errors = definitionErrors(definition, 'body').slice(0, MOST_ERRORS);
    if (errors.length > 0) {
      throw new LedgerError('invalid_request', `${errors[0]!.location} ${errors[0]!.message}`, { errors });
    }
    const charges = Object.values(definition.meters).flatMap(({ charges: each }) => each);
    const units: Unit[] = [];
    for (const unit of new Set(charges.map(charge => charge.unit))) units.push(await this.units.find(unit));
    return units;
  }
}

function notFound(card: string, version?: number): LedgerError {
  const which = version === undefined ? '' : ` with a version ${version}`;
  return new LedgerError('rate_card_not_found', `there is no rate card ${JSON.stringify(card)}${which}`);
}
