/** How much of a media type an `Accept` header wants, 0 to 1, by its most specific range (RFC 9110, 12.5.1). */
function quality(accept: string, type: string): number {
  const [kind] = type.split('/');
  const ranges = new Map(
    accept.split(',').map(range => {
      const [name = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase());
      const given = parameters.find(parameter => parameter.startsWith('q='));
      const value = Number(given?.slice('q='.length) ?? 1);
      return [name, value >= 0 && value <= 1 ? value : 0] as const;
    }),
  );
  return ranges.get(type) ?? ranges.get(`${kind}/*`) ?? ranges.get('*/*') ?? 0;
}

/** Whether the caller would rather have `type` than `other`, which it gets where it does not say. */
export function prefers(accept: string | undefined, type: string, other: string): boolean {
  return accept !== undefined && quality(accept, type) > quality(accept, other);
}
