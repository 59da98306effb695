import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetCheckpoint } from '../evidence/proof/get-checkpoint.js';
import { GetConsistencyProof } from '../evidence/proof/get-consistency-proof.js';
import { GetEntryProof } from '../evidence/proof/get-entry-proof.js';
import { IdCodec } from '../ids/id-codec.js';
import { LedgerError } from '../shared/ledger-error.js';
import type { Asker } from './asker.js';
import { parseRequest } from './requests/parse-request.js';
import { consistencyQuery, entryProofQuery } from './requests/proofs.js';

/** Calls about what was signed, the same way for every transport, as JSON. `query` is as it came. */
@Injectable()
export class Proofs {
  constructor(
    private readonly queries: QueryBus,
    private readonly ids: IdCodec,
  ) {}

  checkpoint(): Promise<string> {
    return this.queries.execute(new GetCheckpoint());
  }

  async ofEntry({ mode }: Asker, id: string, query: unknown): Promise<string> {
    const decoded = this.ids.decode('entry', id);
    if (decoded === null) throw new LedgerError('entry_not_found', 'there is no such entry');
    const { size = null } = parseRequest(entryProofQuery, query, 'query');
    const asked = { accountNo: decoded.accountNo, seq: decoded.number, mode };
    return this.queries.execute(new GetEntryProof(id, asked, size));
  }

  async ofConsistency(query: unknown): Promise<string> {
    const { from, to = null } = parseRequest(consistencyQuery, query, 'query');
    return this.queries.execute(new GetConsistencyProof(from, to));
  }
}
