import { trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace-node';

const EXPORT_TIMEOUT_MS = 5_000;
/** Beyond it spans are dropped: a collector that is away costs memory, never a request. */
const MOST_SPANS_QUEUED = 10_000;
/** Requests that a batch names; the largest batch has more calls than anybody would look at. */
const MOST_LINKS = 128;

export interface TracingOptions {
  /** Of an OpenTelemetry collector, without `/v1/traces`. */
  readonly endpoint: string;
  /** Of requests that come without a `traceparent`; one that has it decides for itself. */
  readonly sampleRatio: number;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, for a moment. */
  stop(): Promise<void>;
}

/** Spans go to the collector in the background. Sets the process's tracer, context and W3C propagation, once. */
export function startTracing({ endpoint, sampleRatio }: TracingOptions): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: MOST_SPANS_QUEUED,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'credits-ledger' }),
    sampler: withTheirRequests(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) })),
    spanLimits: { linkCountLimit: MOST_LINKS },
    spanProcessors: [processor],
  });
  provider.register();
  return {
    tracer: trace.getTracer('credits-ledger'),
    stop: () => provider.shutdown().catch(() => {}),
  };
}

/** A batch has no parent, because it serves many requests: it is sampled with any of those it links to. */
function withTheirRequests(sampler: Sampler): Sampler {
  return {
    shouldSample: (context, traceId, name, kind, attributes, links) =>
      links.some(({ context: { traceFlags } }) => (traceFlags & 1) === 1)
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : sampler.shouldSample(context, traceId, name, kind, attributes, links),
    toString: () => `WithTheirRequests(${sampler.toString()})`,
  };
}
