import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { startTracing, type Tracing, type TracingOptions } from './start-tracing.js';

/** Null where no collector is configured: then nothing of OpenTelemetry runs. */
export const TRACING = Symbol('TRACING');

/** Gives every module the process's tracer. */
@Module({})
export class TracingModule {
  static of(options: TracingOptions | null): DynamicModule {
    return {
      module: TracingModule,
      global: true,
      providers: [
        { provide: TRACING, useFactory: () => (options === null ? null : new Started(startTracing(options))) },
      ],
      exports: [TRACING],
    };
  }
}

/** Nest stops it with the modules. */
class Started implements Tracing, OnApplicationShutdown {
  readonly tracer;

  constructor(private readonly tracing: Tracing) {
    this.tracer = tracing.tracer;
  }

  stop(): Promise<void> {
    return this.tracing.stop();
  }

  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }
}
