import { Module } from '@nestjs/common';
import { HealthModule } from '../../health/health.module.js';
import { CallsModule } from '../calls.module.js';
import { CallObserver } from './call-observer.js';
import { GrpcServer } from './grpc-server.js';
import { UnaryCalls } from './unary-calls.js';

/** Everything under gRPC. It listens when it is told to. */
@Module({
  imports: [CallsModule, HealthModule],
  providers: [CallObserver, UnaryCalls, GrpcServer],
})
export class GrpcModule {}
