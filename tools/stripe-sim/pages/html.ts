/** HTML whose inserted values are escaped unless they are HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const written = values.map(value => {
    if (value instanceof Html) return value.text;
    if (typeof value === 'object') return value.map(part => part.text).join('');
    return escaped(String(value));
  });
  return new Html(parts.map((part, index) => part + (written[index] ?? '')).join(''));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = new Html(`
  :root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1a1f36; background: #f6f8fa }
  body { margin: 0; display: grid; grid-template-columns: minmax(0, 1fr); justify-items: center; padding: 2rem 1rem }
  main { background: #fff; border: 1px solid #e3e8ee; border-radius: 12px; padding: 2rem; width: min(30rem, 100%); box-sizing: border-box }
  main.wide { width: min(60rem, 100%) }
  h1 { font-size: 1.25rem; margin: 0 0 1rem } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem }
  .total { font-size: 2rem; font-weight: 600; margin: 0 0 1rem }
  .note { color: #545969; font-size: .875rem } .wrong { color: #b3093c; font-weight: 600 }
  table { border-collapse: collapse; width: 100%; margin-bottom: 1rem } td, th { padding: .35rem .25rem; text-align: left; border-bottom: 1px solid #e3e8ee } td.amount { text-align: right; white-space: nowrap }
  form { display: grid; gap: .5rem; margin: 0 } form.inline { display: flex; margin-bottom: .5rem }
  button { font: inherit; padding: .6rem 1rem; border-radius: 8px; border: 1px solid #c0c8d2; background: #fff; cursor: pointer } .inline button { padding: .1rem .6rem }
  button.main { background: #635bff; border-color: #635bff; color: #fff; font-weight: 600 }
  input { font: inherit; padding: .5rem; border: 1px solid #c0c8d2; border-radius: 8px }
  a { color: #4b45c6 }
`);

export function page(title: string, content: Html, width: 'narrow' | 'wide' = 'narrow'): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main class="${width}">
          ${content}
          <p class="note">A simulator of Stripe, for tests. No money moves, and no card is asked for.</p>
        </main>
      </body>
    </html> `.text;
}

const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf'.split(' '));
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '));

/** `1999`, `eur` → `19.99 EUR`. */
export function money(amount: number, currency: string): string {
  const digits = ZERO_DECIMAL.has(currency) ? 0 : THREE_DECIMAL.has(currency) ? 3 : 2;
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency.toUpperCase()}`;
}
