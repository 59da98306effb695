import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { proveConsistency } from './consistency-proof.js';
import { inSnapshot } from './in-snapshot.js';
import { consistencyProofJson } from './proof-json.js';

/** A proof that the log of one checkpoint goes on from that of an earlier one, as JSON. */
export class GetConsistencyProof extends Query<string> {
  /** Sizes of the two; null for the newest. */
  constructor(
    readonly from: number,
    readonly to: number | null,
  ) {
    super();
  }
}

@QueryHandler(GetConsistencyProof)
export class GetConsistencyProofHandler implements IQueryHandler<GetConsistencyProof> {
  constructor(private readonly pool: Pool) {}

  async execute({ from, to }: GetConsistencyProof): Promise<string> {
    return consistencyProofJson(await inSnapshot(this.pool, client => proveConsistency(client, from, to)));
  }
}
