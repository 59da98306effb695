import type { Metadata } from '@grpc/grpc-js';
import type { Span } from '@opentelemetry/api';
import { ERROR_TABLE } from '../error-table.js';
import type { LedgerError } from '../../shared/ledger-error.js';
import type { Outcome } from '../batch.js';
import type { RequestSpans } from '../request-spans.js';
import type { Asked } from './asked.js';
import { METADATA } from './call-observer.js';

/** A span for each message of a stream, from when it came to its last result: each is a request of its own. */
export class StreamSpans {
  constructor(
    private readonly spans: RequestSpans,
    /** The stream's full path. */
    private readonly method: string,
    private readonly metadata: Metadata,
    private readonly asked: Asked,
  ) {}

  begin(commands: number): Span {
    const { method } = this;
    const attributes = {
      'rpc.system': 'grpc',
      'rpc.method': method,
      'credits.request_id': this.asked.requestId,
      'credits.commands': commands,
    };
    return this.spans.start(method.slice(1), attributes, this.metadata, METADATA);
  }

  /** Sends the message's commands to the ledger as this span's. */
  during(span: Span, send: () => Promise<Outcome>[]): Promise<Outcome>[] {
    const outcomes = this.spans.during(span, send);
    void Promise.all(outcomes).then(all => {
      const fault = all.map(faultOf).find(error => error !== undefined);
      this.spans.end(span, fault, fault !== undefined);
    });
    return outcomes;
  }
}

/** A command that is refused is answered; only what is our fault makes the message's span one that failed. */
function faultOf(outcome: Outcome): LedgerError | undefined {
  return 'error' in outcome && ERROR_TABLE[outcome.error.code].http >= 500 ? outcome.error : undefined;
}
