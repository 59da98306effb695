import type { Lookup } from '../http/expand.js';
import type { World } from './world.js';
import type { Table } from './table.js';

/** Finds objects by the prefix of their ids, and lists that objects only show when they are asked for. */
export function lookupIn(world: World, itemsOf: (session: string) => readonly object[]): Lookup {
  const tables = new Map<string, Pick<Table<{ id: string }>, 'get'>>(
    Object.entries({
      ch: world.charges,
      cs: world.sessions,
      cus: world.customers,
      du: world.disputes,
      in: world.invoices,
      pi: world.paymentIntents,
      pm: world.paymentMethods,
      price: world.prices,
      prod: world.products,
      promo: world.promotionCodes,
      re: world.refunds,
      seti: world.setupIntents,
      sub: world.subscriptions,
      clock: world.testClocks,
      txn: world.balanceTransactions,
    }),
  );
  return {
    byId: id => tables.get(id.slice(0, id.indexOf('_')))?.get(id) ?? world.coupons.get(id) ?? world.products.get(id),
    included(node, name) {
      const id = String(node['id']);
      switch (`${String(node['object'])}.${name}`) {
        case 'checkout.session.line_items':
          return list(itemsOf(id), `/v1/checkout/sessions/${id}/line_items`);
        case 'charge.refunds':
          return list(world.refunds.where(refund => refund.charge === id).reverse(), `/v1/refunds?charge=${id}`);
        case 'invoice.payments':
          return list(
            world.invoicePayments.where(payment => payment.invoice === id),
            `/v1/invoice_payments?invoice=${id}`,
          );
        case 'customer.subscriptions':
          return list(
            world.subscriptions.where(one => one.customer === id),
            `/v1/subscriptions?customer=${id}`,
          );
        default:
          return undefined;
      }
    },
  };
}

function list(data: readonly object[], url: string): object {
  return { object: 'list', data, has_more: false, url };
}
