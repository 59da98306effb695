const PAGE_LIMIT = 100;

/** All of a list that is paged by a number, the latest first. */
export async function* everyPage<T extends { readonly no: number }>(
  list: (beforeNo: number | null, limit: number) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  let beforeNo: number | null = null;
  for (;;) {
    const page: readonly T[] = await list(beforeNo, PAGE_LIMIT);
    yield* page;
    if (page.length < PAGE_LIMIT) return;
    beforeNo = page.at(-1)!.no;
  }
}
