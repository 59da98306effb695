import type { SignedCheckpoint } from '../log/signed-checkpoints.js';
import type { ConsistencyProof } from './consistency-proof.js';
import type { EntryProof } from './entry-proof.js';

/** As it goes over the wire and into files; `clients/check-proof` reads it. */
export function entryProofJson(proof: EntryProof, entry: string): string {
  const { account, seq, scale, index, content, texts, path, checkpoint } = proof;
  return JSON.stringify({
    format: 'credits-ledger/proof/1',
    entry,
    account,
    seq,
    ...(scale !== null && { scale }),
    index,
    content,
    ...(texts !== null && {
      texts: {
        salt: texts.salt.toString('hex'),
        ...(texts.reason !== null && { reason: texts.reason }),
        ...(texts.metadata !== null && { metadata: texts.metadata }),
        ...(texts.settingsMetadata !== null && { settings_metadata: texts.settingsMetadata }),
      },
    }),
    path: path.map(inBase64),
    checkpoint: checkpoint.note,
  });
}

export function consistencyProofJson({ from, to, path }: ConsistencyProof): string {
  return JSON.stringify({
    format: 'credits-ledger/consistency/1',
    from: from.size,
    to: to.size,
    path: path.map(inBase64),
    checkpoint: to.note,
  });
}

export function checkpointJson({ origin, size, root, note, signedAt }: SignedCheckpoint): string {
  return JSON.stringify({ origin, size, root: inBase64(root), note, signed_at: signedAt.toISOString() });
}

function inBase64(hash: Buffer): string {
  return hash.toString('base64');
}
