import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { JobQueue } from '../../workers/job-queue.js';
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js';

const PATH = '/ops/queues';

/** A board that is built once its first reader comes. */
interface Board {
  readonly site: FastifyInstance;
  /** Shows this queue: connections may have been replaced since. */
  show(queue: JobQueue['queue']): void;
}

/**
 * The queue, for people with a browser: the key is the password they are asked for. It only shows. What changes something
 * is a call of the API, which is recorded, and which no other site can make with a password that a browser remembers.
 */
@Controller('ops/queues')
export class BoardController {
  private board: Promise<Board> | undefined;

  constructor(private readonly jobQueue: JobQueue) {}

  @Get(['', '*'])
  @RouteConfig({ page: { scope: 'ops', liveOnly: true } })
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { site, show } = await (this.board ??= openBoard());
    show(this.jobQueue.queue);
    const page = await site.inject({ method: 'GET', url: request.url });
    const { 'content-type': type, location } = page.headers;
    if (type !== undefined) void reply.header('content-type', type);
    if (location !== undefined) void reply.header('location', location);
    void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    void reply.code(page.statusCode).send(page.rawPayload);
  }
}

async function openBoard(): Promise<Board> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ]);
  const server = new FastifyAdapter().setBasePath(PATH);
  const { replaceQueues } = createBullBoard({ queues: [], serverAdapter: server });
  const site = fastify();
  await site.register(server.registerPlugin(), { prefix: PATH });
  let shown: JobQueue['queue'] | undefined;
  const show = (queue: JobQueue['queue']): void => {
    if (shown === queue) return;
    shown = queue;
    replaceQueues([new BullMQAdapter(queue, { readOnlyMode: true })]);
  };
  return { site, show };
}
