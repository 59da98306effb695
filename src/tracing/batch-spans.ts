import { context, ROOT_CONTEXT, SpanKind, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { BatchObservation, BatchObserver } from '../ledger/batch-observer.js';

/**
 * A span for each batch that serves a sampled request: linked to those requests, and they to it, because it has as many
 * parents as they are. Below it, what PostgreSQL was asked.
 */
export class BatchSpans implements BatchObserver {
  constructor(private readonly tracer: Tracer) {}

  readonly origin = (): object | null => {
    const span = trace.getSpan(context.active());
    return span?.isRecording() === true ? span : null;
  };

  written(batch: BatchObservation): void {
    const requests = [...batch.origins()] as Span[];
    if (requests.length === 0) return;
    const span = this.tracer.startSpan(
      'ledger batch',
      {
        startTime: batch.beganAt,
        links: requests.map(request => ({ context: request.spanContext() })),
        attributes: {
          'credits.batch.commands': batch.calls,
          'credits.batch.conflicts': batch.conflicts,
          'credits.batch.behind_row_locks': batch.queuedSince === null,
        },
      },
      ROOT_CONTEXT,
    );
    const below = trace.setSpan(ROOT_CONTEXT, span);
    const query = (operation: string, startTime: number, endTime: number): void => {
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': operation };
      this.tracer.startSpan(operation, { kind: SpanKind.CLIENT, startTime, attributes }, below).end(endTime);
    };
    query('load accounts', batch.beganAt, batch.loadedAt);
    query('append_batch', batch.sentAt, batch.writtenAt);
    span.end(batch.writtenAt);
    for (const request of requests) request.addLink({ context: span.spanContext() });
  }
}
