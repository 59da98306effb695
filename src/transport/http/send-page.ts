import type { FastifyReply } from 'fastify';
import type { Page } from '../../shared/page.js';
import { encodeCursor } from '../cursor.js';
import { sendAnswer } from './send-answer.js';

/** @param list names the list, so that its cursors fit no other */
export function sendPage(reply: FastifyReply, list: string, { items, next }: Page): void {
  const cursor = next === null ? 'null' : `"${encodeCursor(list, next)}"`;
  sendAnswer(reply, 200, `{"data":[${items.join(',')}],"has_more":${next !== null},"next_cursor":${cursor}}`);
}
