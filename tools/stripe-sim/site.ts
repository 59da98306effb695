import { control } from './control/control.js';
import type { Site } from './http/server.js';
import { authenticationPage } from './pages/authentication-page.js';
import { checkoutPage } from './pages/checkout-page.js';
import { frontPage } from './pages/front-page.js';
import type { Stage } from './stage.js';

/** What browsers and tests open beside the API. */
export function site(stage: Stage): Site {
  const { world, checkout } = stage;
  return (method, url, body) => {
    const { pathname } = url;
    if (pathname === '/') return frontPage(stage, method, body);
    if (pathname.startsWith('/_sim/')) return control(stage, method, pathname.slice('/_sim/'.length), body);
    const [, first, second = '', ...rest] = pathname.split('/');
    if (rest.length > 0) return undefined;
    if (first === 'pay') return checkoutPage(world, checkout, second, method, body);
    if (first === 'authenticate') return authenticationPage(world, checkout, second, method, body);
    return undefined;
  };
}
