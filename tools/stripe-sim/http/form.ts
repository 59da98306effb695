/** What a form-encoded body or query says: texts, and what was written as `a[b]`, `a[0]`, `a[]`. */
export interface Form {
  readonly [name: string]: string | Form;
}

interface Node {
  [name: string]: string | Node;
}

/** More than any request of a client has; a body that nests deeper or lists more is a mistake. */
const MOST_FIELDS = 2_000;
const DEEPEST = 10;

/** @returns undefined where the text is not what Stripe's clients write. */
export function readForm(text: string): Form | undefined {
  const form = newNode();
  let fields = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    const path = pathOf(name);
    fields += 1;
    if (path === undefined || fields > MOST_FIELDS || !put(form, path, value)) return undefined;
  }
  return form;
}

/** `a[b][0]` is ['a', 'b', '0']; an empty pair of brackets is the next place of a list. */
function pathOf(name: string): string[] | undefined {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (match === null) return undefined;
  const path = [match[1]!, ...[...match[2]!.matchAll(/\[([^[\]]*)\]/g)].map(part => part[1]!)];
  return path.length <= DEEPEST ? path : undefined;
}

function put(form: Node, path: readonly string[], value: string): boolean {
  let node = form;
  for (const [depth, part] of path.entries()) {
    const name = part === '' ? String(Object.keys(node).length) : part;
    if (depth === path.length - 1) {
      if (typeof node[name] === 'object') return false;
      node[name] = value;
      return true;
    }
    const next = (node[name] ??= newNode());
    if (typeof next === 'string') return false;
    node = next;
  }
  return false;
}

/** Without a prototype: a field may have any name. */
function newNode(): Node {
  return Object.create(null) as Node;
}
