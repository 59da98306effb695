/**
 * Where `ours` (the model) and `theirs` (the domain) differ first, in words, or null. Objects are compared by their
 * own keys, maps by their entries, everything else by `===`.
 */
export function firstDifference(what: string, ours: unknown, theirs: unknown): string | null {
  if (ours === theirs) return null;
  if (ours instanceof Map && theirs instanceof Map) {
    return firstDifference(what, Object.fromEntries(ours), Object.fromEntries(theirs));
  }
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) {
    return `${what}: the model has ${inWords(ours)}, the domain ${inWords(theirs)}`;
  }
  const a = ours as Record<string, unknown>;
  const b = theirs as Record<string, unknown>;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) {
    return `${what}: the model has ${a.length} of them, ${inWords(a)}, the domain ${b.length}, ${inWords(b)}`;
  }
  for (const key in a) {
    const found = a[key] === b[key] ? null : firstDifference(key, a[key], b[key]);
    // Names are put together only where something differs: almost nothing does.
    if (found !== null) return `${what}.${found}`;
  }
  for (const key in b) if (!(key in a)) return `${what}.${key}: only the domain has it, ${inWords(b[key])}`;
  return null;
}

export function inWords(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`;
    return inner instanceof Map ? Object.fromEntries(inner) : inner;
  });
  return (text ?? String(value)).replaceAll(/"(-?\d+n)"/g, '$1').replaceAll(/"(\w+)":/g, '$1: ');
}
