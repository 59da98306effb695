import type { Call, CallOptions } from './call.js';
import type { Caller } from './caller.js';

export interface Page<Item> {
  readonly data: Item[];
  readonly has_more: boolean;
  /** `after` of the next page; null on the last. */
  readonly next_cursor: string | null;
}

/** A list of the ledger's, to be read to its end with `for await`, or page by page. Nothing is asked for before that. */
export class List<Item> implements AsyncIterable<Item> {
  constructor(
    private readonly caller: Caller,
    private readonly call: Call,
    private readonly options: CallOptions,
  ) {}

  /** The page of `limit` items that follows `after`; the first where there is no `after`. */
  page(after: string | undefined = this.call.query?.['after']?.toString()): Promise<Page<Item>> {
    return this.caller.call({ ...this.call, query: { ...this.call.query, after } }, this.options);
  }

  /** Item by item to the end of the list; `limit` is how many are asked for at a time. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let page = await this.page(); ; page = await this.page(page.next_cursor)) {
      yield* page.data;
      if (page.next_cursor === null) return;
    }
  }
}
