import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LedgerError } from '../shared/ledger-error.js';
import { StoredCards, type AskedCard, type InEffect } from './stored-cards.js';

interface Waiting extends AskedCard {
  readonly resolve: (found: InEffect) => void;
  readonly reject: (error: unknown) => void;
}

const NONE: ReadonlyMap<string, InEffect> = new Map();

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

  /**
   * @param account of test mode, by whose clock the card is to be in effect; null for the real time
   * @throws LedgerError busy
   */
  find(card: string, account: string | null): Promise<InEffect> {
    if (this.waiting.length >= MOST_WAITING) {
      return Promise.reject(new LedgerError('busy', `${MOST_WAITING} events wait for their rate card`, {}, true));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ card, account, resolve, reject });
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
        const real = asked.filter(({ account }) => account === null);
        const clocked = asked.filter(({ account }) => account !== null);
        const [found, byClock] = await Promise.all([
          real.length === 0 ? NONE : this.cards.inEffect([...new Set(real.map(({ card }) => card))]),
          clocked.length === 0 ? [] : this.cards.inEffectByClock(clocked),
        ]);
        for (const { card, resolve } of real) resolve(found.get(card)!);
        for (const [index, { resolve }] of clocked.entries()) resolve(byClock[index]!);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.asking = false;
  }
}
