import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CONTENT_SECURITY_POLICY } from './content-security-policy.js';
import { sendAnswer } from './send-answer.js';

/** The OpenAPI document as JSON text. */
export const OPENAPI_JSON = Symbol('OPENAPI_JSON');

/** The API, for people and for tools. */
@Controller()
export class DocsController {
  private reference: Promise<FastifyInstance> | undefined;

  constructor(@Inject(OPENAPI_JSON) private readonly openApi: string) {}

  @Get('openapi.json')
  document(@Res() reply: FastifyReply): void {
    sendAnswer(reply, 200, this.openApi);
  }

  /** The reference brings four megabytes of script: loaded for the first reader, not at every start. */
  @Get(['docs', 'docs/*'])
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const reference = await (this.reference ??= openReference());
    const page = await reference.inject({ method: 'GET', url: request.url });
    const { 'content-type': type, location } = page.headers;
    void reply.code(page.statusCode).header('content-security-policy', CONTENT_SECURITY_POLICY);
    if (type !== undefined) void reply.header('content-type', type);
    if (location !== undefined) void reply.header('location', location);
    void reply.header('cache-control', 'public, max-age=3600').send(page.rawPayload);
  }
}

async function openReference(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const site = fastify();
  await site.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'credits-ledger',
      authentication: { preferredSecurityScheme: 'apiKey' },
      defaultOpenAllTags: true,
      withDefaultFonts: false,
      // What follows would lead away from this service, to the maker's own.
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      hideClientButton: true,
      showDeveloperTools: 'never',
    },
  });
  return site;
}
