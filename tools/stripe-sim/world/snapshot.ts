/** What JSON makes of an object: a copy that nothing changes any more. */
export interface Snapshot {
  [name: string]: unknown;
}

export function snapshotOf(object: object): Snapshot {
  return JSON.parse(JSON.stringify(object)) as Snapshot;
}

/** What `before` had that is different now, by its outermost names; undefined where nothing is. */
export function previousAttributes(before: Snapshot, now: Snapshot): Snapshot | undefined {
  const changed: Snapshot = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (JSON.stringify(before[name]) !== JSON.stringify(now[name])) changed[name] = before[name] ?? null;
  }
  return Object.keys(changed).length === 0 ? undefined : changed;
}
