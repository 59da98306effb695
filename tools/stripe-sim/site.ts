import type { Site } from './http/server.js';
import type { Checkout } from './checkout/complete-session.js';
import { authenticationPage } from './pages/authentication-page.js';
import { checkoutPage } from './pages/checkout-page.js';
import type { World } from './world/world.js';

interface Stage {
  readonly world: World;
  readonly checkout: Checkout;
}

/** What browsers and tests open beside the API. */
export function site({ world, checkout }: Stage): Site {
  return (method, url, body) => {
    const [, first, second, ...rest] = url.pathname.split('/');
    if (rest.length > 0 || second === undefined || second === '') return undefined;
    if (first === 'pay') return checkoutPage(world, checkout, second, method, body);
    if (first === 'authenticate') return authenticationPage(world, checkout, second, method, body);
    return undefined;
  };
}
