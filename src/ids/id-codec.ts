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

/** Ids made last; a power of two. An answer names the same lot and reservation several times, and so does the next one. */
const REMEMBERED_IDS = 2 ** 15;
/** What is foreseen at most; more are made one by one. */
const FORESEEN_IDS = 4096;

/**
 * Ids on the wire: one encrypted block that carries the account's internal number and the thing's own, so that an id alone
 * finds its lane and its shard, tells nothing, and cannot be made up. One codec for a process: it keeps its ciphers.
 *
 * Going to the cipher costs many times what it does there: a batch says first which ids its answers will need, and they
 * go there together.
 */
export class IdCodec {
  private readonly cipher;
  private readonly decipher;
  private readonly ids = Array.from({ length: REMEMBERED_IDS }, () => '');
  /** Whose id stands in the same place of `ids`. */
  private readonly kinds = new Uint8Array(REMEMBERED_IDS);
  private readonly accountNos = new Float64Array(REMEMBERED_IDS);
  private readonly numbers = new Float64Array(REMEMBERED_IDS);
  private readonly blocks = Buffer.alloc(FORESEEN_IDS * BLOCK_BYTES);
  private readonly view = new DataView(this.blocks.buffer, this.blocks.byteOffset, this.blocks.length);
  private readonly foreseenKinds: IdKind[] = [];

  /** @param secret 16 bytes, the same on every replica for ever. */
  constructor(secret: Buffer) {
    // ECB of single blocks that never repeat: each is its own permutation, and the zeros inside are the check.
    this.cipher = createCipheriv('aes-128-ecb', secret, null).setAutoPadding(false);
    this.decipher = createDecipheriv('aes-128-ecb', secret, null).setAutoPadding(false);
  }

  encode(kind: IdKind, accountNo: number, number: number): string {
    const place = this.find(kind, accountNo, number);
    if (place !== undefined) return this.ids[place]!;
    if (!fits(accountNo, MOST_ACCOUNT_NO) || !fits(number, MOST_NUMBER)) {
      throw new RangeError(`no id for ${kind} ${number} of account ${accountNo}`);
    }
    this.makeForeseen();
    this.foresee(kind, accountNo, number);
    this.makeForeseen();
    return this.ids[placeOf(kind, accountNo, number)]!;
  }

  /** Says that this id will be needed. */
  foresee(kind: IdKind, accountNo: number, number: number): void {
    const { foreseenKinds, view } = this;
    if (foreseenKinds.length === FORESEEN_IDS || this.find(kind, accountNo, number) !== undefined) return;
    const at = foreseenKinds.push(kind) * BLOCK_BYTES - BLOCK_BYTES;
    const upperAccount = Math.floor(accountNo / TWO_TO_32);
    const upperNumber = Math.floor(number / TWO_TO_32);
    view.setUint32(at, KIND_BYTE[kind] * 2 ** 24 + Math.floor(upperAccount / 2 ** 8));
    view.setUint8(at + 4, upperAccount % 2 ** 8);
    view.setUint32(at + 5, accountNo % TWO_TO_32);
    view.setUint8(at + 9, Math.floor(upperNumber / TWO_TO_16));
    view.setUint16(at + 10, upperNumber % TWO_TO_16);
    view.setUint32(at + 12, number % TWO_TO_32);
  }

  /** Makes all ids that were foreseen. */
  makeForeseen(): void {
    const { foreseenKinds } = this;
    if (foreseenKinds.length === 0) return;
    const encrypted = this.cipher.update(this.blocks.subarray(0, foreseenKinds.length * BLOCK_BYTES));
    for (let i = 0; i < foreseenKinds.length; i++) {
      const kind = foreseenKinds[i]!;
      const { accountNo, number } = this.readBlock(this.blocks, i * BLOCK_BYTES);
      const place = placeOf(kind, accountNo, number);
      this.ids[place] = PREFIX[kind] + encrypted.toString('base64url', i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES);
      this.kinds[place] = KIND_BYTE[kind];
      this.accountNos[place] = accountNo;
      this.numbers[place] = number;
    }
    foreseenKinds.length = 0;
  }

  /** Null for anything that this ledger never made: another kind, another shape, another secret. */
  decode(kind: IdKind, id: string): Numbered | null {
    if (!id.startsWith(PREFIX[kind]) || !SHAPE.test(id)) return null;
    const block = this.decipher.update(Buffer.from(id.slice(4), 'base64url'));
    if (block.readUIntBE(0, 3) !== KIND_BYTE[kind] * TWO_TO_16) return null;
    const { accountNo, number } = this.readBlock(block, 0);
    return fits(accountNo, MOST_ACCOUNT_NO) && fits(number, MOST_NUMBER) ? { accountNo, number } : null;
  }

  private find(kind: IdKind, accountNo: number, number: number): number | undefined {
    const place = placeOf(kind, accountNo, number);
    const found =
      this.numbers[place] === number && this.accountNos[place] === accountNo && this.kinds[place] === KIND_BYTE[kind];
    return found ? place : undefined;
  }

  private readBlock(block: Buffer, at: number): Numbered {
    return {
      accountNo: block.readUIntBE(at + 3, 6),
      number: block.readUIntBE(at + 9, 3) * TWO_TO_32 + block.readUInt32BE(at + 12),
    };
  }
}

function placeOf(kind: IdKind, accountNo: number, number: number): number {
  return (Math.imul(number, 3) ^ Math.imul(accountNo, 40_503) ^ (KIND_BYTE[kind] << 9)) & (REMEMBERED_IDS - 1);
}

function fits(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && value <= most;
}
