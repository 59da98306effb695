import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LedgerError } from '../shared/ledger-error.js';
import { StoredCards, type InEffect } from './stored-cards.js';

interface Waiting {
  readonly card: string;
  readonly resolve: (found: InEffect) => void;
  readonly reject: (error: unknown) => void;
}

/** A backlog this long means that the database does not answer. */
const MOST_WAITING = 20_000;

/**
 * Asks PostgreSQL which version of a card is in effect, for every event anew: events that arrive while one look-up is
 * under way share the next. Nothing is remembered, so a publication counts from its answer on, on every replica.
 */
@Injectable()
export class CardsInEffect {
  private waiting: Waiting[] = [];
  private asking = false;

  constructor(private readonly cards: StoredCards) {}

  /** @throws LedgerError busy */
  find(card: string): Promise<InEffect> {
    if (this.waiting.length >= MOST_WAITING) {
      return Promise.reject(new LedgerError('busy', `${MOST_WAITING} events wait for their rate card`, {}, true));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ card, resolve, reject });
      if (!this.asking) void this.ask();
    });
  }

  private async ask(): Promise<void> {
    this.asking = true;
    while (this.waiting.length > 0) {
      // Events that were received together are asked for together.
      await nextTurnOfTheLoop();
      const asked = this.waiting;
      this.waiting = [];
      try {
        const found = await this.cards.inEffect([...new Set(asked.map(({ card }) => card))]);
        for (const { card, resolve } of asked) resolve(found.get(card)!);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.asking = false;
  }
}
