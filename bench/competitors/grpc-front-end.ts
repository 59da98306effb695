import { promisify } from 'node:util';
import {
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  CommitReservationRequest,
  CommitReservationResponse,
  ReserveCreditsRequest,
  ReserveCreditsResponse,
} from '../../src/transport/grpc/generated/credits/v1/mutations.js';
import type { Contestant } from '../contestant.js';
import { onceFor, unitsOf, type FrontEnd } from './front-end.js';

/** A service as somebody writes it by hand: unary calls, the same messages as ours, no authentication, no validation. */
export async function startGrpcFrontEnd(contestant: Contestant): Promise<FrontEnd> {
  const server = new Server();
  server.addService(SERVICE, {
    ReserveCredits(call: ServerUnaryCall<ReserveCreditsRequest, Buffer>, respond: sendUnaryData<Buffer>) {
      const { account = '', idempotency_key: key = '', ...body } = call.request;
      void answer(respond, () => contestant.reserve(account, unitsOf(body), onceFor('reserve', account, key, body)));
    },
    CommitReservation(call: ServerUnaryCall<CommitReservationRequest, Buffer>, respond: sendUnaryData<Buffer>) {
      const { reservation = '', idempotency_key: key = '', ...body } = call.request;
      void answer(respond, () =>
        contestant.commit(reservation, unitsOf(body), onceFor('commit', reservation, key, body)),
      );
    },
  });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  return { port, close: promisify(server.tryShutdown.bind(server)) };
}

async function answer(respond: sendUnaryData<Buffer>, run: () => Promise<Buffer>): Promise<void> {
  try {
    respond(null, await run());
  } catch (error) {
    respond({ code: 13, details: String(error) });
  }
}

/** Their answers are JSON of the same fields; dates and words stay out, which is less work than ours has. */
function encodeWith(type: typeof ReserveCreditsResponse | typeof CommitReservationResponse) {
  return (json: Buffer): Buffer => {
    const { account, seq, entries, balances, reservation } = JSON.parse(json.toString());
    for (const entry of entries) entry.type = entry.effective_at = entry.recorded_at = undefined;
    reservation.status = reservation.overage = reservation.late = undefined;
    reservation.expires_at = reservation.created_at = undefined;
    return Buffer.from(type.encode({ account, seq, entries, balances, reservation }).finish());
  };
}

const SERVICE: ServiceDefinition = {
  ReserveCredits: {
    path: '/credits.v1.CreditsService/ReserveCredits',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: ReserveCreditsRequest) => Buffer.from(ReserveCreditsRequest.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => ReserveCreditsRequest.decode(bytes),
    responseSerialize: encodeWith(ReserveCreditsResponse),
    responseDeserialize: (bytes: Buffer) => bytes,
  },
  CommitReservation: {
    path: '/credits.v1.CreditsService/CommitReservation',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: CommitReservationRequest) =>
      Buffer.from(CommitReservationRequest.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => CommitReservationRequest.decode(bytes),
    responseSerialize: encodeWith(CommitReservationResponse),
    responseDeserialize: (bytes: Buffer) => bytes,
  },
};
