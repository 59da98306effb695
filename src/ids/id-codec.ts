import { createCipheriv, createDecipheriv } from 'node:crypto';

export type IdKind = 'reservation' | 'lot' | 'entry';

/** What an id says: whose it is, and which. `number` is a `seq` (reservation, entry) or a lot number. */
export interface Numbered {
  readonly accountNo: number;
  readonly number: number;
}

const PREFIX: Readonly<Record<IdKind, string>> = { reservation: 'res_', lot: 'lot_', entry: 'ent_' };
const KIND_BYTE: Readonly<Record<IdKind, number>> = { reservation: 1, lot: 2, entry: 3 };
const SHAPE = /^[a-z]{3}_[A-Za-z0-9_-]{21}[AQgw]$/;

const BLOCK_BYTES = 16;
const TWO_TO_16 = 2 ** 16;
const TWO_TO_32 = 2 ** 32;
/** A byte of kind, two of zeros, six of account number, seven of number: no made-up id decrypts to what exists. */
const MOST_ACCOUNT_NO = 2 ** 48 - 1;
const MOST_NUMBER = Number.MAX_SAFE_INTEGER;

/**
 * Ids on the wire: one encrypted block that carries the account's internal number and the thing's own, so that an id alone
 * finds its lane and its shard, tells nothing, and cannot be made up. One codec for a process: it keeps its ciphers.
 */
export class IdCodec {
  private readonly cipher;
  private readonly decipher;
  private readonly block = Buffer.alloc(BLOCK_BYTES);

  /** @param secret 16 bytes, the same on every replica for ever. */
  constructor(secret: Buffer) {
    // ECB of single blocks that never repeat: each is its own permutation, and the zeros inside are the check.
    this.cipher = createCipheriv('aes-128-ecb', secret, null).setAutoPadding(false);
    this.decipher = createDecipheriv('aes-128-ecb', secret, null).setAutoPadding(false);
  }

  encode(kind: IdKind, accountNo: number, number: number): string {
    if (!fits(accountNo, MOST_ACCOUNT_NO) || !fits(number, MOST_NUMBER)) {
      throw new RangeError(`no id for ${kind} ${number} of account ${accountNo}`);
    }
    const { block } = this;
    block.writeUIntBE(KIND_BYTE[kind] * TWO_TO_16, 0, 3);
    block.writeUIntBE(accountNo, 3, 6);
    block.writeUIntBE(Math.floor(number / TWO_TO_32), 9, 3);
    block.writeUInt32BE(number % TWO_TO_32, 12);
    return PREFIX[kind] + this.cipher.update(block).toString('base64url');
  }

  /** Null for anything that this ledger never made: another kind, another shape, another secret. */
  decode(kind: IdKind, id: string): Numbered | null {
    if (!id.startsWith(PREFIX[kind]) || !SHAPE.test(id)) return null;
    const block = this.decipher.update(Buffer.from(id.slice(4), 'base64url'));
    if (block.readUIntBE(0, 3) !== KIND_BYTE[kind] * TWO_TO_16) return null;
    const accountNo = block.readUIntBE(3, 6);
    const number = block.readUIntBE(9, 3) * TWO_TO_32 + block.readUInt32BE(12);
    return fits(accountNo, MOST_ACCOUNT_NO) && fits(number, MOST_NUMBER) ? { accountNo, number } : null;
  }
}

function fits(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && value <= most;
}
