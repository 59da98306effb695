import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { findCheckpoint } from '../log/signed-checkpoints.js';
import { checkpointJson } from './proof-json.js';
import { noCheckpoint } from './refusals.js';

/** The newest signed checkpoint, as JSON. */
export class GetCheckpoint extends Query<string> {}

@QueryHandler(GetCheckpoint)
export class GetCheckpointHandler implements IQueryHandler<GetCheckpoint> {
  constructor(private readonly pool: Pool) {}

  async execute(): Promise<string> {
    const checkpoint = await findCheckpoint(this.pool, null);
    if (checkpoint === null) throw noCheckpoint(null);
    return checkpointJson(checkpoint);
  }
}
