import { Controller, Get, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { checkpoint, consistencyProof, entryProof } from '../proof-answers.js';
import { Proofs } from '../proofs.js';
import { consistencyQuery, entryProofQuery } from '../requests/proofs.js';
import { called } from './call.js';
import { sendAnswer } from './send-answer.js';

/** What was signed of the log of all entries, and what is under it. */
@Controller('v1')
export class ProofsController {
  constructor(private readonly proofs: Proofs) {}

  @Get('checkpoints/latest')
  @RouteConfig(
    called({
      id: 'getLatestCheckpoint',
      tag: 'proofs',
      summary: 'Read the newest signed checkpoint of the log of all entries',
      description:
        'It is of the whole ledger, live and test, and tells nothing of it but how many entries there are. Check it ' +
        'with the public key that the operator published, not with one that comes the same way; keep its `note`.',
      scope: 'ledger:read',
      refusals: ['checkpoint_not_found'],
      status: 200,
      answer: checkpoint,
    }),
  )
  async checkpoint(@Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.proofs.checkpoint());
  }

  @Get('checkpoints/consistency')
  @RouteConfig(
    called({
      id: 'getConsistencyProof',
      tag: 'proofs',
      summary: 'Prove that what was signed later goes on from what was signed before',
      scope: 'ledger:read',
      query: consistencyQuery,
      refusals: ['checkpoint_not_found'],
      status: 200,
      answer: consistencyProof,
    }),
  )
  async consistency(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sendAnswer(reply, 200, await this.proofs.ofConsistency(request.query));
  }

  @Get('entries/:id/proof')
  @RouteConfig(
    called({
      id: 'getEntryProof',
      tag: 'proofs',
      summary: 'Prove that an entry is under a signed checkpoint',
      description:
        'Checked offline by `check-proof.mjs`; docs/evidence.md says how. It shows the entry, and nothing of other ' +
        'accounts. Ask again where no checkpoint has the entry yet: they are signed every few minutes.',
      scope: 'ledger:read',
      query: entryProofQuery,
      refusals: ['entry_not_found', 'checkpoint_not_found', 'entry_not_signed'],
      status: 200,
      answer: entryProof,
    }),
  )
  async entry(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = request.params as { id: string };
    sendAnswer(reply, 200, await this.proofs.ofEntry(request.caller, id, request.query));
  }
}
