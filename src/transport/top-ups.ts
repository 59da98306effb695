import { Injectable } from '@nestjs/common';
import { pageOf } from '../shared/page.js';
import { mainUnit } from '../stripe/payments/money.js';
import { Packs, type Pack } from '../stripe/top-ups/packs.js';
import type { StoredTopUp } from '../stripe/top-ups/stored-top-ups.js';
import { TopUps } from '../stripe/top-ups/top-ups.js';
import { Amounts, type AmountField } from '../units/amounts.js';
import { targetOf, type Asker } from './asker.js';
import { decodeCursor } from './cursor.js';
import { fingerprint } from './fingerprint.js';
import type { JsonValue } from './json/strict-json.js';
import { readKey } from './mutations.js';
import { pageJson } from './page-json.js';
import { pagingQuery } from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import { packId, packOf, putPackRequest, topUpRequest } from './requests/top-ups.js';

/** Calls about credits that are sold for money once. */
@Injectable()
export class TopUpCalls {
  constructor(
    private readonly packs: Packs,
    private readonly topUps: TopUps,
    private readonly amounts: Amounts,
  ) {}

  async putPack(id: unknown, body: unknown): Promise<string> {
    const pack = parseRequest(packId, id, 'path.pack');
    const request = parseRequest(putPackRequest, body, 'body');
    await this.amounts.read(creditsOf(request));
    return packJson(await this.packs.put(pack, packOf(request)));
  }

  async getPack(id: string): Promise<string> {
    return packJson(await this.packs.get(id));
  }

  async listPacks(query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const found = await this.packs.list(decodeCursor('packs', after) ?? '', limit + 1);
    return pageJson(
      'packs',
      pageOf(found, limit, packJson, ({ id }) => id),
    );
  }

  async begin(asker: Asker, account: string, body: JsonValue, key: string | undefined) {
    const { mode, account: name } = targetOf(asker, account);
    const request = parseRequest(topUpRequest, body, 'body');
    const { pack, amount, currency } = request;
    const { id, url, replayed } = await this.topUps.begin({
      mode,
      account: name,
      wanted: pack === undefined ? { amount: amount!, currency: currency! } : { pack },
      saveCard: request.save_card,
      pages: { successUrl: request.success_url, cancelUrl: request.cancel_url },
      key: readKey({ key, keyLocation: 'header.Idempotency-Key' }),
      fingerprint: fingerprint('top-up', account, body),
    });
    return { json: JSON.stringify({ id, url }), replayed };
  }

  async get(asker: Asker, account: string, id: string): Promise<string> {
    const { mode, account: name } = targetOf(asker, account);
    return topUpJson(await this.topUps.get(mode, name, id));
  }
}

/** Credits of a pack fit their unit, or the pack could never be granted. */
function creditsOf({
  unit,
  amount,
  bonus,
}: {
  unit: string;
  amount?: string | undefined;
  bonus?: { amount: string } | undefined;
}) {
  const fields: AmountField[] = [];
  if (amount !== undefined) fields.push({ location: 'body.amount', unit, input: amount });
  if (bonus !== undefined) fields.push({ location: 'body.bonus.amount', unit, input: bonus.amount });
  // Of one whose buyer chooses, that there is such a unit.
  return fields.length > 0 ? fields : [{ location: 'body.unit', unit, input: '1' }];
}

function packJson({ id, definition: pack, updatedAt }: Pack): string {
  const { connect } = pack;
  return JSON.stringify({
    id,
    name: pack.name,
    active: pack.active,
    unit: pack.unit,
    priority: pack.priority,
    ...(pack.expiresAfterSeconds !== null && { expires_after_seconds: pack.expiresAfterSeconds }),
    ...(pack.kind === 'fixed'
      ? {
          amount: pack.amount,
          price: pack.price,
          ...(pack.bonus !== null && {
            bonus: {
              amount: pack.bonus.amount,
              ...(pack.bonus.expiresAfterSeconds !== null && { expires_after_seconds: pack.bonus.expiresAfterSeconds }),
            },
          }),
          ...(pack.stripePrice !== null && { stripe_price: pack.stripePrice }),
        }
      : { open: { currency: pack.currency, credits_per_unit: pack.perUnit, least: pack.least, most: pack.most } }),
    ...(connect !== null && {
      connect: {
        destination: connect.destination,
        ...(connect.applicationFee !== null && { application_fee: connect.applicationFee }),
      },
    }),
    automatic_tax: pack.automaticTax,
    promotion_codes: pack.promotionCodes,
    updated_at: updatedAt,
  });
}

function topUpJson({ id, account, pack, price, sale, state, createdAt }: StoredTopUp): string {
  const { amount, currency } = price;
  const lots = sale.lots.map(lot => ({ unit: lot.unit, amount: lot.amount, category: lot.category }));
  const money = { amount: mainUnit(BigInt(amount), currency), currency };
  return JSON.stringify({ id, account, pack, price: money, lots, status: state, created_at: createdAt });
}
