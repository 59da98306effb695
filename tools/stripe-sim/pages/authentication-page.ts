import type { Checkout } from '../checkout/complete-session.js';
import { readForm } from '../http/form.js';
import type { Answer } from '../http/idempotency.js';
import { answerAuthentication } from '../resources/confirm-intent.js';
import type { World } from '../world/world.js';
import { html, money, page } from './html.js';
import { htmlAnswer, redirect } from './answers.js';

/** Where a bank asks its customer whether it is them. */
export function authenticationPage(
  world: World,
  checkout: Checkout,
  id: string,
  method: string,
  body: string,
): Answer | undefined {
  const intent = world.paymentIntents.get(id);
  if (intent === undefined) return undefined;
  const returnUrl = intent.next_action?.redirect_to_url?.return_url ?? null;
  if (intent.status !== 'requires_action') {
    return htmlAnswer(
      page(
        '3-D Secure',
        html`<h1>3-D Secure</h1>
          <p>This payment is ${intent.status}.</p>`,
      ),
    );
  }
  if (method === 'GET') return ask(money(intent.amount, intent.currency));
  const isPassed = readForm(body)?.['answer'] === 'complete';
  answerAuthentication(world, intent, isPassed);
  const session = checkout.sessionOf(id);
  if (session?.status === 'open') return redirect(`/pay/${session.id}`);
  return redirect(session === undefined ? (returnUrl ?? `/authenticate/${id}`) : checkout.backUrl(session));
}

function ask(amount: string): Answer {
  const content = html` <h1>3-D Secure</h1>
    <p class="total">${amount}</p>
    <p>Your bank asks whether it is you who pays.</p>
    <form method="post">
      <button class="main" name="answer" value="complete">Complete</button>
      <button name="answer" value="fail">Fail</button>
    </form>`;
  return htmlAnswer(page('3-D Secure', content));
}
