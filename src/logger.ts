import type { LoggerService } from '@nestjs/common';
import { pino, type Level, type Logger } from 'pino';

/** One JSON object a line on standard output. Never log a key, a URL with a password, or a request body. */
export function createLogger(level: Level | 'silent'): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Nest's own words through the same logger; its start-up chatter is worth `debug`, not `info`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }

  /** An object is a line of its own fields, `msg` among them. */
  warn(message: unknown, context?: string): void {
    if (isLine(message)) this.logger.warn({ context, ...message });
    else this.logger.warn({ context }, String(message));
  }

  error(message: unknown, stack?: string, context?: string): void {
    if (isLine(message)) this.logger.error({ context, stack, ...message });
    else this.logger.error({ context, stack }, String(message));
  }
}

function isLine(message: unknown): message is { readonly msg: string } {
  return typeof message === 'object' && message !== null && 'msg' in message;
}
