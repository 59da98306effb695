import type { ClientBase } from 'pg';
import { logConsistency, logRoot } from '../log/log-tree.js';
import { findCheckpoint, type SignedCheckpoint } from '../log/signed-checkpoints.js';
import { brokenEvidence, noCheckpoint } from './refusals.js';

/** What shows that the log under one checkpoint goes on from the log under an earlier one. */
export interface ConsistencyProof {
  readonly from: SignedCheckpoint;
  readonly to: SignedCheckpoint;
  /** RFC 6962, section 2.1.2. */
  readonly path: readonly Buffer[];
}

/**
 * @param client in a transaction that sees one moment
 * @param from the earlier checkpoint's size, at most `to`
 * @param to null for the newest
 * @throws LedgerError checkpoint_not_found, evidence_broken
 */
export async function proveConsistency(client: ClientBase, from: number, to: number | null): Promise<ConsistencyProof> {
  const earlier = await findCheckpoint(client, from);
  if (earlier === null) throw noCheckpoint(from);
  const later = await findCheckpoint(client, to);
  if (later === null) throw noCheckpoint(to);
  for (const { size, root } of [earlier, later]) {
    if (!(await logRoot(client, size)).equals(root))
      throw brokenEvidence(`${size} entries no longer have the root signed`);
  }
  return { from: earlier, to: later, path: await logConsistency(client, from, later.size) };
}
