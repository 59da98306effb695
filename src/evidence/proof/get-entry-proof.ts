import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Pool } from 'pg';
import { proveEntry, type AskedEntry } from './entry-proof.js';
import { inSnapshot } from './in-snapshot.js';
import { entryProofJson } from './proof-json.js';

/** A proof that an entry is under a signed checkpoint, as JSON. */
export class GetEntryProof extends Query<string> {
  constructor(
    /** Of the entry, as it was asked for. */
    readonly id: string,
    readonly asked: AskedEntry,
    /** Of the checkpoint; null for the newest. */
    readonly size: number | null,
  ) {
    super();
  }
}

@QueryHandler(GetEntryProof)
export class GetEntryProofHandler implements IQueryHandler<GetEntryProof> {
  constructor(private readonly pool: Pool) {}

  async execute({ id, asked, size }: GetEntryProof): Promise<string> {
    return entryProofJson(await inSnapshot(this.pool, client => proveEntry(client, asked, size)), id);
  }
}
