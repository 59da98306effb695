import { Module } from '@nestjs/common';
import { GetCheckpointHandler } from './get-checkpoint.js';
import { GetConsistencyProofHandler } from './get-consistency-proof.js';
import { GetEntryProofHandler } from './get-entry-proof.js';

/** What customers and auditors take with them. */
@Module({ providers: [GetCheckpointHandler, GetEntryProofHandler, GetConsistencyProofHandler] })
export class ProofsModule {}
