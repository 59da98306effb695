import type { Pool } from 'pg';
import { LedgerError } from '../../shared/ledger-error.js';
import type { FixedPack, OpenPack, PackDefinition } from './pack.js';

export interface Pack {
  readonly id: string;
  readonly definition: PackDefinition;
  readonly updatedAt: Date;
}

export const PACK_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MOST_PACKS = 1_000;

const PUT = `
INSERT INTO packs AS p (id, active, open_currency, definition)
SELECT $1, $2, $3, $4
WHERE EXISTS (SELECT FROM packs WHERE id = $1) OR (SELECT count(*) FROM packs) < ${MOST_PACKS}
ON CONFLICT (id) DO UPDATE SET active = excluded.active, open_currency = excluded.open_currency,
  definition = excluded.definition, updated_at = clock_timestamp()
RETURNING id, definition, updated_at AS "updatedAt"`;
const FIND = `SELECT id, definition, updated_at AS "updatedAt" FROM packs WHERE id = $1`;
const FIND_OPEN = `SELECT id, definition, updated_at AS "updatedAt" FROM packs WHERE open_currency = $1 AND active`;
const LIST = `SELECT id, definition, updated_at AS "updatedAt" FROM packs WHERE id > $1 ORDER BY id LIMIT $2`;

/** What is sold for money once, shared by live and test. Changing one changes nothing that was begun. */
export class Packs {
  constructor(private readonly pool: Pool) {}

  /** @throws LedgerError too_many_packs, pack_exists */
  async put(id: string, definition: PackDefinition): Promise<Pack> {
    const openCurrency = definition.kind === 'open' ? definition.currency : null;
    const values = [id, definition.active, openCurrency, JSON.stringify(definition)];
    const put = await this.pool.query<Pack>(PUT, values).catch((error: unknown) => {
      if ((error as { constraint?: string }).constraint !== 'packs_one_open') throw error;
      const message = `there is an open pack for ${openCurrency} already: change that one, or set its active to false`;
      throw new LedgerError('pack_exists', message);
    });
    const [pack] = put.rows;
    if (pack !== undefined) return pack;
    throw new LedgerError('too_many_packs', `there are ${MOST_PACKS} packs: change one instead`);
  }

  /** @throws LedgerError pack_not_found */
  async get(id: string): Promise<Pack> {
    const [pack] = PACK_ID.test(id) ? (await this.pool.query<Pack>(FIND, [id])).rows : [];
    if (pack === undefined) throw new LedgerError('pack_not_found', 'there is no such pack');
    return pack;
  }

  /** In the order of their ids, those after `after`. */
  async list(after: string, limit: number): Promise<Pack[]> {
    return (await this.pool.query<Pack>(LIST, [after, limit])).rows;
  }

  /** One that may be bought. @throws LedgerError pack_not_found */
  async fixed(id: string): Promise<Pack & { readonly definition: FixedPack }> {
    const { definition, ...pack } = await this.get(id);
    if (definition.kind === 'fixed' && definition.active) return { ...pack, definition };
    const why = definition.active ? 'is bought with amount and currency, not by its id' : 'is not sold any more';
    throw new LedgerError('pack_not_found', `the pack ${id} ${why}`);
  }

  /** @throws LedgerError pack_not_found */
  async open(currency: string): Promise<Pack & { readonly definition: OpenPack }> {
    const [pack] = (await this.pool.query<Pack>(FIND_OPEN, [currency])).rows;
    if (pack?.definition.kind === 'open') return { ...pack, definition: pack.definition };
    throw new LedgerError('pack_not_found', `no pack lets its buyer choose an amount of ${currency}`);
  }
}
