/** A page of a list, ready for the wire. */
export interface Page {
  /** JSON of each item. */
  readonly items: readonly string[];
  /** What the next page comes after, or null where this is the last. */
  readonly next: string | null;
}

/** Makes a page of one item more than fits on it, which tells whether there are others. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  json: (item: T) => string,
  cursor: (item: T) => string | number,
): Page {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(json),
    next: found.length > limit && last !== undefined ? String(cursor(last)) : null,
  };
}
