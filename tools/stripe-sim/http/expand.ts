import { snapshotOf, type Snapshot } from '../world/snapshot.js';
import { invalid } from './fault.js';

/** Finds what is expanded. */
export interface Lookup {
  /** The object that an id names. */
  byId(id: string): object | undefined;
  /** What an object has that is only shown when it is asked for, such as the line items of a Checkout Session. */
  included(node: Snapshot, name: string): object | undefined;
}

const DEEPEST = 4;

/**
 * A copy of `answer` in which the ids at the given paths (`latest_charge`, `data.customer`, `payments.data.payment`) are the
 * objects they name.
 */
export function expand(answer: object, paths: readonly string[], lookup: Lookup): object {
  if (paths.length === 0) return answer;
  const copy = snapshotOf(answer);
  for (const path of paths) {
    const parts = path.split('.');
    if (parts.length > DEEPEST) throw invalid(`You cannot expand more than ${DEEPEST} levels of a property.`, 'expand');
    if (!follow(copy, parts, lookup)) {
      throw invalid(`This property cannot be expanded (${path}).`, 'expand', 'invalid_expand');
    }
  }
  return copy;
}

/** @returns whether the path leads somewhere in what it was followed through. */
function follow(node: unknown, path: readonly string[], lookup: Lookup): boolean {
  const [name, ...rest] = path;
  if (name === undefined || node === null) return true;
  if (Array.isArray(node)) return node.map(element => follow(element, path, lookup)).every(Boolean);
  if (!isJson(node)) return false;
  if (!Object.hasOwn(node, name)) {
    const included = lookup.included(node, name);
    if (included === undefined) return false;
    node[name] = snapshotOf(included);
  }
  const value = node[name];
  if (Array.isArray(value) && value.every(element => typeof element === 'string')) {
    node[name] = value.map(id => copyOf(id, lookup) ?? id);
  } else if (typeof value === 'string') {
    const found = copyOf(value, lookup);
    if (found === undefined) return false;
    node[name] = found;
  }
  return follow(node[name], rest, lookup);
}

function copyOf(id: string, lookup: Lookup): object | undefined {
  const found = lookup.byId(id);
  return found === undefined ? undefined : snapshotOf(found);
}

function isJson(value: unknown): value is Snapshot {
  return typeof value === 'object' && value !== null;
}
