/** In characters, as Unicode counts them. */
const LONGEST = 255;

/** Why a text cannot be the id of an account; null where it can. Wherever accounts are named by others, this is the rule. */
export function whyNoAccountId(text: string): string | null {
  if (text === '' || (text.length > LONGEST && [...text].length > LONGEST))
    return `must have 1 to ${LONGEST} characters`;
  if (/\p{Cc}/u.test(text)) return 'must not contain control characters';
  if (/\p{Surrogate}/u.test(text)) return 'must not contain half a surrogate pair';
  return text === '.' || text === '..' ? 'must not be . or ..' : null;
}
