/** All objects of one kind, in the order in which they were made. */
export class Table<T extends { id: string }> {
  private readonly rows = new Map<string, T>();

  add(row: T): T {
    this.rows.set(row.id, row);
    return row;
  }

  get(id: string): T | undefined {
    return this.rows.get(id);
  }

  delete(id: string): void {
    this.rows.delete(id);
  }

  all(): T[] {
    return [...this.rows.values()];
  }

  where(condition: (row: T) => boolean): T[] {
    return this.all().filter(condition);
  }
}
