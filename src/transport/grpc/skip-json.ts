const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** @param at where a text begins @returns where what follows its closing quote is; the end of the JSON where there is none */
export function afterText(json: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return Math.min(end + 1, json.length);
}

/** @param at where a member of an object begins @returns where what follows it is */
export function afterMember(json: Uint8Array, at: number): number {
  if (json[at] !== QUOTE) return at;
  const colon = afterText(json, at);
  return json[colon] === COLON ? afterValue(json, colon + 1) : at;
}

function afterValue(json: Uint8Array, at: number): number {
  let depth = 0;
  for (let next = at; next < json.length;) {
    const byte = json[next];
    if (byte === QUOTE) {
      next = afterText(json, next);
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      depth++;
      next++;
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      // Of what it stands in.
      if (depth === 0) return next;
      depth--;
      next++;
    } else if (byte === COMMA && depth === 0) {
      return next;
    } else {
      next++;
    }
    if (depth === 0 && (byte === CLOSING_BRACE || byte === CLOSING_BRACKET)) return next;
  }
  return json.length;
}
