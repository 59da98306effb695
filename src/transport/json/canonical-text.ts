import type { JsonValue } from './strict-json.js';

/**
 * One text for one JSON value, whatever the order of names and the white space it came with. For comparing, not for
 * reading back: a string ends with U+0000, which no string that was let in contains, so nothing has to be escaped.
 */
export function canonicalText(value: JsonValue): string {
  if (typeof value === 'string') return `"${value}\0`;
  if (value === null || typeof value !== 'object') return `${value}\0`;
  let text: string;
  if (Array.isArray(value)) {
    text = '[';
    for (const item of value as readonly JsonValue[]) text += canonicalText(item);
    return `${text}]`;
  }
  const object = value as { readonly [name: string]: JsonValue };
  text = '{';
  for (const name of Object.keys(object).sort()) text += `,${name}\0${canonicalText(object[name]!)}`;
  return `${text}}`;
}
