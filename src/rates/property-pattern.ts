import type { PropertyPattern } from './compiled-card.js';

export type Properties = Readonly<Record<string, string>>;

export function patternsOf(match: Readonly<Record<string, string>> | undefined): PropertyPattern[] {
  return Object.entries(match ?? {}).map(([property, pattern]) =>
    pattern.endsWith('*')
      ? { property, text: pattern.slice(0, -1), prefix: true }
      : { property, text: pattern, prefix: false },
  );
}

/** Whether every property named is there and matches. */
export function matches(patterns: readonly PropertyPattern[], properties: Properties): boolean {
  return patterns.every(({ property, text, prefix }) => {
    if (!Object.hasOwn(properties, property)) return false;
    const value = properties[property]!;
    return prefix ? value.startsWith(text) : value === text;
  });
}

/** Whether everything that matches `inner` matches `outer` too. */
export function covers(outer: readonly PropertyPattern[], inner: readonly PropertyPattern[]): boolean {
  return outer.every(wide =>
    inner.some(
      narrow =>
        narrow.property === wide.property &&
        (wide.prefix ? narrow.text.startsWith(wide.text) : !narrow.prefix && narrow.text === wide.text),
    ),
  );
}
