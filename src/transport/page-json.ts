import type { Page } from '../shared/page.js';
import { encodeCursor } from './cursor.js';

/** @param list names the list, so that its cursors fit no other */
export function pageJson(list: string, { items, next }: Page): string {
  const cursor = next === null ? 'null' : `"${encodeCursor(list, next)}"`;
  return `{"data":[${items.join(',')}],"has_more":${next !== null},"next_cursor":${cursor}}`;
}
