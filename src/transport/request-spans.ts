import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type TextMapGetter,
  type Tracer,
} from '@opentelemetry/api';
import type { LedgerError } from '../shared/ledger-error.js';

/** A span for each request, below the caller's where it sends a W3C `traceparent`. */
export class RequestSpans {
  constructor(private readonly tracer: Tracer) {}

  start<Carrier>(name: string, attributes: Attributes, carrier: Carrier, getter?: TextMapGetter<Carrier>): Span {
    const caller = propagation.extract(ROOT_CONTEXT, carrier, getter);
    return this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);
  }

  /** What `work` submits to the ledger is linked to this request. */
  during<T>(span: Span, work: () => T): T {
    return context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  }

  /** @param refusal a refusal is an answer like any other, unless the fault is ours */
  end(span: Span, refusal: LedgerError | undefined, isFault: boolean): void {
    if (refusal !== undefined) span.setAttribute('error.type', refusal.code);
    if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
