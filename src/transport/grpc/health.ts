import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Readiness } from '../../health/readiness.js';
import { CreditsServiceDefinition } from './generated/credits/v1/credits_service.js';

/** How often callers that watch learn of a change. */
const ASK_EVERY_MS = 1_000;
/** The server as a whole, and the one service that matters. */
const SERVICES = ['', CreditsServiceDefinition.fullName];

/** `grpc.health.v1.Health`, following the readiness that HTTP tells under /readyz. */
export class Health {
  private readonly health = new HealthImplementation(
    Object.fromEntries(SERVICES.map(service => [service, 'NOT_SERVING' as const])),
  );
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly readiness: Readiness) {
    readiness.onStop(() => this.stop());
  }

  addTo(server: Server): void {
    this.health.addToServer(server);
  }

  async start(): Promise<void> {
    await this.ask();
    if (!this.stopped) this.timer = setTimeout(() => void this.start(), ASK_EVERY_MS).unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.tell(false);
  }

  private async ask(): Promise<void> {
    const ready = await this.readiness.isReady();
    if (!this.stopped) this.tell(ready);
  }

  private tell(ready: boolean): void {
    for (const service of SERVICES) this.health.setStatus(service, ready ? 'SERVING' : 'NOT_SERVING');
  }
}
