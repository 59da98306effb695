import type { Stripe } from 'stripe';
import { readForm } from '../http/form.js';
import { StripeFault } from '../http/fault.js';
import type { Answer } from '../http/idempotency.js';
import { createRefund } from '../resources/refunds.js';
import { Params } from '../http/params.js';
import type { Stage } from '../stage.js';
import { html, money, page, type Html } from './html.js';
import { htmlAnswer, redirect } from './answers.js';

const SHOWN = 20;

/** What there is, newest first, with what a bank or a merchant may do about it. */
export function frontPage(stage: Stage, method: string, body: string): Answer {
  if (method !== 'POST') return show(stage);
  const form = readForm(body);
  const intent = form?.['payment'];
  if (typeof intent !== 'string') return show(stage);
  try {
    act(stage, intent, String(form?.['action']));
    return redirect('/');
  } catch (error) {
    if (error instanceof RangeError || error instanceof StripeFault) return show(stage, error.message);
    throw error;
  }
}

function act({ cases, world }: Stage, intent: string, action: string): void {
  const dispute = world.disputes.where(one => one.payment_intent === intent).at(-1);
  if (action === 'paid' || action === 'failed') cases.settlePayment(intent, action === 'paid');
  if (action === 'refund') createRefund(world, new Params({ payment_intent: intent }));
  if (action === 'dispute') cases.dispute(intent);
  if ((action === 'won' || action === 'lost') && dispute !== undefined)
    cases.closeDispute(dispute.id, action === 'won');
}

function show(stage: Stage, wrong?: string): Answer {
  const { world, deliveries } = stage;
  const payments = world.paymentIntents.all().reverse().slice(0, SHOWN);
  const sessions = world.sessions
    .where(one => one.status === 'open')
    .reverse()
    .slice(0, SHOWN);
  const attempts = deliveries.attempts.slice(-SHOWN).reverse();
  const content = html` <h1>A Stripe to test against</h1>
    ${wrong === undefined ? '' : html`<p class="wrong" role="alert">${wrong}</p>`}
    <h2>Open Checkout Sessions</h2>
    ${
      sessions.length === 0
        ? html`<p class="note">None.</p>`
        : html`<ul>
            ${sessions.map(sessionItem)}
          </ul>`
    }
    <h2>Payments</h2>
    ${
      payments.length === 0
        ? html`<p class="note">None yet.</p>`
        : html`<table>
            ${payments.map(one => paymentRow(stage, one))}
          </table>`
    }
    <h2>Webhooks</h2>
    <p class="note">
      To
      ${
        stage.endpoints
          .all()
          .map(({ url }) => url)
          .join(', ') || 'nobody'
      }.
    </p>
    <table>
      ${attempts.map(
        ({ type, outcome }) =>
          html`<tr>
            <td>${type}</td>
            <td class="amount">${outcome}</td>
          </tr>`,
      )}
    </table>`;
  return htmlAnswer(page('A Stripe to test against', content, 'wide'));
}

function sessionItem(session: Stripe.Checkout.Session): Html {
  return html`<li><a href="/pay/${session.id}">${money(session.amount_total ?? 0, session.currency ?? 'usd')}</a></li>`;
}

function paymentRow({ world }: Stage, intent: Stripe.PaymentIntent): Html {
  const charge = world.charges.get(String(intent.latest_charge));
  const dispute = world.disputes.where(one => one.payment_intent === intent.id).at(-1);
  const isOpen = dispute !== undefined && !['won', 'lost', 'warning_closed'].includes(dispute.status);
  const buttons: [string, string][] = [];
  if (intent.status === 'processing') buttons.push(['paid', 'Settle'], ['failed', 'Fail']);
  if (intent.status === 'succeeded' && charge?.refunded === false && !isOpen)
    buttons.push(['refund', 'Refund'], ['dispute', 'Dispute']);
  if (isOpen) buttons.push(['won', 'Dispute won'], ['lost', 'Dispute lost']);
  const state =
    dispute === undefined ? (charge?.refunded === true ? 'refunded' : intent.status) : `dispute ${dispute.status}`;
  return html`<tr>
    <td>${intent.id}</td>
    <td class="amount">${money(intent.amount, intent.currency)}</td>
    <td>${state}</td>
    <td>
      <form method="post" class="inline">
        <input type="hidden" name="payment" value="${intent.id}" />
        ${buttons.map(([action, label]) => html`<button name="action" value="${action}">${label}</button>`)}
      </form>
    </td>
  </tr>`;
}
