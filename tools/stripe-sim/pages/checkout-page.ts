import { Stripe } from 'stripe';
import type { Checkout, PayResult } from '../checkout/complete-session.js';
import { readForm } from '../http/form.js';
import type { Answer } from '../http/idempotency.js';
import { TEST_BANK_ACCOUNT } from '../resources/test-cards.js';
import type { World } from '../world/world.js';
import { html, Html, money, page } from './html.js';
import { htmlAnswer, redirect } from './answers.js';

/** The buttons of the page: what each is and the test payment method behind it. */
const WAYS = [
  { action: 'pay', label: 'Pay', type: 'card', method: 'pm_card_visa' },
  {
    action: 'decline',
    label: 'Decline: insufficient funds',
    type: 'card',
    method: 'pm_card_chargeDeclinedInsufficientFunds',
  },
  { action: 'authenticate', label: '3-D Secure', type: 'card', method: 'pm_card_authenticationRequired' },
  {
    action: 'later',
    label: 'Pay by bank debit, which settles later',
    type: 'us_bank_account',
    method: TEST_BANK_ACCOUNT,
  },
] as const;

/** The page of a Checkout Session, where a customer pays, does not, or changes their mind. */
export function checkoutPage(
  world: World,
  checkout: Checkout,
  id: string,
  method: string,
  body: string,
): Answer | undefined {
  world.settle();
  const session = world.sessions.get(id);
  if (session === undefined) return undefined;
  if (session.status !== 'open') return over(checkout, session);
  if (method === 'GET') return show(checkout, session);
  const form = readForm(body);
  const action = form?.['action'];
  if (action === 'cancel') return redirect(session.cancel_url ?? `/pay/${id}`);
  if (action === 'code') {
    const code = form?.['code'];
    const isApplied = typeof code === 'string' && checkout.applyCode(id, code);
    return isApplied ? redirect(`/pay/${id}`) : show(checkout, session, 'This code is invalid.');
  }
  const way = WAYS.find(candidate => candidate.action === action);
  if (way === undefined) return show(checkout, session);
  const email = form?.['email'];
  return after(
    checkout,
    session,
    checkout.pay(id, way.method, typeof email === 'string' && email !== '' ? email : undefined),
  );
}

function after(checkout: Checkout, session: Stripe.Checkout.Session, result: PayResult): Answer {
  switch (result.kind) {
    case 'complete':
      return redirect(checkout.backUrl(session));
    case 'declined':
      return show(checkout, session, result.decline.message);
    case 'authenticate':
      return redirect(`/authenticate/${result.intent}`);
  }
}

function show(checkout: Checkout, session: Stripe.Checkout.Session, wrong?: string): Answer {
  const currency = session.currency ?? 'usd';
  const items = checkout.plans.get(session.id)?.items ?? [];
  const { amount_discount: discount = 0, amount_tax: tax = 0 } = session.total_details ?? {};
  const rows = items.map(
    item =>
      html`<tr>
        <td>${item.description ?? 'Item'} × ${item.quantity ?? 1}</td>
        <td class="amount">${money(item.amount_subtotal, currency)}</td>
      </tr>`,
  );
  if (discount > 0)
    rows.push(
      html`<tr>
        <td>Discount</td>
        <td class="amount">−${money(discount, currency)}</td>
      </tr>`,
    );
  if (tax > 0)
    rows.push(
      html`<tr>
        <td>Tax</td>
        <td class="amount">${money(tax, currency)}</td>
      </tr>`,
    );
  const content = html` <h1>Checkout</h1>
    <p class="total" data-testid="total">${money(session.amount_total ?? 0, currency)}</p>
    ${wrong === undefined ? '' : html`<p class="wrong" role="alert">${wrong}</p>`}
    <table>
      ${rows}
    </table>
    ${session.allow_promotion_codes === true ? CODE_FORM : ''}
    <form method="post">
      ${session.customer === null && session.customer_email === null ? EMAIL_INPUT : ''}
      ${WAYS.filter(way => session.payment_method_types.includes(way.type)).map(way => html`<button name="action" value="${way.action}" class="${way.action === 'pay' ? 'main' : ''}">${way.label}</button>`)}
      <button name="action" value="cancel">Back, without paying</button>
    </form>`;
  return htmlAnswer(page('Checkout', content));
}

const EMAIL_INPUT = html`<input type="email" name="email" placeholder="buyer@example.com" aria-label="Email" />`;
const CODE_FORM = html`<form method="post" class="inline">
  <input name="code" placeholder="Promotion code" aria-label="Promotion code" /><button name="action" value="code">
    Apply
  </button>
</form>`;

/** A page that is opened again after it was done leads where it led then. */
function over(checkout: Checkout, session: Stripe.Checkout.Session): Answer {
  const where: Html =
    session.status === 'complete'
      ? html`<p>This session is complete. <a href="${checkout.backUrl(session)}">Go on</a></p>`
      : html`<p>This session has expired.</p>`;
  return htmlAnswer(
    page(
      'Checkout',
      html`<h1>Checkout</h1>
        ${where}`,
    ),
  );
}
