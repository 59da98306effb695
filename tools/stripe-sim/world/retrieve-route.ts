import type { Route } from '../http/route.js';
import type { Table } from './table.js';
import type { World } from './world.js';

/** One object by its id, which is the last part of the path. */
export function retrieveRoute<T extends { id: string }>(
  world: World,
  url: string,
  table: Table<T>,
  what: string,
): Route {
  return {
    method: 'GET',
    path: `${url}/:id`,
    handle({ params, ids: [id = ''] }) {
      params.nothingElse();
      return world.must(table, what, id);
    },
  };
}
