import { noSuch } from './fault.js';
import type { Params } from './params.js';

const PAGE = 10;
const LARGEST_PAGE = 100;

export interface ListPage<T> {
  readonly object: 'list';
  readonly data: T[];
  readonly has_more: boolean;
  readonly url: string;
}

interface Listed {
  readonly id?: string;
}

/** One page of what `all` (oldest first) holds, newest first, as `starting_after`, `ending_before` and `limit` ask. */
export function listPage<T extends Listed>(params: Params, all: readonly T[], url: string): ListPage<T> {
  const limit = params.integer('limit', { min: 1, max: LARGEST_PAGE }) ?? PAGE;
  const after = params.text('starting_after');
  const before = params.text('ending_before');
  params.nothingElse();
  const newestFirst = [...all].reverse();
  if (before !== undefined) {
    const end = placeOf(newestFirst, before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { object: 'list', data: newestFirst.slice(start, end), has_more: start > 0, url };
  }
  const start = after === undefined ? 0 : placeOf(newestFirst, after, 'starting_after') + 1;
  const data = newestFirst.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < newestFirst.length, url };
}

/** The filter `created`: a moment, or bounds `gt`, `gte`, `lt`, `lte`. */
export function createdFilter(params: Params): (item: { created: number }) => boolean {
  if (!params.has('created')) return () => true;
  const bounds = boundsOf(params);
  return ({ created }) =>
    (bounds.gt === undefined || created > bounds.gt) &&
    (bounds.gte === undefined || created >= bounds.gte) &&
    (bounds.lt === undefined || created < bounds.lt) &&
    (bounds.lte === undefined || created <= bounds.lte);
}

/** The filters `charge`, `payment_intent` and `created`, of what became of payments. */
export function paymentFilter(
  params: Params,
): (item: { created: number; charge: unknown; payment_intent: unknown }) => boolean {
  const charge = params.text('charge');
  const intent = params.text('payment_intent');
  const isWithin = createdFilter(params);
  return item =>
    isWithin(item) &&
    (charge === undefined || item.charge === charge) &&
    (intent === undefined || item.payment_intent === intent);
}

interface Bounds {
  readonly gt?: number | undefined;
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
  readonly lte?: number | undefined;
}

function boundsOf(params: Params): Bounds {
  if (params.isText('created')) {
    const moment = params.integer('created');
    return { gte: moment, lte: moment };
  }
  const bounds = params.in('created');
  return {
    gt: bounds?.integer('gt'),
    gte: bounds?.integer('gte'),
    lt: bounds?.integer('lt'),
    lte: bounds?.integer('lte'),
  };
}

function placeOf(items: readonly Listed[], id: string, param: string): number {
  const place = items.findIndex(item => item.id === id);
  if (place === -1) throw noSuch('object', id, param);
  return place;
}
