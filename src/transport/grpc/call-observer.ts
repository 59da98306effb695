import type { Metadata } from '@grpc/grpc-js';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Histogram, Registry } from 'prom-client';
import type { LedgerError } from '../../shared/ledger-error.js';
import type { Tracing } from '../../tracing/start-tracing.js';
import { TRACING } from '../../tracing/tracing.module.js';
import { asLedgerError } from '../as-ledger-error.js';
import { ERROR_TABLE, GRPC } from '../error-table.js';
import { RequestSpans } from '../request-spans.js';
import type { Asked } from './asked.js';

const SLOW_MS = 1_000;
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const STATUS_NAMES = new Map(Object.entries(GRPC).map(([name, code]) => [code, name]));
/** Where a caller's `traceparent` is found. */
export const METADATA = {
  get: (metadata: Metadata, name: string) => metadata.get(name).map(String),
  keys: (metadata: Metadata) => Object.keys(metadata.getMap()),
};

interface ObservedCall {
  /** Its full path. */
  readonly method: string;
  readonly metadata: Metadata;
  readonly asked: Asked;
}

/** Times, traces and, where it went wrong through no fault of the caller's or took long, logs a unary call. */
@Injectable()
export class CallObserver {
  private readonly logger = new Logger('grpc');
  private readonly durations: Histogram;
  /** Null where nothing is traced. */
  readonly spans: RequestSpans | null;

  constructor(registry: Registry, @Inject(TRACING) tracing: Tracing | null) {
    this.spans = tracing === null ? null : new RequestSpans(tracing.tracer);
    this.durations = new Histogram({
      name: 'credits_grpc_request_duration_seconds',
      help: 'From the request of a unary call to its answer.',
      labelNames: ['operation', 'status'],
      buckets: BUCKETS_SECONDS,
      registers: [registry],
    });
  }

  async during<T>(call: ObservedCall, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const attributes = { 'rpc.system': 'grpc', 'rpc.method': call.method, 'credits.request_id': call.asked.requestId };
    const span = this.spans?.start(call.method.slice(1), attributes, call.metadata, METADATA);
    let refusal: LedgerError | undefined;
    try {
      return await (span === undefined ? work() : this.spans!.during(span, work));
    } catch (error) {
      refusal = asLedgerError(error);
      throw error;
    } finally {
      const fault = refusal !== undefined && ERROR_TABLE[refusal.code].http >= 500;
      const tookMs = performance.now() - startedAt;
      const status = refusal === undefined ? 'OK' : STATUS_NAMES.get(ERROR_TABLE[refusal.code].grpc)!;
      this.durations.observe({ operation: call.method.replace(/^.*\//, ''), status }, tookMs / 1000);
      if (span !== undefined) this.spans!.end(span, refusal, fault);
      if (fault || tookMs > SLOW_MS) this.log(call, refusal, status, tookMs);
    }
  }

  private log({ method, asked }: ObservedCall, refusal: LedgerError | undefined, status: string, tookMs: number): void {
    const cause = refusal?.cause ?? refusal;
    const line = {
      msg: refusal === undefined ? 'request was slow' : 'request failed',
      request_id: asked.requestId,
      operation: method,
      status,
      duration_ms: Math.round(tookMs),
      key_id: asked.caller.keyId,
      code: refusal?.code,
      cause: cause === undefined ? undefined : String(cause),
    };
    if (refusal?.code === 'internal') this.logger.error(line, cause instanceof Error ? cause.stack : undefined);
    else this.logger.warn(line);
  }
}
