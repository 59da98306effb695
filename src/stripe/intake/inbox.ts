import type { Pool } from 'pg';
import { transact } from '../../database/transact.js';
import type { Mode } from '../../ledger/submission.js';
import { recordUse } from '../../runs/record-use.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { ActOnEvent } from '../act-on-event.js';
import { Bookmarks } from './bookmarks.js';
import { StoredEvents, type EventFilter, type StoredEvent } from './stored-events.js';

const ID = /^[A-Za-z0-9_-]{1,255}$/;

/** What replaying one event would change, or that it will be worked on. */
export interface Replay {
  readonly id: string;
  readonly words: string;
}

/** Who asks, in the record of ops calls. */
export interface Operator {
  readonly actor: string;
  readonly mode: Mode;
  readonly reason: string | null;
}

/** What Stripe told, as operators see it and set it going again. */
export class Inbox {
  private readonly events: StoredEvents;

  constructor(
    private readonly pool: Pool,
    private readonly actOn: ActOnEvent,
  ) {
    this.events = new StoredEvents(pool);
  }

  /** Newest first. */
  list(filter: EventFilter, limit: number): Promise<StoredEvent[]> {
    return this.events.list(filter, limit);
  }

  /** @throws LedgerError stripe_event_not_found */
  async get(id: string, mode: Mode): Promise<StoredEvent & { readonly body: unknown }> {
    const found = ID.test(id) ? await this.events.find(id, mode) : undefined;
    if (found === undefined) throw new LedgerError('stripe_event_not_found', `there is no event ${JSON.stringify(id)}`);
    return found;
  }

  /**
   * What working on these again would change now, each by itself; nothing is changed.
   * @throws LedgerError stripe_event_not_found
   */
  async preview(ids: readonly string[], mode: Mode): Promise<Replay[]> {
    const told: Replay[] = [];
    for (const id of ids) told.push({ id, words: await this.wouldChange(await this.get(id, mode)) });
    return told;
  }

  /**
   * Has these worked on again, whatever became of them: what took effect does not do so twice.
   * @throws LedgerError stripe_event_not_found
   */
  async replay(ids: readonly string[], { actor, mode, reason }: Operator): Promise<Replay[]> {
    for (const id of ids) await this.get(id, mode);
    const again = await transact(this.pool, async client => {
      await recordUse(client, { actor, mode, action: 'stripe.replay', arguments: { events: ids }, reason });
      return new Set(await new StoredEvents(client).again(ids, mode));
    });
    return ids.map(id => ({ id, words: again.has(id) ? 'is worked on again' : 'is about nothing that is acted on' }));
  }

  /** Has Stripe's list walked again from that moment on, at the next look, for what no webhook told. */
  async listAgain(from: number, { actor, mode, reason }: Operator): Promise<void> {
    const asked = { from: new Date(from).toISOString() };
    await recordUse(this.pool, { actor, mode, action: 'stripe.list_again', arguments: asked, reason });
    await new Bookmarks(this.pool).setBack(mode, from);
  }

  private async wouldChange(event: StoredEvent): Promise<string> {
    const { no, subjectKind, subject, attempts } = event;
    if (subject === null || subjectKind === null) return 'is about nothing that is acted on';
    const taken = { ...event, no: String(no), subject, subjectKind, attempts };
    try {
      return (await this.actOn.preview(taken)).words;
    } catch (error) {
      return `cannot be told: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
