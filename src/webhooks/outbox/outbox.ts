import type { ClientBase } from 'pg';
import { rulesInForce } from '../../alerts/alert-rule.js';
import { levelAfter, NO_LEVEL } from '../../alerts/levels.js';
import type { Levels } from '../../alerts/read-levels.js';
import { readLevels, rememberLevels } from '../../alerts/remembered-levels.js';
import { readOwnRules, readRulesForAll, type StoredRule } from '../../alerts/stored-rules.js';
import type { Entry } from '../../ledger/domain/entry.js';
import type { IdCodec } from '../../ids/id-codec.js';
import type { PositionRange, Projection, ProjectionSettings } from '../../projections/projection.js';
import { follow, readSubscriptions, rememberSubscriptions, type SubscriptionLevels } from './followed-subscriptions.js';
import { happeningsOf, type Spelling } from './happenings.js';
import { readEntries, type PlacedEntry } from './read-entries.js';
import { readScales } from './read-scales.js';
import type { SubscriptionChanged } from './subscription-happenings.js';
import { readListeners, writeHappenings, type Listener, type Told } from './write-happenings.js';

/** Entries are taken so many positions at a time, because they are all in memory at once. */
const PAGE_POSITIONS = 5_000;

/** An account while its entries are gone through. */
interface Followed {
  readonly accountNo: number;
  seq: number;
  readonly levels: Levels;
  readonly rules: readonly StoredRule[];
  /** Null where no entry of the page changes any. */
  readonly subscriptions: SubscriptionLevels | null;
}

/**
 * Finds what there is to tell of the entries and puts it into the outbox, in the transaction that moves the checkpoint: so
 * each entry is told of once, in order. It follows entries as projections do, but is none that is ever rebuilt, and is not
 * among them: telling again what was told would not be making state anew.
 */
export class Outbox implements Projection {
  readonly name = 'webhooks';
  /** For ever: there is no rebuild that another version could wait for. */
  readonly version = 1;
  readonly settings: ProjectionSettings = {};
  readonly tables = ['webhook_events', 'webhook_streams', 'webhook_deliveries'];

  constructor(private readonly ids: IdCodec) {}

  async fold(client: ClientBase, { after, upTo }: PositionRange): Promise<void> {
    const listeners = await readListeners(client);
    // Most ledgers tell nobody: then this is all it costs them.
    const first = Math.min(...listeners.map(({ fromPosition }) => fromPosition));
    for (let from = Math.max(after, first); from < upTo; from += PAGE_POSITIONS) {
      await this.foldPage(client, { after: from, upTo: Math.min(upTo, from + PAGE_POSITIONS) }, listeners);
    }
  }

  private async foldPage(client: ClientBase, range: PositionRange, listeners: readonly Listener[]): Promise<void> {
    const modes = [...new Set(listeners.map(({ mode }) => mode))];
    const entries = await readEntries(client, range, modes);
    if (entries.length === 0) return;
    const scales = await readScales(client);
    const accounts = await openAccounts(client, entries);
    const told = entries.flatMap(entry => this.tell(entry, accounts.get(entry.accountNo)!, scales));
    await writeHappenings(client, told, listeners);
    await rememberLevels(client, [...accounts.values()]);
    const subscribed = [...accounts.values()].flatMap(({ accountNo, seq, subscriptions: levels }) =>
      levels === null ? [] : { accountNo, seq, levels },
    );
    await rememberSubscriptions(client, subscribed);
  }

  private tell(placed: PlacedEntry, account: Followed, scales: ReadonlyMap<string, number>): Told[] {
    const { accountNo, mode, position, entry, cameBack } = placed;
    if (entry.seq !== account.seq + 1) throw new Error(`entry ${entry.seq} does not follow ${account.seq}`);
    account.seq = entry.seq;
    const before = entry.unit === null ? NO_LEVEL : (account.levels.get(entry.unit) ?? NO_LEVEL);
    const after = entry.unit === null ? NO_LEVEL : levelAfter(before, entry);
    if (entry.unit !== null) account.levels.set(entry.unit, after);
    const levels = entry.unit === null ? null : { before, after };
    const spelling: Spelling = {
      id: (kind, number) => this.ids.encode(kind, accountNo, number),
      scale: unit => mustKnow(scales.get(unit), unit),
    };
    const subscription = changedBy(entry, account.subscriptions);
    return happeningsOf({ entry, levels, rules: account.rules, subscription, cameBack }, spelling).map(happening => ({
      mode,
      accountNo,
      happening,
      occurredAt: entry.effectiveAt,
      position,
    }));
  }
}

function changedBy({ subscription: change }: Entry, levels: SubscriptionLevels | null): SubscriptionChanged | null {
  // What was paid for one that is over changes nothing about it.
  if (change === null || change.paid !== undefined || levels === null) return null;
  const before = levels.get(change.id);
  return { id: change.id, before, after: follow(levels, change) };
}

function mustKnow(scale: number | undefined, unit: string): number {
  if (scale === undefined) throw new Error(`the unit ${unit} has entries and is not in use`);
  return scale;
}

/** Every account of the page, as it was before its first entry there, in the order of those. */
async function openAccounts(
  client: ClientBase,
  entries: readonly PlacedEntry[],
): Promise<ReadonlyMap<number, Followed>> {
  const firsts = [...new Map(entries.toReversed().map(each => [each.accountNo, each])).values()];
  const places = firsts.map(({ accountNo, entry }) => ({ accountNo, seq: entry.seq - 1, nextAt: entry.effectiveAt }));
  const levels = await readLevels(client, places);
  const subscriptions = await readSubscriptions(client, entries);
  const forAll = await readRulesForAll(client);
  const own = await readOwnRules(
    client,
    firsts.map(({ mode, account }) => ({ mode, id: account })),
  );
  return new Map(
    firsts.map(({ accountNo, mode }, index) => {
      const rules = rulesInForce(forAll.get(mode)!, own[index]!);
      const its = { levels: levels[index]!, rules, subscriptions: subscriptions.get(accountNo) ?? null };
      return [accountNo, { accountNo, seq: places[index]!.seq, ...its }];
    }),
  );
}
