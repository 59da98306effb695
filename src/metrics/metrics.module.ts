import { Module, type DynamicModule } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { MetricsServer } from './metrics-server.js';

/**
 * The registry that every module puts its own metrics into: the class `Registry` of prom-client. No metric has an
 * account, a key or anything else a caller chose as a label: whoever may see metrics may see them all.
 */
@Module({})
export class MetricsModule {
  /** @param port null where they are served only by the API itself, to holders of a key with the scope `ops` */
  static of(host: string, port: number | null): DynamicModule {
    const server = {
      provide: MetricsServer,
      useFactory: (registry: Registry) => new MetricsServer(registry, host, port!),
      inject: [Registry],
    };
    return {
      module: MetricsModule,
      global: true,
      providers: [{ provide: Registry, useFactory: processMetrics }, ...(port === null ? [] : [server])],
      exports: [Registry],
    };
  }
}

/** What Prometheus libraries in every language tell of a process: CPU, memory, the event loop, garbage collection. */
function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
