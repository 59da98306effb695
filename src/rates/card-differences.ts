/** One place where two definitions say different things; undefined where one of them says nothing. */
export interface CardDifference {
  readonly at: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What changes from one definition to another, place by place, in the order of the places. */
export function cardDifferences(before: unknown, after: unknown): CardDifference[] {
  const [was, is] = [leavesOf(before), leavesOf(after)];
  const places = [...new Set([...was.keys(), ...is.keys()])];
  return places
    .filter(at => was.get(at) !== is.get(at))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map(at => ({ at, before: was.get(at), after: is.get(at) }));
}

function leavesOf(value: unknown, at = '', leaves = new Map<string, string>()): ReadonlyMap<string, string> {
  if (Array.isArray(value)) value.forEach((item, index) => leavesOf(item, `${at}[${index}]`, leaves));
  else if (value !== null && typeof value === 'object') {
    for (const [name, member] of Object.entries(value)) leavesOf(member, at === '' ? name : `${at}.${name}`, leaves);
  } else if (value !== undefined) leaves.set(at, String(value));
  return leaves;
}
