// Under Jest a global is looked up through the test's sandbox, every time: this runs a hundred times a command.
const { isArray } = Array;
const MapClass = Map;

/**
 * Where `ours` (the model) and `theirs` (the domain) differ first, in words, or null. Objects are compared by their
 * own keys, maps by their entries, everything else by `===`.
 */
export function firstDifference(what: string, ours: unknown, theirs: unknown): string | null {
  if (ours === theirs) return null;
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) {
    return `${what}: the model has ${inWords(ours)}, the domain ${inWords(theirs)}`;
  }
  if (isArray(ours) && isArray(theirs)) return firstDifferent(what, ours, theirs);
  if (ours instanceof MapClass && theirs instanceof MapClass) {
    return firstDifference(what, Object.fromEntries(ours), Object.fromEntries(theirs));
  }
  const a = ours as Record<string, unknown>;
  const b = theirs as Record<string, unknown>;
  for (const key in a) {
    const found = a[key] === b[key] ? null : firstDifference(key, a[key], b[key]);
    // Names are put together only where something differs: almost nothing does.
    if (found !== null) return `${what}.${found}`;
  }
  for (const key in b) if (!(key in a)) return `${what}.${key}: only the domain has it, ${inWords(b[key])}`;
  return null;
}

function firstDifferent(what: string, ours: readonly unknown[], theirs: readonly unknown[]): string | null {
  if (ours.length !== theirs.length) {
    return `${what}: the model has ${ours.length}, ${inWords(ours)}, the domain ${theirs.length}, ${inWords(theirs)}`;
  }
  for (let i = 0; i < ours.length; i++) {
    const found = firstDifference('', ours[i], theirs[i]);
    if (found !== null) return `${what}.${i}${found}`;
  }
  return null;
}

export function inWords(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`;
    return inner instanceof Map ? Object.fromEntries(inner) : inner;
  });
  return (text ?? String(value)).replaceAll(/"(-?\d+n)"/g, '$1').replaceAll(/"(\w+)":/g, '$1: ');
}
